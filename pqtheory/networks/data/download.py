"""Fetching CIFAR-10 from its authors, with a progress bar and checksums; nothing half-written stays behind."""

import os
import tarfile
import tempfile
from pathlib import Path
from typing import Any, final

from pqtheory.networks.data.cifar10 import CHECKSUMS, check_cifar10

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
#: as its authors publish it
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
FOLDER = "cifar-10-batches-bin"


def download_cifar10(data_dir: str | Path, url: str = URL, md5: str = MD5) -> Path:
    """Put ``cifar-10-batches-bin`` below ``data_dir``, unless either layout is there already, whole and as published.

    Batches that are missing or damaged are fetched anew.

    Returns
    -------
    path
        Of the folder with the batches.

    Raises
    ------
    ImportError
        If pooch is missing.
    ValueError
        If what came is not what was published.
    OSError
        If the network or the disk fails.
    """
    folder = Path(data_dir) / FOLDER
    try:
        return check_cifar10(folder.parent)
    except (FileNotFoundError, ValueError):
        # what is there cannot be trained on
        pass
    try:
        import pooch
    except ImportError as error:
        raise ImportError("downloads need pooch: pip install 'pqtheory[data]'") from error
    folder.parent.mkdir(parents=True, exist_ok=True)
    pooch.get_logger().setLevel("WARNING")
    with tempfile.TemporaryDirectory(dir=folder.parent) as place, _Bar() as bar:
        fetch = pooch.HTTPDownloader(progressbar=bar)
        archive = pooch.retrieve(url, f"md5:{md5}", "cifar-10", place, downloader=fetch)
        with tarfile.open(archive) as packed:
            packed.extractall(place, filter="data")
        missing = [n for n in CHECKSUMS if not (Path(place) / FOLDER / f"{n}.bin").is_file()]
        if missing:
            raise ValueError(f"{url}: {', '.join(missing)} not in it")
        folder.mkdir(exist_ok=True)
        for file in (Path(place) / FOLDER).iterdir():
            os.replace(file, folder / file.name)
    return check_cifar10(folder.parent)


@final
class _Bar:
    """A rich progress bar on standard error, as pooch drives it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

        console = Console(stderr=True)
        self._progress = Progress(
            "CIFAR-10",
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("download", total=None)
        self.total = 0

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._progress.stop()

    def update(self, count: int) -> None:
        """``count`` more bytes."""
        self._progress.update(self._task, advance=count, total=self.total)

    def reset(self) -> None:
        """Back to the start; pooch ends with a reset and the whole."""
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        """The end of the download."""
