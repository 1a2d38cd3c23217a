"""An optimizer round another one, as all of torch sees it: groups, state and defaults are those of the other."""

from abc import abstractmethod
from typing import Any

from torch.optim import Optimizer


class Around(Optimizer):
    """Shares whatever the base optimizer has, also what it is given or loaded with later; its hooks are its own.

    Attributes
    ----------
    base : torch.optim.Optimizer
        The other one.
    """

    base: Optimizer

    def _attach(self) -> None:
        """Begin without hooks, and hear from the base optimizer whenever it is loaded, by whomever."""
        super().__setstate__({})
        self._links = (
            self.base.register_load_state_dict_pre_hook(self._before_load),
            self.base.register_load_state_dict_post_hook(self._after_load),
        )

    def _detach(self) -> None:
        for link in self._links:
            link.remove()

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Those of the base optimizer."""
        groups: list[dict[str, Any]] = self.base.param_groups
        return groups

    @param_groups.setter
    def param_groups(self, groups: list[dict[str, Any]]) -> None:
        self.base.param_groups = groups

    @property
    def state(self) -> Any:
        """That of the base optimizer, latent weights included."""
        return self.base.state

    @state.setter
    def state(self, state: Any) -> None:
        self.base.state = state

    @property
    def defaults(self) -> dict[str, Any]:
        """Those of the base optimizer."""
        defaults: dict[str, Any] = self.base.defaults
        return defaults

    @defaults.setter
    def defaults(self, defaults: dict[str, Any]) -> None:
        self.base.defaults = defaults

    def zero_grad(self, set_to_none: bool = True) -> None:
        """As the base optimizer does."""
        self.base.zero_grad(set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """The state of the base optimizer, in which ours is: tensors and plain values only."""
        for before in self._optimizer_state_dict_pre_hooks.values():
            before(self)
        state = self._complete(self.base.state_dict())
        for after in self._optimizer_state_dict_post_hooks.values():
            changed = after(self, state)
            state = state if changed is None else changed
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue where ``state_dict`` was taken. Eager methods find their latent weights in the model.

        Raises
        ------
        TypeError, ValueError
            If it is of another method, of another version, or of other parameters; nothing is changed then.
        """
        state = dict(state_dict) if isinstance(state_dict, dict) else state_dict
        for before in self._optimizer_load_state_dict_pre_hooks.values():
            changed = before(self, state)
            state = state if changed is None else changed
        self.base.load_state_dict(self._checked(state))
        for after in self._optimizer_load_state_dict_post_hooks.values():
            after(self)

    @abstractmethod
    def _complete(self, state: dict[str, Any]) -> dict[str, Any]:
        """The state of the base optimizer with what is ours and not in it."""

    @abstractmethod
    def _checked(self, state: Any) -> dict[str, Any]:
        """The state to load, or an error."""

    @abstractmethod
    def _before_load(self, base: Optimizer, state_dict: dict[str, Any]) -> dict[str, Any]:
        """What the base optimizer is to load of it."""

    @abstractmethod
    def _after_load(self, base: Optimizer) -> None:
        """Go on from what the base optimizer has been loaded with."""
