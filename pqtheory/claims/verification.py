"""Verification: run the parts and the controls of claims -> Report; one after the other, or side by side.

Side by side each claim is found again in a worker process by its name or file: claims hold functions, which do not
travel; names, files and evidence do.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pqtheory._checks import check_count
from pqtheory.claims.claim import Claim, Item, checked
from pqtheory.claims.lookup import Shelf, find_claims, user_code_error
from pqtheory.claims.rechecking import recheck as rechecked
from pqtheory.claims.results import ClaimResult, ItemResult, Report
from pqtheory.evidence.base import Budget, Step
from pqtheory.evidence.smt.recheck import require


def verify(
    *names: str | Claim,
    book: Shelf,
    budget: str = "quick",
    jobs: int = 1,
    recheck: bool = False,
    on_result: Callable[[ClaimResult], None] | None = None,
) -> Report:
    """Check claims.

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
        If ``jobs`` is < 1, a name is unknown (the nearest is suggested), a file defines no claim, two claims have the
        same name, or no part of a claim measures its headline.
    UserCodeError
        If a user's claim file raises.
    """
    if recheck:
        require()
    claims = find_claims(*names, book=book)
    results: dict[int, ClaimResult] = {}
    for place, result in check_claims(claims, Budget(budget), jobs, book=book):
        results[place] = result
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
    parts = tuple(_checked(part, budget) for part in claim.parts)
    controls = tuple(_checked(control, budget) for control in claim.controls)
    result = ClaimResult(claim, parts, controls, time.perf_counter() - start)
    missing = claim.headline and claim.headline not in result.measured
    if missing and result.kind != "refuted":
        raise ValueError(
            f"claim {claim.name!r}: no part measures its headline {claim.headline!r}, "
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


def check_claims(
    claims: Sequence[Claim], budget: Budget, jobs: int = 1, *, book: Shelf
) -> Iterator[tuple[int, ClaimResult]]:
    """Check ``claims``; give (place, result) as each is done.

    Parameters
    ----------
    claims : sequence of Claim
        Shipped ones and those of files may run side by side; a claim that is neither runs in this process.
    budget : Budget
        How much work.
    jobs : int
        Processes, >= 1; 1 runs one claim after the other, here.

    Raises
    ------
    ValueError
        If ``jobs`` is < 1, or no part of a claim measures its headline.
    UserCodeError
        If the checks of a user's claim file raise.
    """
    jobs = check_count(jobs, "jobs")
    travelling = {i for i, claim in enumerate(claims) if jobs > 1 and _travels(claim, book)}
    if travelling:
        # a fresh interpreter for each: a fork would copy the locks of solvers and of thread pools
        with ProcessPoolExecutor(
            min(jobs, len(travelling)), mp_context=get_context("spawn")
        ) as pool:
            pending = {
                pool.submit(_check_found, claims[i].file or claims[i].name, budget, book): i
                for i in travelling
            }
            try:
                for done in as_completed(pending):
                    place = pending[done]
                    yield place, ClaimResult(claims[place], *done.result())
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
    for i, claim in enumerate(claims):
        if i not in travelling:
            yield i, _check(claim, budget)


def _travels(claim: Claim, book: Shelf) -> bool:
    return bool(claim.file) or (claim.name in book.names and book.load(claim.name) == claim)


def _check_found(name: str, budget: Budget, book: Shelf) -> tuple[Any, ...]:
    result = _check(find_claims(name, book=book)[0], budget)
    return result.parts, result.controls, result.seconds


def _check(claim: Claim, budget: Budget) -> ClaimResult:
    if not claim.file:
        return check_claim(claim, budget)
    try:
        return check_claim(claim, budget)
    except Exception as error:
        # a user's check may raise anything while it runs
        raise user_code_error(f"claim {claim.name!r}", error, Path(claim.file)) from error
