"""The paper's empirical claims: verdicts by a rule, and the committed page is of the committed results."""

import pytest

from experiments import RESULTS, empirical
from experiments.empirical import CLAIMS, Figures, Setting


def setting(connect, prox, **other):
    return Setting("one", dict(enumerate(connect)), dict(enumerate(prox)), **other)


def verdicts(one):
    return [ask(one)[1] for ask in CLAIMS.values()]


def test_each_claim_has_its_verdict():
    restless = [Figures(0.02, 0.38, 0.10), Figures(0.03, 0.37, 0.11), Figures(0.02, 0.39, 0.10)]
    calm = [Figures(0.0, 0.27, 0.09), Figures(0.001, 0.28, 0.10), Figures(0.0, 0.29, 0.09)]
    assert verdicts(setting(restless, calm)) == ["held"] * 4
    assert verdicts(setting(calm, restless)) == ["the other way"] * 4


def test_what_seeds_do_by_chance_decides_nothing():
    a = [Figures(0.0005, 0.3, 0.10), Figures(0.002, 0.4, 0.11)]
    b = [Figures(0.0005, 0.31, 0.11), Figures(0.002, 0.39, 0.10)]
    assert verdicts(setting(a, b)) == ["not decided"] * 4


def test_a_mean_below_0_is_no_verdict_where_the_interval_holds_0():
    a = [Figures(0.01, 0.4, e) for e in (0.10, 0.11, 0.12)]
    b = [Figures(0.0, 0.3, e) for e in (0.05, 0.12, 0.11)]
    assert verdicts(setting(a, b))[3] == "not decided"
    assert verdicts(setting(b, a))[3] == "not decided"


def test_one_pair_is_said_to_be_one_and_seeds_of_one_method_do_not_count():
    of = setting([Figures(0.01, 0.4, 0.2), Figures(0.0, 0.0, 0.0)], [Figures(0.0, 0.3, 0.1)])
    assert of.seeds == [0]
    assert verdicts(of)[:2] == ["held", "held"]
    assert verdicts(of)[2:] == ["held in one pair"] * 2
    assert "1 held in one pair" in empirical.report([of])


def test_perplexities_are_compared_by_ratio():
    pair = ([Figures(0.01, 0.4, 200.0)], [Figures(0.0, 0.3, 100.0)])
    shown, _ = CLAIMS["ProxQuant's network is the better one"](setting(*pair, perplexity=True))
    assert shown == "-69.3 log %"


@pytest.mark.parametrize("name", [one.name for one in empirical.settings()])
def test_every_experiment_has_both_methods(name):
    (one,) = [one for one in empirical.settings() if one.name == name]
    assert one.seeds


def test_the_committed_page_is_of_the_committed_results():
    assert (RESULTS / "empirical.md").read_text() == empirical.report(empirical.settings())
