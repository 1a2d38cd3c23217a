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
    return {
        "settings": {**chosen.to_dict(), "warm_start": warm},
        "epochs": len(errors) - 1,
        "last": {"error": {"test": curve[-1]["test"]}},
        "curves": {"error": curve, "change_from_start, all": [0.1, 0.2 + seed / 10]},
    }


def write(folder, runs, name="cifar10"):
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"runs": runs}))
    return file


def rows_of(found):
    return [dict(zip(found.heads, row, strict=True)) for row in found.rows]
