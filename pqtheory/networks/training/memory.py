"""Memory that a step frees and the next one needs stays with the process.

The GNU C library gives large freed blocks back to the system, which then has to find and clear every page anew: on a
CPU a tenth of a training step or more. Other C libraries are left as they are. What the array functions do for their
own temporaries (``keep_freed_memory``) does not reach as far, and leaves a process that only calls them alone.
"""

import ctypes
import functools

#: parameters of mallopt(3)
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
#: bytes that may lie free; and up to which blocks come from what is kept, the most that every version takes
KEPT, LARGEST = 1 << 30, 32 << 20


@functools.cache
def keep_memory() -> bool:
    """Keep up to ``KEPT`` bytes for the rest of this process, once; whether the library does."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(MMAP_THRESHOLD, LARGEST) and mallopt(TRIM_THRESHOLD, KEPT))
