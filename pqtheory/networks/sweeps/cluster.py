"""A Dask cluster: workers on other machines that see the same folder."""

import re
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

from pqtheory._messages import brief

#: seconds for a scheduler, and for the first of its workers, to answer
PATIENCE = 5


@contextmanager
def connect(scheduler: str | None) -> Iterator[Callable[..., futures.Future[Any]]]:
    """What submits calls to the workers of a scheduler at ``HOST:PORT``.

    Raises
    ------
    ImportError, ValueError
        If distributed is missing, or no scheduler or worker answers.
    """
    if not re.fullmatch(r".+:\d+", scheduler or ""):
        raise ValueError(
            f"scheduler: expected HOST:PORT of Dask's scheduler, got {brief(scheduler)}"
        )
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError("--backend dask needs: pip install 'pqtheory[dask]'") from error
    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"scheduler: no Dask scheduler answers at {brief(scheduler)}: {error}"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise ValueError(f"scheduler: {brief(scheduler)} has no workers") from error
        yield client.get_executor(pure=False).submit
