"""The Transformer's plan, and what its report says of runs: which claims hold, and the paragraph."""

import pytest

from experiments import transformer
from pqtheory.networks.tables import stability


def run(name, perplexity, flips, back, signs):
    layer = {"flips_per_step": flips, "reversals_per_step": back, "change_from_start": 0.0}
    layers = {"blocks.0.up.weight": 3, "blocks.1.up.weight": 1, "decoder.weight": 4, "all": 8}
    settings = next(p.settings for p in transformer.plan() if p.name == name)
    return {
        "name": name,
        "settings": settings.to_dict(),
        "last": {"perplexity": {"test": {"quantized": perplexity, "latent": 1.0}}},
        "last_epoch": {} if name == "FP" else {n: {**layer, "size": s} for n, s in layers.items()},
        "sign_change": signs,
    }


def everything(**changed):
    found = {"FP": run("FP", 50.0, 0, 0, 0.5)}
    by_method = {
        "BC": (100.0, 4e-3, 2e-3, 0.4),
        "PQ": (90.0, 1e-3, 1e-4, 0.3),
        "PARQ": (95.0, 5e-3, 1e-3, 0.4),
    } | changed
    for name, numbers in by_method.items():
        for kind in transformer.LEVELS:
            found[f"{name} {kind}"] = run(f"{name} {kind}", *numbers)
    return found


def test_the_plan_has_all_methods_at_all_levels_with_the_same_steps():
    for text in transformer.TEXTS:
        runs = transformer.plan(text)
        assert len(runs) == 10
        assert len({(p.settings.lr, p.settings.drops, p.settings.batch_size) for p in runs}) == 1
        assert {p.settings.levels for p in runs[1:]} == {
            "scaled-binary",
            "absmean-ternary",
            "2-bit",
        }


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        ({}, set()),
        ({"BC": (100.0, 5e-4, 2e-4, 0.4)}, {0, 1, 5}),
        ({"PQ": (101.0, 1e-3, 1e-4, 0.3)}, {4}),
        ({"PQ": (90.0, 1e-3, 9e-4, 0.5)}, {2, 3}),
    ],
)
def test_what_holds_follows_from_the_numbers(changed, fails):
    found = everything(**changed)
    held = [holds(found) for holds in transformer.PREDICTIONS.values()]
    assert {i for i, value in enumerate(held) if value is not True} == fails
    text = transformer.report(found, "sentences")
    assert text.count("**did not hold**") == len(fails)
    assert f"Of the 6 claims {6 - len(fails)} hold" in text
    assert "0.027 of the first" in text


def test_layers_of_a_kind_count_by_their_weights():
    found = everything()["BC binary"]
    found["last_epoch"]["blocks.0.up.weight"]["flips_per_step"] = 8e-3
    assert stability.kinds([found]) == ("up", "decoder", "all")
    assert stability.moves(found, "up") == pytest.approx(((3 * 8e-3 + 4e-3) / 4, 2e-3))
    assert stability.moves(everything()["FP"]) is None
    (row,) = stability.rows([found], ("up", "all"))
    assert row == ("BC binary", "100.00", "7.00 (2.00)", "4.00 (2.00)")


def test_a_partial_report_says_so():
    found = {"FP": everything()["FP"]}
    text = transformer.report(found, "sentences")
    assert text.count("**not decided by these runs**") == 6
    assert transformer.draw(found).startswith(b"\x89PNG")
