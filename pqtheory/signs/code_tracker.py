"""A streaming tracker of codes: what the communities of quantized training measure, from k + 1 bits a weight."""

from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, is_torch
from pqtheory._checks import check_count, check_float
from pqtheory._elementwise import widen
from pqtheory._messages import brief
from pqtheory.signs import codes as coding
from pqtheory.signs.code_memory import CodeMemory
from pqtheory.signs.code_metrics import CodeMetrics
from pqtheory.signs.code_totals import CodeTotals, metrics_of, over_ranks, totals_of
from pqtheory.signs.memory import check_total
from pqtheory.signs.named import ALL, ARRAY_NAME, check_names, check_shape, named_arrays
from pqtheory.signs.path_lengths import PathLengths, Window, path_state_keys

#: below this a moving average in float16 would not move at each update
LEAST_MOMENTUM = 1e-3


@final
class CodeTracker:
    """Changes of the codes of quantized weights as they train, per array and in all.

    The code of a weight is the index of its level. What is kept of a weight are the k bits of its last code and one bit
    for the way that it came, k bits more for the code at the start, which do not change, and with ``frequencies`` a
    float16. Weights are only read. With one bit this is :class:`SignTracker`: the same changes, flips and reversals.

    Parameters
    ----------
    weights : array, mapping name -> array, or iterable of (name, array)
        At the start, for instance ``model.named_parameters()``: latent weights, or integer codes where ``levels`` is a
        number. A single array gets the name "weights".
    levels : Set, Quantizer, int, or mapping name -> one of them
        What the weights are quantized by; or how many levels there are, from 1 to 256, the codes being integers from 0.
    momentum : float
        m of the moving average of the reversals, from 0.001 to 1.
    frequencies : bool
        Whether each weight has its own moving average, so that the share of oscillating weights is known.
    threshold : float
        The moving average above which a weight oscillates.
    near : float, optional
        Measure the share of weights within so many steps (distances of neighbouring levels) of a threshold.
    window : int, optional
        Measure the path ratio over windows of so many updates; takes four numbers more a weight.
    total : callable, optional
        Where the arrays are shards of weights on many ranks, each tracking its own: gives the sum over the ranks of a
        NumPy vector of int64 numbers (and with ``window`` of one of float64), so that every rank has the metrics of the
        whole. Called on all ranks at each update.

    Raises
    ------
    TypeError
        If an array is not NumPy's or torch's, or neither of real weights nor of codes as ``levels`` asks for.
    ValueError
        If a name occurs twice or is "all", there is no array, a code is no level, or a number is out of its range.

    References
    ----------
    docs/flip_ratios.md names the source of each metric.

    Examples
    --------
    >>> tracker = CodeTracker(np.array([0.9, 0.1, -0.8, 0.2]), pq.sets.Ternary())
    >>> tracker.update(np.array([0.9, 0.6, -0.8, 0.2]))["weights"].flips
    0.25
    """

    def __init__(
        self,
        weights: Any,
        levels: Any,
        *,
        momentum: float = 0.01,
        frequencies: bool = False,
        threshold: float = 0.005,
        near: float | None = None,
        window: int | None = None,
        total: Callable[[Array], Array] | None = None,
    ) -> None:
        self._momentum = check_float(momentum, "momentum", LEAST_MOMENTUM)
        if self._momentum > 1:
            raise ValueError(f"momentum: expected a number <= 1, got {brief(momentum)}")
        self._threshold = check_float(threshold, "threshold", 0)
        self._near = None if near is None else check_float(near, "near", 0)
        self._window = None if window is None else check_count(window, "window")
        if total is not None and not callable(total):
            raise TypeError(f"total: expected a function of an array, got {brief(total)}")
        self._total = total
        arrays = named_arrays(weights, lambda array, _: array)
        self._levels = _levels_of(arrays, levels)
        arrays = self._checked(arrays)
        self._memory: dict[str, CodeMemory] = {}
        self._paths: dict[str, PathLengths] = {}
        for name, array in arrays.items():
            planes, count = coding.encode(array, self._levels[name], name)
            self._memory[name] = CodeMemory(tuple(array.shape), count, planes, bool(frequencies))
            if self._near is not None:
                coding.threshold_distances(array, self._levels[name])
            if self._window is not None:
                self._paths[name] = PathLengths(self._window, *self._ends(name, array))
        self._frequency = dict.fromkeys(self._memory, 0.0)
        self._updates = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tracked arrays."""
        return tuple(self._memory)

    @property
    def updates(self) -> int:
        """Number of updates since the start."""
        return self._updates

    @property
    def nbytes(self) -> int:
        """Bytes that grow with the weights, but those of the path ratio."""
        return sum(memory.nbytes for memory in self._memory.values())

    def update(self, weights: Any) -> dict[str, CodeMetrics]:
        """Compare with the start and the last update, remember, and return the metrics.

        Returns
        -------
        dict of CodeMetrics
            One for each name and, under "all", one for all weights together.

        Raises
        ------
        TypeError, ValueError
            If ``weights`` does not have the names and shapes of the start, or what the constructor refuses (precision
            and device may change). The tracker stays as it was.
        """
        arrays = named_arrays(weights, lambda array, _: array)
        check_names(arrays, self._memory, "weights")
        for name, memory in self._memory.items():
            check_shape(arrays[name], memory.shape, name)
        arrays = self._checked(arrays)
        codes = {n: coding.encode(arrays[n], self._levels[n], n)[0] for n in self.names}
        near = {name: self._count_near(name, arrays[name]) for name in self.names}
        ends = {name: self._ends(name, arrays[name]) for name in self._paths}
        return self._updated(codes, near, ends)

    def stay(self) -> dict[str, CodeMetrics]:
        """Update with the codes that there are: of weights that are quantized for good, and whose fit is over.

        A fit to quantized weights may find other levels; these count as where they are, at rest and near no threshold.

        Returns
        -------
        dict of CodeMetrics
            As ``update``.
        """
        codes = {name: memory.planes() for name, memory in self._memory.items()}
        ends = {name: lengths.ends for name, lengths in self._paths.items()}
        return self._updated(codes, dict.fromkeys(self.names, 0), ends)

    def _updated(
        self,
        codes: Mapping[str, Array],
        near: Mapping[str, int],
        ends: Mapping[str, tuple[Array, Array]],
    ) -> dict[str, CodeMetrics]:
        seen: dict[str, CodeTotals] = {}
        for name, memory in self._memory.items():
            counts = memory.update(codes[name], self._momentum)
            window = Window()
            if name in self._paths:
                self._paths[name].update(*ends[name])
                window = self._paths[name].last or window
            seen[name] = totals_of(memory, counts, self._threshold, near[name], window)
        self._updates += 1
        if self._total is not None:
            seen = over_ranks(seen, self._total, bool(self._paths))
        m = self._momentum
        for name, one in seen.items():
            size, _, _, reversals, *_ = one.numbers.tolist()
            self._frequency[name] = m * reversals / max(size, 1) + (1 - m) * self._frequency[name]
        metrics = {name: self._metrics((name,), seen) for name in self.names}
        return metrics | {ALL: self._metrics(self.names, seen)}

    def codes(self, name: str = ARRAY_NAME) -> Array:
        """The codes at the last update, uint8."""
        return self._of(name).codes()

    def start(self, name: str = ARRAY_NAME) -> Array:
        """The codes at the start, uint8."""
        return self._of(name).start()

    def changed(self, name: str = ARRAY_NAME) -> Array:
        """Boolean array: the code at the last update differs from the start."""
        return self.codes(name) != self.start(name)

    def flipped(self, name: str = ARRAY_NAME) -> Array:
        """Boolean array: flipped at least once since the start."""
        return self._of(name).moved()

    def frequencies(self, name: str = ARRAY_NAME) -> Array:
        """Float16 array: the moving average of each weight's reversals.

        Raises
        ------
        ValueError
            If the tracker was made without ``frequencies=True``, or has no such name.
        """
        memory = self._of(name)
        if memory.frequencies is None:
            raise ValueError("frequencies: expected a tracker made with frequencies=True")
        return memory.frequencies.reshape(memory.shape).copy()

    def state_dict(self) -> dict[str, Any]:
        """Copy everything remembered into a flat dict of numbers and NumPy arrays, as ``np.savez`` stores it."""
        state: dict[str, Any] = {"updates": self._updates}
        for name, memory in self._memory.items():
            state |= memory.state(name) | {f"frequency/{name}": self._frequency[name]}
            if name in self._paths:
                state |= self._paths[name].state(name)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from ``state``, of a tracker made in the same way, as if never stopped.

        Raises
        ------
        ValueError
            If ``state`` does not have the names, shapes and levels of this tracker, or an entry does not fit. The
            tracker stays as it was.
        """
        keys = ["updates"]
        for name, memory in self._memory.items():
            keys += [*memory.state_keys(name), f"frequency/{name}"]
            keys += path_state_keys(name) if name in self._paths else []
        check_names(state, keys, "state")
        updates = check_total(state, "updates")
        memories = {name: memory.loaded(name, state) for name, memory in self._memory.items()}
        paths = {name: lengths.loaded(name, state) for name, lengths in self._paths.items()}
        frequency = {name: _share(state, f"frequency/{name}") for name in self._memory}
        self._memory, self._paths, self._frequency = memories, paths, frequency
        self._updates = updates

    def _checked(self, arrays: dict[str, Array]) -> dict[str, Array]:
        return {
            name: coding.check_codable(array, f"weights[{brief(name)}]", self._levels[name])
            for name, array in arrays.items()
        }

    def _ends(self, name: str, array: Array) -> tuple[Array, Array]:
        """Latent weights and their values as flat NumPy arrays of floats."""
        array = array.detach() if is_torch(array) else array
        pair = (array, coding.quantized(array, self._levels[name]))
        floats = [coding.to_numpy(part).reshape(-1) for part in pair]
        wide = [widen(np, part) for part in floats]
        latent, value = (p.astype(np.float64) if p.dtype == object else p for p in wide)
        return latent, value

    def _count_near(self, name: str, array: Array) -> int:
        if self._near is None:
            return 0
        return int((coding.threshold_distances(array, self._levels[name]) <= self._near).sum())

    def _metrics(self, names: tuple[str, ...], seen: Mapping[str, CodeTotals]) -> CodeMetrics:
        ones = [seen[name] for name in names]
        sizes = [int(one.numbers[0]) for one in ones]
        weighted = [n * self._frequency[name] for n, name in zip(sizes, names, strict=True)]
        # one name has its own average, not size times it divided by size
        frequency = (
            self._frequency[names[0]] if len(names) == 1 else sum(weighted) / max(sum(sizes), 1)
        )
        return metrics_of(
            ones,
            frequency,
            self._updates,
            frequencies=self._memory[names[0]].frequencies is not None,
            near=self._near is not None,
            paths=any(lengths.last is not None for lengths in self._paths.values()),
        )

    def _of(self, name: str) -> CodeMemory:
        if name not in self._memory:
            raise ValueError(
                f"name: expected one of {brief(list(self._memory))}, got {brief(name)}"
            )
        return self._memory[name]


def _levels_of(arrays: Mapping[str, Array], levels: Any) -> dict[str, coding.Levels]:
    if not isinstance(levels, Mapping):
        return dict.fromkeys(arrays, coding.check_coder(levels))
    check_names(levels, arrays, "levels")
    return {name: coding.check_coder(levels[name]) for name in arrays}


def _share(state: Mapping[str, Any], key: str) -> float:
    value = np.asarray(state[key])
    if value.ndim or value.dtype.kind != "f" or not 0 <= value <= 1:
        raise ValueError(
            f"state: expected a float from 0 to 1 for {brief(key)}, got {brief(state[key])}"
        )
    return float(value)
