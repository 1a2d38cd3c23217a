"""A group of commands: its help, and errors as one line with exit code 2."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, final

import click

from pqtheory._messages import brief
from pqtheory.cli.names import nearest
from pqtheory.cli.output import LONGEST, complain, forget_output


def example(*lines: str) -> str:
    """The end of a command's help."""
    return block("Example:", *lines)


def block(heading: str, *lines: str) -> str:
    """A part of a command's help; the mark in front keeps its lines apart."""
    return "\n  ".join((f"\b\n{heading}", *lines))


@final
class Commands(click.Group):
    """A group whose errors are one line on standard error, with exit code 2.

    ``sections`` are the headings of its help and the commands below each; without any they stand under one.
    """

    def __init__(
        self, *args: Any, sections: Mapping[str, Sequence[str]] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and end the process."""
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.ctx.get_help() if error.ctx is not None else error.format_message())
            code = 0
        except click.ClickException as error:
            complain(error.format_message())
            code = 2
        except OSError as error:
            # such as a full disk below standard output, or below a file that could be written when the work began
            forget_output()
            complain(str(error) if error.filename else f"cannot write the output: {error.strerror}")
            code = 2
        except (click.Abort, KeyboardInterrupt):
            click.echo("pqtheory: stopped", err=True)
            code = 130
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click itself would end with exit code 1 where the reader of the output has gone."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # nothing more can be said, and nothing need be: what has a verdict to end with uses ``say``
            forget_output()
            return 0

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with its first sentence; click itself would cut that off at the end of the line."""
        for heading, names in (self.sections or {"Commands": self.list_commands(ctx)}).items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(n, self.commands[n].get_short_help_str(LONGEST)) for n in names]
                )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one gets the nearest suggested."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            what = "picture" if self.name == "plot" else "command"
            raise click.UsageError(f"no {what} {brief(name)}{nearest(name, self.commands)}")
        return super().resolve_command(ctx, args)
