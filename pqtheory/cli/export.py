"""``pqtheory export``: the quantized network of a run as one packed file."""

from pathlib import Path

import click

from pqtheory._messages import counted
from pqtheory.cli.commands import example
from pqtheory.cli.errors import user_errors
from pqtheory.cli.output import say
from pqtheory.cli.places import check_output_file


@click.command(
    no_args_is_help=True,
    epilog=example("pqtheory export lm lm.safetensors"),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--last", is_flag=True, help="The network of the last epoch in place of the best.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Where CIFAR-10 or ptb/ is; else the variable PQTHEORY_DATA.",
)
def export(run: Path, file: Path, last: bool, data_dir: Path | None) -> None:
    """Write the quantized network of RUN to FILE (safetensors): codebooks, and k bits for each weight.

    docs/networks.md has the lines that read it without this package.
    """
    with user_errors():
        from pqtheory.networks.export import save_quantized
        from pqtheory.networks.training import RunFolder
        from pqtheory.networks.training.build import load_data
        from pqtheory.networks.training.exported import exported
        from pqtheory.networks.training.folder import FILES

        folder = RunFolder(run)
        settings = folder.settings
        check_output_file(file, "FILE", [run / name for name in FILES])
        state, names = exported(folder, load_data(settings, data_dir), last)
        save_quantized(file, state, names)
    packed = sum(state[name].numel() for name in names)
    say(
        f"{file}: {packed:,} weights in {counted(len(names), 'tensor')} packed; {file.stat().st_size:,} bytes"
    )
