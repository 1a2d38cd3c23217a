"""Reports: verify says what the checks found, also as JSON, and wrong uses are told."""

import json
import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import pqtheory as pq
from pqtheory.claims import Claim, Control, Part, Report
from pqtheory.claims.lookup import find_claims
from pqtheory.claims.results import plain
from pqtheory.evidence import Budget, Evidence, Step, judge
from pqtheory.report import looked_at
from pqtheory.theory import BOOK

STEPS = (Step("shown"),)


def claim(
    name: str = "mine",
    part: float = 0.5,
    control: float = -1.0,
    measured: Any = 0.5,
    headline: str = "c",
) -> Claim:
    def check(margin: float) -> Any:
        def run(budget: Budget) -> Evidence:
            figures: Any = {"measured": {"c": measured}} if margin == part else {}
            return judge(
                "enumerated", np.array([margin]), {"n": np.array([budget.pick(3, 4)])}, **figures
            )

        return run

    parts = (
        Part("p", "q", check(part)),
        Part("proof", "r", lambda budget: Evidence("proved", proof=STEPS)),
    )
    return Claim(
        name, "source", "said", "a = b", parts, (Control("k", "l", check(control)),), headline
    )


def test_a_claim_needs_a_part_and_a_control() -> None:
    whole = claim()
    for parts, controls in (((), whole.controls), (whole.parts, ())):
        with pytest.raises(ValueError, match="claim x: expected at least one part and one control"):
            Claim("x", "s", "t", "f", parts, controls, "c")


def test_a_report_of_what_was_found() -> None:
    seen: list[str] = []
    report = pq.verify(
        claim("one"), claim("two"), budget="full", on_result=lambda r: seen.append(r.claim.name)
    )
    assert isinstance(report, Report)
    assert seen == list(report) == ["one", "two"]
    assert len(report) == 2
    assert report.ok
    assert report.budget == "full"
    one = report["one"]
    assert one.kind == "enumerated"
    assert [p.kind for p in one.parts] == ["enumerated", "proved"]
    assert one.measured == {"c": 0.5}
    assert one.predicted == {}
    assert one.counterexample is None
    assert one.seconds > 0
    assert one.controls[0].refuted
    assert one.controls[0].evidence.counterexample == {"n": 4, "margin": -1.0}
    with pytest.raises(KeyError, match="three"):
        report["three"]


def test_a_control_that_survives_is_a_failure() -> None:
    report = pq.verify(claim("fine"), claim("loose", control=0.0))
    assert report["fine"].ok
    assert not report["loose"].ok
    assert report["loose"].kind == "enumerated"
    assert not report.ok


def test_a_part_that_is_refuted_is_a_failure() -> None:
    report = pq.verify(claim(part=-0.5))
    assert report["mine"].kind == "refuted"
    assert report["mine"].counterexample == {"n": 3, "margin": -0.5}
    assert not report.ok


def test_json_holds_it_all() -> None:
    odd = {1: {2}, "sum": 1 + 2j, "exact": Fraction(1, 3), "far": math.inf, "list": (None, True)}
    report = pq.verify(claim("fine"), claim("wrong", part=-0.5, measured=odd))
    data = json.loads(report.to_json())
    assert (data["ok"], data["budget"]) == (False, "quick")
    fine, wrong = data["claims"]
    assert fine["parts"][0] == {"name": "p", "kind": "enumerated", "cases": 1, "margin": 0.5}
    assert fine["controls"] == [
        {
            "name": "k",
            "refuted": True,
            "cases": 1,
            "margin": -1.0,
            "counterexample": {"n": 3, "margin": -1.0},
        }
    ]
    assert wrong["kind"] == "refuted"
    assert wrong["counterexample"] == {"n": 3, "margin": -0.5}
    assert wrong["measured"]["c"] == {
        "1": "{2}",
        "sum": "(1+2j)",
        "exact": "1/3",
        "far": "inf",
        "list": [None, True],
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.array(2.0), 2.0),
        (np.array([[1, 2]]), [[1, 2]]),
        (np.array([Fraction(1, 2)]), ["1/2"]),
        (np.bool_(True), True),
        (np.array([math.nan]), ["nan"]),
        (np.longdouble(2), "2.0"),
        (np.array([1j]), ["1j"]),
    ],
)
def test_numpy_in_json(value: Any, expected: Any) -> None:
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)
    json.dumps(plain(value))


def test_a_headline_that_no_part_measures() -> None:
    message = r"claim 'mine': no part measures its headline 'd', only \['c'\]"
    with pytest.raises(ValueError, match=message):
        pq.verify(claim(headline="d"))
    # a counterexample comes first
    assert pq.verify(claim(part=-0.5, headline="d"))["mine"].kind == "refuted"


FILE = """
from pqtheory.claims import Claim, Control, Evidence, Part, Step
CLAIM = Claim("{name}", "s", "t", "f", (Part("p", "q", lambda b: Evidence(
    "proved", measured={{"c": 1}}, proof=(Step("shown"),))),),
              (Control("k", "l", lambda b: Evidence("refuted", counterexample={{"x": 1}})),), "c")
"""


def test_a_users_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own.py"
    path.write_text(FILE.format(name="own"))
    report = pq.verify(str(path))
    assert report["own"].kind == "proved"
    assert report.ok
    monkeypatch.chdir(tmp_path)
    assert list(pq.verify(str(path), "own.py", "./own.py")) == ["own"]
    (tmp_path / "other.py").write_text(FILE.format(name="own"))
    with pytest.raises(ValueError, match="expected different names, got two claims 'own'"):
        pq.verify("own.py", "other.py")
    (tmp_path / "none.py").write_text("CLAIM = 3")
    with pytest.raises(ValueError, match=r"'none.py' defines no CLAIM of type"):
        pq.verify("none.py")
    with pytest.raises(ValueError, match=r"no file 'not_there.py'"):
        pq.verify("not_there.py")


def test_each_claim_runs_once() -> None:
    runs: list[str] = []
    mine, whole = claim(), find_claims("w-prox", book=BOOK)[0]

    pq.verify(mine, mine, on_result=lambda r: runs.append(r.claim.name))
    assert runs == ["mine"]
    assert find_claims("w-prox", whole, "w-prox", book=BOOK) == [whole]
    with pytest.raises(ValueError, match="expected different names, got two claims 'mine'"):
        pq.verify(claim(), claim())
    with pytest.raises(ValueError, match="expected different names, got two claims 'w-prox'"):
        pq.verify("w-prox", claim("w-prox"))


@pytest.mark.parametrize("wrong", [3, None, ["w-prox"], ("w-prox",), b"w-prox", Claim])
def test_what_is_no_claim(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"claim: expected names, \.py files or claims, one by one"):
        pq.verify(wrong)


def test_unknown_names_and_budgets() -> None:
    with pytest.raises(ValueError, match="no claim 'w-porx'; did you mean 'w-prox'"):
        pq.verify("w-porx")
    with pytest.raises(ValueError, match="budget: expected one of"):
        pq.verify(claim(), budget="huge")


def test_a_margin_stands_beside_its_tolerance() -> None:
    found = judge("sampled", [-0.25], {"n": [0]}, tolerance=0.5)
    assert looked_at(found) == ["1 case", "least margin -0.25", "tolerance 0.5"]
    assert looked_at(judge("sampled", [0.25], {"n": [0]})) == ["1 case", "least margin 0.25"]
    whole = claim()
    parts = (*whole.parts, Part("loose", "q", lambda budget: found))
    loose = json.loads(pq.verify(replace(whole, parts=parts)).to_json())["claims"][0]["parts"]
    assert [part.get("tolerance") for part in loose] == [None, None, 0.5]
