"""What a memory does with the parameters of one group; :mod:`eager`, :mod:`lazy` and their neighbours are those.

Parameters keep their own memory: whatever they are to hold is copied into them. So a model may be moved, laid out,
wrapped and saved as any other.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from operator import is_
from typing import Any, ClassVar

from torch import Tensor, nn

from pqtheory._messages import brief
from pqtheory.networks.optim.applied import AppliedParts
from pqtheory.networks.optim.beside import State
from pqtheory.networks.optim.parts import Parts
from pqtheory.networks.optim.sharded import local
from pqtheory.networks.optim.values import Values

#: key of the latent weights in the state of a parameter
LATENT = "latent"
Latents = Mapping[nn.Parameter, Tensor]


class QuantizedGroup(AppliedParts):
    """The parameters of one group, its map, and how they remember.

    Making one changes nothing; ``load`` does.

    Attributes
    ----------
    apart : bool
        Whether the latent weights are in other memory than the parameters.
    """

    apart: ClassVar[bool] = False

    def __init__(self, group: dict[str, Any], parts: Parts) -> None:
        super().__init__(group, parts)
        self._seen: Values | None = None
        #: what the parameters held before they were quantized for a while
        self._held: list[Tensor] | None = None

    def here(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """What this process has of tensors that are shared as the parameters are."""
        return [local(t) for t in tensors] if self.shared else [*tensors]

    def values(self) -> list[Tensor]:
        """What the parameters hold, here, in their own memory."""
        return self.here(self.parameters)

    def seen(self) -> Values:
        """The same, as the calls on it cost least."""
        values = self.values()
        if self._seen is None or not self._seen.is_at(values):
            self._seen = Values(values)
        return self._seen

    def seen_in_step(self) -> Values:
        """The same, where nobody can have moved them since ``seen`` was asked."""
        return self._seen or self.seen()

    def hold(self) -> None:
        """Keep what the parameters hold, to quantize them for a while."""
        self._held = [p.detach().clone() for p in self.parameters]

    def show_held(self) -> None:
        """Let the parameters hold that again."""
        for value, held in zip(self.values(), self.here(self._held or ()), strict=True):
            value.copy_(held)
        self._held = None

    def quantize(self) -> None:
        """Let the parameters hold the quantized weights; latent weights that are elsewhere stay."""
        for place, (value, latent) in enumerate(zip(self.values(), self.latents(), strict=True)):
            value.copy_(self._quantized(place, latent))

    def _go_on(
        self,
        latents: Sequence[Tensor],
        numbers: Sequence[Any],
        clip: float | None,
        settle: Callable[[], None],
    ) -> None:
        """Map the latent weights, by ``settle``, clip them and hold those that oscillate.

        Those of parameters that were taken out of training, with no gradient, stay as they are.
        """
        pairs = zip(self.parameters, latents, strict=True)
        at_rest = [latent for p, latent in pairs if not p.requires_grad and p.grad is None]
        held = [latent.clone() for latent in at_rest]
        self._refit(numbers)
        settle()
        if clip is not None:
            for latent in latents:
                latent.clamp_(-clip, clip)
        self._hold_oscillating(numbers)
        for latent, value in zip(at_rest, held, strict=True):
            latent.copy_(value)

    @abstractmethod
    def follow(self, state: State) -> None:
        """Take up what was written into the parameters, or into their state, since they were last shown."""

    @abstractmethod
    def load(self, state: State, latents: Latents, step: int, group: dict[str, Any]) -> None:
        """Begin at that step, with these latent weights where there are any; show the model what it is to see."""

    @abstractmethod
    def before_step(self, state: State, lend: bool = False) -> None:
        """Let the parameters hold what the base optimizer moves; ``lend``: they may be it for as long as it steps."""

    def end_loan(self) -> None:
        """Let the parameters be in their own memory, whatever happened in a step."""
        return

    @abstractmethod
    def at_query(self, closure: Callable[[], Any], step: int, group: dict[str, Any]) -> Any:
        """Evaluate the closure of a base optimizer in its step, where the gradient is taken."""

    @abstractmethod
    def after_step(self, state: State, numbers: Sequence[Any], clip: float | None) -> None:
        """Clip and map what it moved."""

    @abstractmethod
    def keep(self, state: State) -> None:
        """After a step of the base optimizer: let its state have what is remembered."""

    @abstractmethod
    def add_to(self, saved: dict[Any, dict[str, Any]], keys: Sequence[Any]) -> None:
        """Make sure that the saved state has what is remembered of each parameter, under its key."""

    @abstractmethod
    def freeze(self) -> None:
        """Quantize for good: from now on the latent weights are what the parameters hold."""

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: v for name, v in self.__dict__.items() if name != "_compiled_map"}
        return {**kept, "_seen": None, "_held": None}


def check_unchanged(
    groups: Sequence[dict[str, Any]], quantized: Mapping[int, QuantizedGroup]
) -> None:
    """Make sure that what is marked are the quantized groups, with the parameters that they were made with.

    Raises
    ------
    ValueError
        If not: others would train unquantized.
    """
    marked = [index for index, group in enumerate(groups) if group.get("quantize")]
    for index in sorted({*marked} ^ quantized.keys()):
        raise ValueError(
            f"group {index}: expected the quantized groups {brief([*quantized])} that there were, got {brief(marked)}: "
            "mark groups before the optimizer is made"
        )
    for index, found in quantized.items():
        now = groups[index]["params"]
        if len(now) != len(found.parameters) or not all(map(is_, now, found.parameters)):
            raise ValueError(
                f"group {index}: its parameters are others than there were: make the optimizer after whatever puts "
                f"others in the place of {brief(found.names)}"
            )
