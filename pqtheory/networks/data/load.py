"""Image sets by name."""

from pathlib import Path

from pqtheory._messages import brief
from pqtheory.networks.data.cifar10 import load_cifar10
from pqtheory.networks.data.digits import load_digits
from pqtheory.networks.data.images import Images

NAMES = ("digits", "cifar10")


def load(name: str, data_dir: str | Path | None = None) -> Images:
    """The image set of that name.

    Parameters
    ----------
    name : {"digits", "cifar10"}
        The digits need nothing else.
    data_dir : path, optional
        Where CIFAR-10 is; the environment variable ``PQTHEORY_DATA`` where it is not given.

    Raises
    ------
    ValueError
        If the name is unknown, or a file is not what it should be.
    FileNotFoundError
        If files are missing: says which, and how to get them.
    """
    if name == "digits":
        return load_digits()
    if name == "cifar10":
        return load_cifar10(data_dir)
    raise ValueError(f"data: expected one of {', '.join(NAMES)}, got {brief(name)}")
