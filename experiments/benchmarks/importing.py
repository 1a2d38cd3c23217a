"""Seconds that ``import pqtheory`` takes in a fresh interpreter, that of the interpreter itself subtracted."""

import statistics
import subprocess
import sys
import time

from experiments.benchmarks.timing import Row


def measure(repeats: int = 9) -> list[Row]:
    """The limit is in seconds."""

    def seconds(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    seconds("import pqtheory")
    pairs = [(seconds("import pqtheory"), seconds("pass")) for _ in range(repeats)]
    with_import = statistics.median(a for a, _ in pairs)
    bare = statistics.median(b for _, b in pairs)
    return [Row("import pqtheory, seconds", with_import - bare, 0.3, with_import, bare)]
