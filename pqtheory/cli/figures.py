"""Pictures that runs and sweeps leave in their folders, where matplotlib is there."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pqtheory.networks.tables.summary import Row

FIGURE = "figure.png"


def draw_run(folder: Path) -> bool:
    """Errors and sign changes of the run in ``folder``, as ``figure.png`` there; whether it could be drawn."""
    from pqtheory._files import write_whole
    from pqtheory.networks.training import RunFolder
    from pqtheory.plotting.files import png
    from pqtheory.plotting.run_curves import run_curves

    run = RunFolder(folder)
    try:
        figure = run_curves(run.metrics(), run.settings.freeze_epoch, folder.name)
    except ImportError:
        return False
    write_whole(folder / FIGURE, png(figure))
    return True


def draw_sweep(rows: "list[Row]", folder: Path) -> bool:
    """Test errors and sign changes by label, as ``figure.png`` in ``folder``; whether it could be drawn."""
    from pqtheory._files import write_whole
    from pqtheory.networks.tables.curves import curve_rows
    from pqtheory.plotting.files import png
    from pqtheory.plotting.sweep_curves import sweep_curves

    try:
        figure = sweep_curves(curve_rows(rows))
    except ImportError:
        return False
    write_whole(folder / FIGURE, png(figure))
    return True
