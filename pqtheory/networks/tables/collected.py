"""What the runs of a plan found, as result files keep it: a mapping for each run."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from pqtheory.networks.metrics import measure_in
from pqtheory.networks.models import REGISTRY, binary_weights
from pqtheory.networks.sweeps import Plan


@cache
def layers_of(model: str) -> tuple[str, ...]:
    """What is kept of a network layer by layer, as in the paper: first and last convolution, linear layer; and all."""
    net = REGISTRY[model](3, 10)
    names = [f"{name}.weight" for name, m in net.named_modules() if binary_weights(m, "weight")]
    return names[0], names[-2], names[-1], "all"


def collected(plan: Plan, layers: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """What each run that has begun found: its last epoch, its curves, its times; None: of ``layers_of`` its network."""
    found = []
    for planned in plan.runs:
        folder = plan.folder_of(planned)
        metrics = folder.metrics()
        if not metrics:
            continue
        # those it was started with: of a finished run the plan may have changed since
        settings = folder.settings
        kept = layers_of(settings.model) if layers is None else layers
        measure = measure_in(metrics).name
        signs = [m["signs"] for m in metrics if "signs" in m]
        found.append(
            {
                "name": planned.name,
                "settings": {**settings.to_dict(), "warm_start": planned.after},
                "epochs": metrics[-1]["epoch"],
                "last": {k: v for k, v in metrics[-1].items() if k not in ("signs", "distance")},
                "fixed_point_share": {
                    str(m["epoch"]): m["fixed_point_share"]["all"]
                    for m in metrics
                    if "fixed_point_share" in m
                },
                "distance_at_freeze": _distance(metrics, kept),
                "curves": {
                    measure: [{"epoch": m["epoch"], **m[measure]} for m in metrics if measure in m],
                    "quantization_error": [
                        m["quantization_error"]["all"] for m in metrics if "quantization_error" in m
                    ],
                    **{
                        f"{metric}, {layer}": [round(s[layer][metric], 6) for s in signs]
                        for layer in kept
                        if signs and layer in signs[0]
                        for metric in ("change_from_start", "flips", "reversals")
                    },
                },
                "seconds": folder.seconds(),
                "provenance": folder.provenance,
            }
        )
    return found


def _distance(metrics: Iterable[Mapping[str, Any]], layers: Sequence[str]) -> dict[str, Any] | None:
    """Histograms of the distances to the levels just before the freeze; None where there was none yet."""
    for m in metrics:
        if "distance" in m:
            kept = {
                name: found for name, found in m["distance"]["layers"].items() if name in layers
            }
            return {"epoch": m["epoch"], "upper": m["distance"]["upper"], "layers": kept}
    return None
