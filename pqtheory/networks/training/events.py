"""The metrics of a run as TensorBoard reads them: one scalar for each figure, one point for each epoch."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, final

from pqtheory.networks.metrics import measure_of

#: sign metrics that are drawn, of all weights together
SIGNS = ("change_from_start", "flips", "reversals")


@final
class Events:
    """The event file of a run. It is written anew from the metrics whenever a run begins or goes on.

    So there are neither gaps nor points twice, whatever was killed when.

    Parameters
    ----------
    folder : path
        For TensorBoard's files.

    Raises
    ------
    ImportError
        If the package tensorboard is missing.
    """

    def __init__(self, folder: str | Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ImportError(
                "--tensorboard needs tensorboard: pip install 'pqtheory[tensorboard]'"
            ) from error
        self._make, self._folder = SummaryWriter, Path(folder)
        self._writer: Any = None

    def begin(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Write what there is of the run, in place of what an earlier process wrote."""
        self.close()
        old = sorted(self._folder.glob("events.out.tfevents.*"))
        # a TensorBoard that runs already forgets what it has read
        self._writer = self._make(str(self._folder), purge_step=0)
        for line in lines:
            self.add(line)
        for file in old:
            file.unlink()

    def add(self, line: Mapping[str, Any]) -> None:
        """Write the points of an epoch."""
        for name, value in scalars(line):
            self._writer.add_scalar(name, value, line["epoch"])
        self._writer.flush()

    def close(self) -> None:
        """End the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def scalars(line: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """(name, value) of what is drawn of a line of the metrics."""
    if line["loss"] is not None:
        yield "loss", line["loss"]
    measure = measure_of(line)
    if measure is not None:
        for where, kinds in line[measure.name].items():
            for kind, value in kinds.items():
                yield f"{measure.name}/{where}, {kind}", value
    for kind, numbers in line.get("watched", {}).items():
        for name, value in numbers.items():
            yield f"{name}/{kind}", value
    for layer, change in line.get("code_changes", {}).items():
        yield f"code_changes/{layer}", change["mean"]
    for metric in SIGNS:
        if "signs" in line:
            yield f"signs/{metric}", line["signs"]["all"][metric]
    if "quantization_error" in line:
        yield "quantization_error", line["quantization_error"]["all"]
