"""Arguments that are names: of a registry, of a method, of a metric; an unknown one gets the nearest suggested."""

from collections.abc import Iterable, Sequence
from typing import Any, final

import click
from click.shell_completion import CompletionItem

from pqtheory._messages import brief
from pqtheory._messages import nearest as suggested
from pqtheory.methods.registry import REGISTRY, registered
from pqtheory.signs.metric_names import code_metric


def nearest(word: str, words: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the word nearest to ``word``; where none is near, what there is."""
    known = list(words)
    return suggested(word, known) or (f"; expected one of {', '.join(known)}" if known else "")


@final
class RegistryName(click.ParamType):
    """A name out of a registry; an unknown one gets the nearest suggested.

    ``refused`` are names of the registry that the command can do nothing with, for the reason ``why``: they are not
    offered, and who asks for one is told.
    """

    def __init__(
        self, kind: str, names: Sequence[str], refused: Sequence[str] = (), why: str = ""
    ) -> None:
        self.name = kind
        self.names, self.refused, self.why = tuple(names), tuple(refused), why

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """``value`` if it is a known name."""
        if value in self.refused:
            raise click.UsageError(
                f"--{self.name}: {brief(value)} {self.why}, one of {', '.join(self.names)}"
            )
        if value not in self.names:
            hint = nearest(str(value), self.names)
            raise click.UsageError(f"{self.name}: no {self.name} {brief(value)}{hint}")
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Its names that begin so."""
        return [CompletionItem(name) for name in self.names if name.startswith(incomplete)]


@final
class MethodChoice(click.Choice[str]):
    """A method out of some, however its name is spelled."""

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Its name in the registry."""
        return super().convert(_respelled(value), param, ctx)


@final
class MethodName(click.ParamType):
    """Any registered method, however its name is spelled; an unknown one gets the nearest suggested."""

    name = "method"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Its name in the registry."""
        return RegistryName("method", tuple(REGISTRY)).convert(_respelled(value), param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The methods whose names begin so."""
        return RegistryName("method", tuple(REGISTRY)).shell_complete(ctx, param, incomplete)


@final
class CodeMetricName(click.ParamType):
    """A metric of codes, by our name for it or another's; an unknown one gets the nearest suggested."""

    name = "metric"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Our name."""
        try:
            return code_metric(value).name
        except (TypeError, ValueError) as error:
            self.fail(str(error).removeprefix("metrics: "), param, ctx)


def _respelled(value: Any) -> Any:
    found = registered(value)
    return value if found is None else found.name
