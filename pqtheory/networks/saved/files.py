"""A file of weights of any kind, told by how it begins, whatever its name is."""

import tarfile
import zipfile
from pathlib import Path
from typing import Any

from pqtheory.networks.saved.safetensors_file import read_safetensors
from pqtheory.networks.saved.torch_files import read_archive, read_arrays, read_pickled, read_tar
from pqtheory.networks.states import check_crc

#: what the checkpoint of a training run of this package has
RUN = {"version", "settings", "model"}
#: what others begin with
FOREIGN = {
    b"GGUF": "a GGUF file, which is not read; give the checkpoint that it was made from",
    b"\x89HDF": "an HDF5 file, which is not read; save its arrays with numpy.savez",
    b"version https://git-lfs": "a pointer to a file that Git LFS has; run git lfs pull",
}


def read_file(file: Path) -> Any:
    """What a file holds, its tensors to be read where they are asked for.

    Raises
    ------
    ValueError
        If it is of no kind that is read, or damaged; names it.
    OSError
        If it cannot be read.
    """
    try:
        with file.open("rb") as stream:
            begin = stream.read(64)
        return _read(file, begin)
    except OSError:
        raise
    except Exception as error:
        # a damaged file raises whatever the readers raise
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"{file}: not a checkpoint of plain tensors: {first}") from error


def _read(file: Path, begin: bytes) -> Any:
    if file.suffix.lower() == ".safetensors" or begin[8:9] == b"{":
        return read_safetensors(file)
    if begin.startswith(b"PK"):
        with zipfile.ZipFile(file) as archive:
            if any(name.endswith(".npy") for name in archive.namelist()):
                return read_arrays(file)
        content = read_archive(file)
        if isinstance(content, dict) and content.keys() >= RUN:
            # those of training runs are small; larger ones of others would be read twice
            with file.open("rb") as stream:
                check_crc(stream)
        return content
    for start, what in FOREIGN.items():
        if begin.startswith(start):
            raise ValueError(what)
    if begin.startswith(b"\x80"):
        return read_pickled(file)
    if tarfile.is_tarfile(file):
        return read_tar(file)
    raise ValueError("it begins like no file of torch.save, safetensors or numpy.savez")
