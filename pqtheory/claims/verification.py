"""Verification: run the parts and the controls of claims -> Report; one after the other, or side by side.

Side by side each claim is found again in a worker process by its name or file: claims hold functions, which do not
travel; names, files and evidence do.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pqtheory._checks import check_count, check_float
from pqtheory._messages import brief
from pqtheory._progress import progress_bar
from pqtheory.claims.claim import Claim, Item, checked
from pqtheory.claims.lemma import each_once
from pqtheory.claims.lookup import (
    Shelf,
    UserCodeError,
    find_claims,
    load_file,
    user_code_error,
    users_code,
    without_repeats,
)
from pqtheory.claims.rechecking import recheck as rechecked
from pqtheory.claims.results import ClaimResult, Failure, ItemResult, Report
from pqtheory.claims.workers import WorkerDiedError, outcomes
from pqtheory.evidence.base import Budget, Step
from pqtheory.evidence.smt.recheck import require


def verify(
    *names: str | Claim,
    book: Shelf,
    budget: str = "quick",
    jobs: int = 1,
    recheck: bool = False,
    timeout: float | None = None,
    progress: bool | None = None,
    on_result: Callable[[ClaimResult], None] | None = None,
) -> Report:
    """Check claims.

    Claims are checked in this process unless ``jobs`` or ``timeout`` asks for others: a check that ends its process, as
    by a signal, ends the caller, too. (The command line runs the claims of files in a process of their own always.)

    Parameters
    ----------
    *names : str or Claim
        Names of shipped claims, paths of claim files (``.py``, each defining ``CLAIM``), or claims. None: all.
    book : Book
        Where claims are found by name.
    budget : {"quick", "full"}
        How much work the checks may do.
    jobs : int
        How many claims to check side by side, each in a process of its own where it is above 1.
    recheck : bool
        Whether to put every question of the solver to a second one.
    timeout : float, optional
        Seconds for each claim, which then runs in a process of its own; one that takes longer has the kind "timeout"
        in the report, which is not ok then.
    progress : bool, optional
        Whether to show a progress bar; None shows one on a terminal once it takes a while.
    on_result : callable, optional
        Called with each result as it comes, for progress displays.

    Returns
    -------
    Report
        ``report["w-prox"].kind`` and so on.

    Raises
    ------
    ImportError
        If ``recheck`` is asked for and the second solver is not installed.
    TypeError
        If something else than a name or a claim is given.
    ValueError
        If ``jobs`` is < 1, ``timeout`` not > 0, a name is unknown (the nearest is suggested), a file defines no claim,
        two claims have the same name, or no part of a claim measures its headline.
    UserCodeError
        If a user's claim file raises, asks to end the process, or with a ``timeout`` takes too long to load.
    """
    if recheck:
        require()
    claims = found_within(names, timeout, book=book)
    results: dict[int, ClaimResult] = {}
    checking = check_claims(claims, Budget(budget), jobs, book=book, timeout=timeout)
    with progress_bar("verifying", len(claims), progress) as advance:
        for place, result in checking:
            if result.failure is not None and result.failure.kind == "error":
                raise UserCodeError(result.failure.message)
            results[place] = result
            advance()
            if on_result is not None:
                on_result(result)
    report = Report(tuple(results[i] for i in range(len(claims))), budget)
    return rechecked(report, jobs=jobs) if recheck else report


def check_claim(claim: Claim, budget: Budget) -> ClaimResult:
    """Run every part and every control of one claim.

    Raises
    ------
    ValueError
        If no part is refuted and none measures the headline of the claim.
    """
    start = time.perf_counter()
    # a lemma that several parts rest on is shown once
    with each_once():
        parts = tuple(_checked(part, budget) for part in claim.parts)
        controls = tuple(_checked(control, budget) for control in claim.controls)
    result = ClaimResult(claim, parts, controls, time.perf_counter() - start)
    missing = claim.headline and claim.headline not in result.measured
    if missing and result.kind != "refuted":
        raise ValueError(
            f"claim {brief(claim.name)}: no part measures its headline {brief(claim.headline)}, "
            f"only {list(result.measured)}"
        )
    return result


def _checked(item: Item, budget: Budget) -> ItemResult:
    """What its check finds, with the steps that are in words alone.

    Raises
    ------
    TypeError
        If the check returns anything but evidence.
    """
    found = checked(item.check, budget)
    prose = tuple(Step(text, prose=True) for text in item.prose)
    return ItemResult(item.name, item.statement, replace(found, proof=(*found.proof, *prose)))


def found_within(
    names: Sequence[str | Claim], timeout: float | None, *, book: Shelf
) -> list[Claim]:
    """Claims by name, by file or as they are; with a ``timeout`` each file is loaded in a process of its own first.

    Raises
    ------
    TypeError, ValueError
        As :func:`pqtheory.claims.lookup.find_claims`.
    UserCodeError
        If a file raises, or takes too long to load, or its process dies.
    """
    if timeout is not None:
        files = [n for n in without_repeats(names) if isinstance(n, str) and n.endswith(".py")]
        calls = [(name,) for name in files]
        for place, outcome in outcomes(calls, _load, 1, check_timeout(timeout)):
            if isinstance(outcome, TimeoutError | WorkerDiedError):
                raise UserCodeError(f"claim file {brief(files[place])}: not loaded: {outcome}")
            if isinstance(outcome, BaseException):
                raise outcome
    return find_claims(*names, book=book)


def check_timeout(timeout: float | None) -> float | None:
    """``timeout`` as a float if it is None or a finite number of seconds > 0."""
    if timeout is None:
        return None
    return check_float(timeout, "timeout", 0, open_low=True, finite=True)


def check_claims(
    claims: Sequence[Claim],
    budget: Budget,
    jobs: int = 1,
    *,
    book: Shelf,
    timeout: float | None = None,
    files_apart: bool = False,
) -> Iterator[tuple[int, ClaimResult]]:
    """Check ``claims``; give (place, result) as each is done.

    A claim of a user's file that raises, one whose process dies and one that takes too long have a failure for a
    result, and the others go on.

    Parameters
    ----------
    claims : sequence of Claim
        Shipped ones and those of files may run side by side; a claim that is neither runs in this process.
    budget : Budget
        How much work.
    jobs : int
        Processes, >= 1; 1 without a timeout runs one claim after the other, here.
    timeout : float, optional
        Seconds for each claim.
    files_apart : bool
        Whether the claims of files run in a process of their own in any case: what ends it, ends that claim alone.

    Raises
    ------
    ValueError
        If ``jobs`` is < 1 or ``timeout`` not > 0, no part of a claim measures its headline, or there is a timeout for a
        claim that is neither shipped nor from a file.
    """
    jobs, timeout = check_count(jobs, "jobs"), check_timeout(timeout)
    apart = jobs > 1 or timeout is not None
    travelling = [
        i
        for i, claim in enumerate(claims)
        if (apart and _travels(claim, book)) or (files_apart and claim.file)
    ]
    staying = [i for i in range(len(claims)) if i not in travelling]
    if timeout is not None and staying:
        raise ValueError(
            f"timeout: expected claims of the book or of files, which can run in a process of their own, "
            f"got {brief(claims[staying[0]].name)}"
        )
    calls = [(claims[i].file or claims[i].name, budget, book) for i in travelling]
    for number, outcome in outcomes(calls, _check_found, jobs, timeout):
        place = travelling[number]
        yield place, _result(claims[place], outcome, timeout)
    for place in staying:
        try:
            result = _check(claims[place], budget)
        except UserCodeError as error:
            result = _result(claims[place], error, None)
        yield place, result


def _result(claim: Claim, outcome: Any, timeout: float | None) -> ClaimResult:
    """Of a call in another process, or of one that raised in this one."""
    if not isinstance(outcome, BaseException):
        return ClaimResult(claim, *outcome)
    if isinstance(outcome, WorkerDiedError):
        return ClaimResult(claim, (), (), 0.0, failure=Failure("died", str(outcome)))
    if isinstance(outcome, TimeoutError):
        return ClaimResult(claim, (), (), timeout or 0.0, failure=Failure("timeout", str(outcome)))
    if not claim.file:
        raise outcome
    if not isinstance(outcome, UserCodeError):
        # what its checks found does not travel
        outcome = user_code_error(f"claim {claim.name!r}", outcome, Path(claim.file))
    return ClaimResult(claim, (), (), 0.0, failure=Failure("error", str(outcome)))


def _travels(claim: Claim, book: Shelf) -> bool:
    return bool(claim.file) or (claim.name in book.names and book.load(claim.name) == claim)


def _load(name: str) -> None:
    load_file(Path(name))


def _check_found(name: str, budget: Budget, book: Shelf) -> tuple[Any, ...]:
    result = _check(find_claims(name, book=book)[0], budget)
    return result.parts, result.controls, result.seconds


def _check(claim: Claim, budget: Budget) -> ClaimResult:
    with users_code(claim):
        return check_claim(claim, budget)
