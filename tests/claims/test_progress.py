"""``pq.verify`` shows a bar where it is asked for."""

import pqtheory as pq
from pqtheory.claims import Budget, Claim, Control, Evidence, Part, Step


def holds(budget: Budget) -> Evidence:
    return Evidence("proved", proof=(Step("shown"),), measured={"n": 1}, predicted={"n": 1})


def fails(budget: Budget) -> Evidence:
    return Evidence("refuted", 1, counterexample={"n": 2})


def test_a_bar_where_it_is_wanted_and_none_else(capsys):
    parts, controls = (Part("p", "q", holds),), (Control("k", "l", fails),)
    claim = Claim("mine", "source", "said", "a = b", parts, controls, "n")
    pq.verify(claim, progress=True)
    assert "verifying" in capsys.readouterr().err
    pq.verify(claim, progress=False)
    pq.verify(claim)
    assert capsys.readouterr().err == ""
