"""Result files as the experiments write them, small."""

import json

from pqtheory.networks.training import preset


def made(method, seed, errors, held_out=None, epochs=6, warm="resnet20-warm", **changes):
    """A run as the experiments write it: error of the quantized network after epochs 0, 1, ..."""
    chosen = preset(
        changes.pop("preset", "corrected"),
        method,
        epochs=epochs,
        data=changes.pop("data", "cifar10"),
        model="resnet20",
        held_out=5000,
        seed=seed,
        **changes,
    )
    kind = "latent" if method == "full-precision" else "quantized"
    curve = [
        {"epoch": e, "test": {"latent": 0.9, kind: error}, "held_out": {"latent": 0.9, kind: other}}
        for e, (error, other) in enumerate(zip(errors, held_out or errors, strict=True))
    ]
    n = len(errors) - 1
    signs = {
        "change_from_start, all": [0.1] * (n - 1) + [min(0.2 + seed / 10, 1.0)],
        "flips, all": [0.1] * n,
        "reversals, all": [0.0] * n,
    }
    last = {"test": curve[-1]["test"], "held_out": curve[-1]["held_out"]}
    return {
        "name": f"{method}-{seed}",
        "settings": {**chosen.to_dict(), "warm_start": warm},
        "epochs": n,
        "last": {"epoch": n, "loss": 0.5, "error": last},
        "fixed_point_share": {},
        "distance_at_freeze": None,
        "curves": {
            "error": curve,
            "quantization_error": [] if kind == "latent" else [0.5] * (n + 1),
            **(signs if n else {}),
        },
        "seconds": 1.0,
        "provenance": {"command": "pqtheory train", "data_sha256": None},
    }


def write(folder, runs, name="cifar10"):
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"runs": runs}))
    return file


def rows_of(found):
    return [dict(zip(found.heads, row, strict=True)) for row in found.rows]
