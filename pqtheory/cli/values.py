"""Values of options: settings as NAME=VALUE, and what shares its levels, by name or number."""

from collections.abc import Mapping
from typing import Any, final

import click
from click.shell_completion import CompletionItem

from pqtheory._messages import brief
from pqtheory.cli.names import RegistryName
from pqtheory.networks.levels import PER, check_per


@final
class PerName(click.ParamType):
    """What shares its levels: a name, or a number of weights; an unknown one gets the nearest suggested."""

    name = "per"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What there is."""
        return f"[{'|'.join(PER)}|N]"

    def convert(self, value: Any, param: Any, ctx: Any) -> str | int:
        """The name or the number."""
        try:
            return check_per(number_in(value))
        except (TypeError, ValueError) as error:
            raise click.UsageError(f"--{error}") from error

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names that begin so."""
        return RegistryName("per", PER).shell_complete(ctx, param, incomplete)


def number_in(text: Any) -> Any:
    """The number that ``text`` writes out, an integer where it is one; what is no number as it is."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def settings_given(
    given: tuple[str, ...], named: Mapping[str, Any], options: Mapping[str, str]
) -> dict[str, Any]:
    """Settings given as NAME=VALUE: numbers, true and false, none; all else are words.

    Not those in ``named``, which are given already, nor those that have nothing but an option of their own.
    """
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--set: expected NAME=VALUE, got {brief(text)}")
        if name in options:
            raise click.UsageError(f"--set: {name} is given by {options[name]}")
        if name in found or name in named:
            raise click.UsageError(f"--set: {name} is given twice")
        found[name] = _value(value)
    return found


def _value(text: str) -> Any:
    return _WORDS[text] if text in _WORDS else number_in(text)


#: values that are neither numbers nor words of their own
_WORDS = {"true": True, "false": False, "none": None}
