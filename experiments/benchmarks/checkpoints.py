"""Sign changes over a series of checkpoints against counting the signs in the mapped files, and the memory it takes.

Both sides read every byte once, from the system's cache, which a first pass of each has filled. The tracker packs the
signs and compares them with those that it remembers: twice the time of counting is what its update may take as well.
Memory is the peak of a process of its own, what it had before apart, in tensors of the largest size: one that is read,
and the few bits of each weight that are remembered, make less than three.
"""

import dataclasses
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from experiments.benchmarks.timing import Row, compare
from pqtheory.networks.checkpoints import sign_series

TIMES, TENSORS = 2.0, 3.0
COUNT, TENSORS_PER_FILE = 4, 8
#: a checkpoint has as many bytes
SIZE = 400_000_000
#: signs that are counted at once: what stays in the cache
BLOCK = 1 << 18
PEAK = """
import json, os, resource, sys
# a fork's peak is its own: that of a started program begins with its parent's
child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
from pqtheory.networks.checkpoints import sign_series
paths, small = json.loads(sys.argv[1])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
sign_series(small)
before = peak()
sign_series(paths)
print(before, peak())
"""


def measure(checkpoint_bytes: int = SIZE, repeats: int = 9) -> list[Row]:
    """Sharded safetensors, and files of ``torch.save``."""
    rows = []
    for name, write in (("safetensors, sharded", _write_sharded), ("torch.save", _write_torch)):
        with tempfile.TemporaryDirectory() as folder:
            paths = _series(Path(folder), write, checkpoint_bytes)
            small = _series(Path(folder) / "small", write, 1000)
            rows += [_time(name, paths, repeats), _memory(name, paths, small, checkpoint_bytes)]
    return rows


def _series(folder: Path, write: Callable[[dict[str, Tensor], Path], Path], size: int) -> list[str]:
    shape = (size // TENSORS_PER_FILE // 40, 10)
    paths = []
    for seed in range(COUNT):
        g = torch.Generator().manual_seed(seed)
        content = {f"{i}.weight": torch.randn(shape, generator=g) for i in range(TENSORS_PER_FILE)}
        place = folder / str(seed)
        place.mkdir(parents=True)
        paths.append(str(write(content, place)))
    return paths


def _write_sharded(content: dict[str, Tensor], folder: Path) -> Path:
    names = list(content)
    shards = {name: f"model-{i % 2}.safetensors" for i, name in enumerate(names)}
    for shard in set(shards.values()):
        save_file({n: content[n] for n in names if shards[n] == shard}, folder / shard)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    return folder


def _write_torch(content: dict[str, Tensor], folder: Path) -> Path:
    torch.save(content, folder / "model.pt")
    return folder / "model.pt"


def _time(name: str, paths: list[str], repeats: int) -> Row:
    files = [f for p in map(Path, paths) for f in (sorted(p.glob("*.saf*")) if p.is_dir() else [p])]
    gigabytes = sum(file.stat().st_size for file in files) / 1e9

    def count() -> None:
        for file in files:
            values = np.memmap(file, np.float32, "r", shape=(file.stat().st_size // 4,))
            for start in range(0, len(values), BLOCK):
                np.count_nonzero(values[start : start + BLOCK] >= 0)

    row = compare("", lambda: sign_series(paths), count, TIMES, repeats=repeats)
    rates = [f"{gigabytes / spent:.2f}" for spent in (row.seconds, row.baseline_seconds)]
    what = f"sign_series / counting signs, {COUNT} checkpoints, {name}, {' / '.join(rates)} GB/s"
    return dataclasses.replace(row, name=what)


def _memory(name: str, paths: list[str], small: list[str], size: int) -> Row:
    command = [sys.executable, "-c", PEAK, json.dumps([paths, small])]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    before, peak = map(int, printed.split())
    tensor = size / TENSORS_PER_FILE
    what = f"sign_series, peak memory / one of {COUNT * TENSORS_PER_FILE} tensors, {name}, bytes"
    return Row(what, (peak - before) / tensor, TENSORS, peak - before, tensor)
