"""Flips by kind of layer: weighted by the layers' sizes, "all" as it was recorded."""

import pytest

from pqtheory.networks.tables.stability import kinds, moves, rows


def layer(size, flips, back):
    return {"size": size, "flips_per_step": flips, "reversals_per_step": back}


TRACKED = {
    "name": "tracked",
    "last": {"perplexity": {"test": {"quantized": 4.125, "latent": 3.0}}},
    "last_epoch": {
        "blocks.0.out.weight": layer(100, 0.004, 0.002),
        "blocks.1.out.weight": layer(300, 0.008, 0.002),
        "decoder.weight": layer(400, 0.001, 0.0),
        # no layer of the kind that the total is called by
        "gate.all.weight": layer(200, 1.0, 1.0),
        "all": layer(1000, 0.25, 0.125),
    },
}
PLAIN = {
    "name": "plain",
    "last": {"perplexity": {"test": {"latent": 3.5}}},
    "last_epoch": {},
}


def test_moves_of_a_kind_are_those_of_its_layers_and_all_is_the_total():
    assert moves(TRACKED, "out") == pytest.approx((0.007, 0.002))
    assert moves(TRACKED, "decoder") == (0.001, 0.0)
    assert moves(TRACKED) == (0.25, 0.125)
    assert moves(PLAIN) is None


def test_rows_have_each_kind_once_and_the_total_last():
    columns = kinds([PLAIN, TRACKED])
    assert columns == ("out", "decoder", "all")
    assert rows([TRACKED, PLAIN], columns) == [
        ("tracked", "4.12", "7.00 (2.00)", "1.00 (0.00)", "250.00 (125.00)"),
        ("plain", "3.50", "-", "-", "-"),
    ]
