"""A streaming tracker: the three sign-change metrics after every update, from packed bits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import Array
from pqtheory._messages import brief
from pqtheory.signs.memory import SignMemory, check_total, state_keys
from pqtheory.signs.named import ALL, ARRAY_NAME, check_names, check_shape, named_arrays
from pqtheory.signs.packing import pack_signs, unpack_signs


@final
@dataclass(frozen=True)
class SignMetrics:
    """What one update of a :class:`SignTracker` saw, for one name or for all of them together.

    Attributes
    ----------
    size : int
        Number of weights.
    change_from_start, flips, reversals : float
        Fractions of the weights whose sign now differs from the start, differs from the update
        before, moves against its last move.
    flips_per_weight, reversals_per_weight : float
        Numbers of flips and of reversals since the start, divided by ``size``.
    """

    size: int
    change_from_start: float
    flips: float
    reversals: float
    flips_per_weight: float
    reversals_per_weight: float


@final
class SignTracker:
    """Sign changes of weights as they train; 1 bit per weight for each remembered sign.

    It keeps four such bits: sign at the start, sign at the last update, ever flipped, ever
    reversed. Weights are only read: NumPy arrays and torch CPU tensors in place, tensors on other
    devices by packing the bits there. sign(0) = sign(-0.0) = +1; NaN counts as negative.

    Parameters
    ----------
    weights : array, mapping name -> array, or iterable of (name, array)
        The weights at the start, for instance ``model.named_parameters()``. A single array gets
        the name "weights".

    Raises
    ------
    TypeError
        If an array is not NumPy's or torch's and real floating-point, or a name is no string.
    ValueError
        If a name occurs twice or is "all", or there is no array.

    References
    ----------
    Bai, Wang, Liberty, *ProxQuant* (arXiv 1810.00861), for the change from the start; Geiger et al., *Larq*, Journal of
    Open Source Software 5(45), 2020, for the flips per update (its flip ratio); Nagel et al., *Overcoming Oscillations
    in Quantization-Aware Training*, ICML 2022 (arXiv 2203.11086), for the reversals.

    Examples
    --------
    >>> tracker = SignTracker({"layer": np.array([1.0, -1.0, 0.5, 2.0])})
    >>> tracker.update({"layer": np.array([1.0, 1.0, 0.5, 2.0])})["layer"].flips
    0.25
    """

    def __init__(self, weights: Any) -> None:
        arrays = named_arrays(weights)
        self._memory = {n: SignMemory(tuple(w.shape), pack_signs(w)) for n, w in arrays.items()}
        self._updates = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tracked arrays."""
        return tuple(self._memory)

    @property
    def updates(self) -> int:
        """Number of updates since the start."""
        return self._updates

    def update(self, weights: Any) -> dict[str, SignMetrics]:
        """Compare with the start and the last update, remember, and return the metrics.

        Returns
        -------
        dict of SignMetrics
            One for each name and, under "all", one for all weights together.

        Raises
        ------
        TypeError, ValueError
            If ``weights`` does not have the names and shapes of the start and real floating-point
            arrays (precision and device may change). The tracker stays as it was.
        """
        arrays = named_arrays(weights)
        check_names(arrays, self._memory, "weights")
        for name, memory in self._memory.items():
            check_shape(arrays[name], memory.shape, name)
        packed = {name: pack_signs(arrays[name]) for name in self._memory}
        counts = {name: m.update(packed[name]) for name, m in self._memory.items()}
        self._updates += 1
        metrics = {n: metrics_of([m], [counts[n]]) for n, m in self._memory.items()}
        return metrics | {ALL: metrics_of(list(self._memory.values()), list(counts.values()))}

    def positive(self, name: str = ARRAY_NAME) -> Array:
        """Boolean array: sign +1 at the last update."""
        return self._plane(name, "last")

    def changed(self, name: str = ARRAY_NAME) -> Array:
        """Boolean array: sign at the last update differs from the start."""
        return self._plane(name, "last") ^ self._plane(name, "start")

    def flipped(self, name: str = ARRAY_NAME) -> Array:
        """Boolean array: flipped at least once since the start."""
        return self._plane(name, "flipped")

    def reversed(self, name: str = ARRAY_NAME) -> Array:
        """Boolean array: reversed, that is flipped at least twice, since the start."""
        return self._plane(name, "reversed")

    def state_dict(self) -> dict[str, Any]:
        """Copy everything remembered into a flat dict of integers and NumPy arrays.

        Keys are "updates" and, for each name, "shape/NAME", the packed bits "start/NAME",
        "last/NAME", "flipped/NAME", "reversed/NAME", and the totals "flips/NAME" and
        "reversals/NAME". ``np.savez`` can store it, and what ``np.load`` reads can be loaded.
        """
        state: dict[str, Any] = {"updates": self._updates}
        for name, memory in self._memory.items():
            state |= memory.state(name)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from ``state`` as if never stopped.

        Raises
        ------
        ValueError
            If ``state`` does not have the names and shapes of this tracker, or an entry does not
            fit. The tracker stays as it was.
        """
        keys = [key for name in self._memory for key in state_keys(name)]
        check_names(state, ["updates", *keys], "state")
        updates = check_total(state, "updates")
        self._memory = {n: m.loaded(n, state) for n, m in self._memory.items()}
        self._updates = updates

    def _plane(self, name: str, plane: str) -> Array:
        if name not in self._memory:
            raise ValueError(
                f"name: expected one of {brief(list(self._memory))}, got {brief(name)}"
            )
        memory = self._memory[name]
        return unpack_signs(memory.planes[plane], memory.shape)


def metrics_of(memories: list[SignMemory], counts: list[tuple[int, int, int]]) -> SignMetrics:
    """Fractions over all ``memories`` together, so weighted by size; 0 where nothing is."""
    size = sum(m.size for m in memories)
    now = [sum(column) for column in zip(*counts, strict=True)]
    since_start = [sum(m.flips for m in memories), sum(m.reversals for m in memories)]
    return SignMetrics(size, *(events / max(size, 1) for events in (*now, *since_start)))
