"""A code tracker of what an optimizer quantizes: whatever its levels, on one process or on many."""

from collections.abc import Iterable, Mapping
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from pqtheory._arrays import Array
from pqtheory._messages import brief
from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.networks.optim.sharded import is_shared, local, whole
from pqtheory.signs import CODE_METRICS, CodeMetrics, CodeTracker
from pqtheory.signs.codes import to_numpy
from pqtheory.signs.memory import check_total
from pqtheory.signs.metric_names import code_metrics

#: what metrics are measured with: those of the communities that have them (docs/flip_ratios.md)
NEAR, WINDOW = 0.005, 30
#: keys of a state beside those of the tracker
STEPS, UNCOUNTED = "steps", "uncounted/"


@final
class OptimizerCodes:
    """The codes of the quantized parameters, by what their group is quantized by.

    Of parameters that several processes share (DTensor) each process tracks its part, and counts are added over all of
    them, once an update; where levels are fitted to more than a part, the first process tracks the whole.

    Parameters
    ----------
    optimizer : QuantizingOptimizer
        Whose latent weights.
    named : iterable of (str, Parameter)
        Names for its parameters, such as ``model.named_parameters()``.
    metrics : iterable of str
        Which; they decide what is remembered. All that need nothing but the codes if there are none.

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` quantizes nothing, a metric is unknown, a map does not say its levels, or a quantized parameter
        has no name, or that of another.

    Examples
    --------
    ``codes = OptimizerCodes(opt, net.named_parameters())`` before the loop, ``codes.update()["all"].flips`` in it.
    """

    def __init__(
        self,
        optimizer: QuantizingOptimizer,
        named: Iterable[tuple[str, nn.Parameter]],
        metrics: Iterable[str] = (),
    ) -> None:
        if not isinstance(optimizer, QuantizingOptimizer):
            raise TypeError(
                f"optimizer: expected a QuantizingOptimizer, got a {type(optimizer).__name__}"
            )
        self.optimizer = optimizer
        names = _names_of(named)
        levels: dict[str, Any] = {}
        self._names: dict[str, nn.Parameter] = {}
        #: parameters of which the first process has all, and the others none
        self._whole: set[str] = set()
        groups = optimizer.quantized_groups
        self._shared = any(group.shared for group in groups.values())
        for group in groups.values():
            pairs = zip(group.names, group.parameters, strict=True)
            for place, (own, parameter) in enumerate(pairs):
                if id(parameter) not in names:
                    raise ValueError(f"named: expected all quantized parameters, {own} is missing")
                name = names[id(parameter)]
                self._names[name], levels[name] = parameter, group.levels(place)
                if not (group.map.separable and is_shared(parameter)):
                    self._whole.add(name)
        needed = {CODE_METRICS[name].needs for name in code_metrics(metrics)}
        self.tracker = CodeTracker(
            self._weights(),
            levels,
            frequencies="frequencies" in needed,
            near=NEAR if "near" in needed else None,
            window=WINDOW if "window" in needed else None,
            total=self._total if self._shared else None,
        )
        #: the steps at the last update, and the weights of a last step that a freeze left uncounted
        self._steps = optimizer.steps
        self._last: dict[str, Tensor] | None = None
        optimizer.register_freeze_pre_hook(self._hold)

    def update(self) -> dict[str, CodeMetrics]:
        """Compare with the start and the last update; all processes come here, or none."""
        self._steps = self.optimizer.steps
        last, self._last = self._last, None
        if not self.optimizer.frozen:
            return self.tracker.update(self._weights())
        return self.tracker.stay() if last is None else self.tracker.update(last)

    def state_dict(self) -> dict[str, Any]:
        """That of the tracker, of this process, with the steps that it has seen and what a freeze left uncounted."""
        last = {f"{UNCOUNTED}{name}": to_numpy(w) for name, w in (self._last or {}).items()}
        return self.tracker.state_dict() | {STEPS: self._steps} | last

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on as if never stopped; raises as the tracker, and stays as it was."""
        if STEPS not in state:
            raise ValueError(f"state: expected what state_dict gives, {brief(STEPS)} is missing")
        steps = check_total(state, STEPS)
        last = {
            name: torch.from_numpy(np.array(state[UNCOUNTED + name]))
            for name in self._names
            if UNCOUNTED + name in state
        }
        ours = {STEPS, *(UNCOUNTED + name for name in last)}
        self.tracker.load_state_dict({k: v for k, v in state.items() if k not in ours})
        self._steps, self._last = steps, last or None

    def _hold(self, optimizer: QuantizingOptimizer) -> None:
        """Before a freeze: keep the weights of steps since the last update, as codes are not told from the frozen."""
        if optimizer.steps != self._steps:
            self._last = {name: weights.clone() for name, weights in self._weights().items()}

    def _weights(self) -> dict[str, Tensor]:
        latents = {id(p): latent for p, latent in self.optimizer.latent_parameters()}
        return {name: self._own(name, latents[id(p)]) for name, p in self._names.items()}

    def _own(self, name: str, latent: Tensor) -> Tensor:
        """What this process tracks of it: no weight is tracked by two."""
        if not self._shared:
            return latent
        if name in self._whole:
            found = whole(latent)
            return found if torch.distributed.get_rank() == 0 else found[:0]
        part = local(latent)
        return part if _is_first_copy(latent) else part[:0]

    def _total(self, numbers: Array) -> Array:
        """The sum over all processes."""
        summed = torch.from_numpy(np.array(numbers))
        if "gloo" not in torch.distributed.get_backend():
            summed = summed.to(local(next(iter(self._names.values()))).device)
        torch.distributed.all_reduce(summed)
        total: Array = summed.cpu().numpy()
        return total


def _names_of(named: Any) -> dict[int, str]:
    """The names of parameters by their ids."""
    pairs = list(named) if isinstance(named, Iterable) else [named]
    names: dict[int, str] = {}
    owners: dict[str, int] = {}
    for pair in pairs:
        of_two = isinstance(pair, tuple | list) and len(pair) == 2
        if not of_two or not isinstance(pair[1], nn.Parameter):
            raise TypeError(
                "named: expected pairs of a name and a parameter, as model.named_parameters() gives them, got "
                f"{brief(pair)}"
            )
        name, parameter = pair
        if owners.setdefault(name, id(parameter)) != id(parameter):
            raise ValueError(f"named: expected distinct names, got {brief(name)} twice")
        names[id(parameter)] = name
    return names


def _is_first_copy(tensor: Any) -> bool:
    """Whether no process before this one has the same part."""
    place = tensor.device_mesh.get_coordinate()
    return all(
        at == 0
        for at, placement in zip(place, tensor.placements, strict=True)
        if placement.is_replicate()
    )
