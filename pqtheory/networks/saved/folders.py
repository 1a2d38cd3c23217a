"""Which of the files in a folder are the weights: not the optimizer's or the scheduler's beside them."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from pqtheory._files import read_json
from pqtheory._messages import brief
from pqtheory.networks.saved.distributed import METADATA

INDEX = ".index.json"
#: as training libraries call the weights, the first there is being meant
USUAL = (
    "model.safetensors",
    "pytorch_model.bin",
    "adapter_model.safetensors",
    "adapter_model.bin",
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.bin",
    "checkpoint.pt",
    "model.pt",
    "model.pth",
    "model.bin",
    "model.ckpt",
    "last.ckpt",
)
ENDINGS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".npz")
#: what else lies in such folders
OTHER = re.compile(
    r"optim|sched|(?<!up)(?<!down)scaler|(?<!up)(?<!down)(?<!re)sampler|rng|random_states?|training_args|trainer_state|tokenizer|dataloader|^best\.pt$",
    re.IGNORECASE,
)
SHARD = re.compile(
    r"(?P<stem>.*)-(?P<number>\d+)-of-(?P<count>\d+)(?P<ending>\.\w+)$", re.IGNORECASE
)


def weights_in(folder: Path) -> list[Path]:
    """The file of the weights, all shards of them where no index names these, or the folder itself if it is one.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is none, or more than one; says what there is.
    """
    files = sorted(file for file in folder.iterdir() if file.is_file())
    found = [f for f in files if _may_hold(f.name)]
    by_name = {file.name.lower(): file for file in found}
    indices = [f for f in found if f.name.lower().endswith(INDEX)]
    for index in sorted(indices, key=lambda f: not f.name.lower().endswith(f".safetensors{INDEX}")):
        return [index]
    for name in USUAL:
        if name in by_name:
            return [by_name[name]]
    if (folder / METADATA).is_file():
        return [folder]
    for ending in ENDINGS:
        alike = [file for file in found if file.suffix.lower() == ending]
        if len(alike) == 1 and not SHARD.match(alike[0].name):
            return alike
        if alike and all(SHARD.match(file.name) for file in alike):
            return _all_shards(folder, alike)
        if alike:
            raise ValueError(
                f"{folder}: expected one checkpoint, found {_listed(f.name for f in alike)}; name the file"
            )
    within = [f for f in folder.iterdir() if f.is_dir() and (f / METADATA).is_file()]
    if len(within) == 1:
        return within
    there = _listed(sorted(f.name for f in folder.iterdir()))
    only = f", only {there}; name the file or the folder that holds them" if there else ""
    raise FileNotFoundError(f"{folder}: no file of weights in it{only}")


def _may_hold(name: str) -> bool:
    known = name.lower().endswith((*ENDINGS, INDEX))
    return known and not name.startswith(".") and not OTHER.search(name)


def _all_shards(folder: Path, files: list[Path]) -> list[Path]:
    found = [SHARD.match(file.name) for file in files]
    kinds = {(m["stem"], int(m["count"]), m["ending"].lower()) for m in found if m}
    if len(kinds) > 1:
        names = _listed(file.name for file in files)
        raise ValueError(f"{folder}: expected the shards of one checkpoint, found {names}")
    ((stem, count, ending),) = kinds
    there = {int(m["number"]) for m in found if m}
    missing = sorted(set(range(1, count + 1)) - there) if 0 not in there else []
    if missing or len(there) != count:
        raise ValueError(
            f"{folder}: expected {count} shards {stem}-...-of-...{ending}, missing {brief(missing)}"
        )
    return files


def shards_of(index: Path) -> dict[str, list[str]]:
    """The files that an index names, and the tensors in each.

    Raises
    ------
    ValueError
        If it is none, or names files in other folders.
    """
    try:
        content = read_json(index)["weight_map"]
        pairs = [(str(name), str(shard)) for name, shard in content.items()]
    except (ValueError, KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{index}: not an index of shards: {brief(error)}") from error
    shards: dict[str, list[str]] = {}
    for name, shard in pairs:
        if Path(shard).name != shard:
            raise ValueError(f"{index}: expected files beside it, got {brief(shard)}")
        shards.setdefault(shard, []).append(name)
    return shards


def _listed(names: Iterable[str], most: int = 12) -> str:
    known = list(names)
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more
