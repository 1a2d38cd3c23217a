"""What ``signs`` prints and writes, whole."""

import json
from pathlib import Path

from .running import one_line, run


def test_signs_in_full(checkpoints):
    done = run(
        "signs", *checkpoints, "--json", "s.json", "--out", "s.png", "--layer", "w", "--caption"
    )
    assert done.exit_code == 0
    assert done.stderr == "pqtheory: warning: NaN weights count as negative: v (1)\n"
    lines = "\n".join(line.rstrip() for line in done.stdout.split("\n"))
    caption = (
        "Signs changed since the start, flips, reversals (means over runs, and bands)."
        " Signs changed since the start at the end: 25 % (weights): w, weights: 25 % of the weights."
        " Flips at the end: 50 % (weights): w, weights: 50 % of the weights."
        " Reversals at the end: 25 % (weights): w, weights: 25 % of the weights."
    )
    assert (
        lines
        == f"""\
signs, 3 checkpoints
┏━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
┃ tensor ┃ weights ┃ changed since start ┃ flips, last ┃ reversals, last ┃
┡━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
│ w      │       4 │             25.00 % │     50.00 % │         25.00 % │
│ v      │       2 │              0.00 % │      0.00 % │          0.00 % │
│ all    │       6 │             16.67 % │     33.33 % │         16.67 % │
└────────┴─────────┴─────────────────────┴─────────────┴─────────────────┘
wrote s.png
{caption}
"""
    )
    assert json.loads(Path("s.json").read_text()) == {
        "checkpoints": ["a.npz", "b.npz", "c.npz"],
        "metrics": {
            "w": [
                {
                    "size": 4,
                    "change_from_start": 0.25,
                    "flips": 0.25,
                    "reversals": 0.0,
                    "flips_per_weight": 0.25,
                    "reversals_per_weight": 0.0,
                },
                {
                    "size": 4,
                    "change_from_start": 0.25,
                    "flips": 0.5,
                    "reversals": 0.25,
                    "flips_per_weight": 0.75,
                    "reversals_per_weight": 0.25,
                },
            ],
            "v": [
                {
                    "size": 2,
                    "change_from_start": 0.0,
                    "flips": 0.0,
                    "reversals": 0.0,
                    "flips_per_weight": 0.0,
                    "reversals_per_weight": 0.0,
                },
                {
                    "size": 2,
                    "change_from_start": 0.0,
                    "flips": 0.0,
                    "reversals": 0.0,
                    "flips_per_weight": 0.0,
                    "reversals_per_weight": 0.0,
                },
            ],
            "all": [
                {
                    "size": 6,
                    "change_from_start": 0.16666666666666666,
                    "flips": 0.16666666666666666,
                    "reversals": 0.0,
                    "flips_per_weight": 0.16666666666666666,
                    "reversals_per_weight": 0.0,
                },
                {
                    "size": 6,
                    "change_from_start": 0.16666666666666666,
                    "flips": 0.3333333333333333,
                    "reversals": 0.16666666666666666,
                    "flips_per_weight": 0.5,
                    "reversals_per_weight": 0.16666666666666666,
                },
            ],
        },
        "nans": {"v": 1},
        "without_signs": {},
    }
    assert Path("s.png").read_bytes().startswith(b"\x89PNG")
    assert one_line(run("signs", *checkpoints, "--out", "t.png", "--layer", "x")) == (
        "pqtheory: --layer: no tensor 'x'; expected one of w, v, all\n"
    )
