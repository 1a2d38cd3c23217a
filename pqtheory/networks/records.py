"""The schemas of the files that runs leave, and of what experiments found."""

from typing import Any

from pqtheory._messages import counted
from pqtheory.networks.metrics import ERROR, MEASURES, Measure, measure_of
from pqtheory.networks.schemas import (
    Schema,
    WrongValueError,
    anything,
    by_name,
    count,
    each,
    flag,
    inside,
    number,
    or_none,
    record,
    text,
)
from pqtheory.signs.metric_names import CODE_METRICS, CodeMetric

_share, _size = number(0, 1), number(0)
#: what is measured, by the name of the measure
_MEASURED = {
    m.name: by_name(by_name(number(m.low, m.high), "latent"), "test") for m in MEASURES.values()
}
_distance = {
    "upper": _size,
    "layers": by_name(record({"counts": each(count), "pinned": _share}), "all"),
}
#: of a layer whose levels are trained
_TRAINED_LEVELS = record({"below": number(), "above": number()})
_SIGNS = {
    "size": count,
    "change_from_start": _share,
    "flips": _share,
    "reversals": _share,
    "flips_per_weight": _size,
    "reversals_per_weight": _size,
}


def _code_metric(metric: CodeMetric) -> Schema:
    """A share; a number, of those below 0 Bop's alone; or one for each level."""
    one = _share if metric.share else number(*(() if metric.name == "pi" else (0,)))
    # layers of different levels have no occupation in all; ratios are there once a window is over
    return or_none(each(one) if metric.per_level else one)


#: metrics of codes, by our names
_CODES = {name: _code_metric(metric) for name, metric in CODE_METRICS.items()}
_PROVENANCE = record(
    {"command": text, "data_sha256": or_none(text)},
    {
        "versions": by_name(text),
        "seed": or_none(count),
        "hardware": by_name(anything),
        "threads": count,
        "time": text,
        "task_sha256": or_none(text),
        # from the run's folder
        "warm_start": text,
    },
)


def _option(value: Any) -> None:
    if not isinstance(value, bool | int | float | str):
        raise WrongValueError("a number, a word, true or false", value)


def _per(value: Any) -> None:
    """A name, or a number of weights."""
    if not isinstance(value, str):
        count(value)


_SETTINGS = record(
    {
        **dict.fromkeys(("data", "model", "method", "levels", "optimizer", "select_on"), text),
        **dict.fromkeys(("epochs", "batch_size", "held_out", "measure_every", "seed"), count),
        **dict.fromkeys(("lr", "momentum", "weight_decay", "drop_factor"), _size),
        # a pull away from the levels has a rate below 0
        "rate": number(),
        **dict.fromkeys(("per_epoch", "renew", "augment", "amp", "compile"), flag),
        "drops": each(count),
        "freeze_epoch": or_none(count),
        "clip": or_none(_size),
        "warm_start": or_none(text),
    },
    {
        "task": text,
        "per": _per,
        "options": by_name(_option),
        "metrics": each(text),
        "track": text,
        "dampening": number(),
        "oscillation_threshold": or_none(_size),
        "refit_every": or_none(count),
        "stall_divisor": _size,
        "gradient_factor": _size,
        "clip_norm": or_none(_size),
    },
)
#: what a run is; ``Settings`` knows which names and numbers there are
SETTINGS = record({"version": anything, "settings": _SETTINGS, "provenance": _PROVENANCE})
#: an epoch of a run
METRICS = record(
    {"epoch": count, "loss": or_none(number())},
    {
        **_MEASURED,
        "watched": by_name(by_name(number())),
        "code_changes": by_name(record(dict.fromkeys(("mean", "least", "median", "most"), _share))),
        "signs": by_name(record(_SIGNS), "all"),
        "codes": by_name(record({}, _CODES), "all"),
        "quantization_error": by_name(_size, "all"),
        "fixed_point_share": by_name(_share, "all"),
        "distance": record(_distance),
        "levels": by_name(_TRAINED_LEVELS),
    },
)
#: how long an epoch took
TIMES = record({"epoch": count, "seconds": _size})


_SIGN_CURVES = ("change_from_start, all", "flips, all", "reversals, all")


def _measured(value: Any) -> None:
    by_name(anything, "epoch", "test")(value)
    inside("epoch", value["epoch"], count)


def _curves(value: Any) -> None:
    by_name(anything, "quantization_error")(value)
    by_name(anything, _measure(value).name)(value)
    for name, curve in value.items():
        signs = _size if name == "quantization_error" else _share
        inside(name, curve, each(_points(name) if name in MEASURES else signs))


def _measure(value: Any) -> Measure:
    """What a run was measured by; the error where it does not say."""
    return measure_of(value) or ERROR


def _points(name: str) -> Schema:
    """One point of the curve of a measure."""

    def check(value: Any) -> None:
        _measured(value)
        _MEASURED[name]({place: kinds for place, kinds in value.items() if place != "epoch"})

    return check


_RUN = record(
    {
        "name": text,
        "settings": _SETTINGS,
        "epochs": count,
        "last": record(
            {"epoch": count},
            {
                **_MEASURED,
                "watched": by_name(by_name(number())),
                "code_changes": anything,
                "codes": by_name(record({}, _CODES), "all"),
                "loss": or_none(number()),
                "quantization_error": by_name(_size, "all"),
                "fixed_point_share": by_name(_share, "all"),
                "levels": by_name(_TRAINED_LEVELS),
            },
        ),
        "fixed_point_share": by_name(_share),
        "distance_at_freeze": or_none(record({"epoch": count, **_distance})),
        "curves": _curves,
        "seconds": _size,
        "provenance": _PROVENANCE,
    }
)


def _run(value: Any) -> None:
    """One that is of one piece: curves as long as its epochs, in their order."""
    _RUN(value)
    epochs, curves, settings = value["epochs"], value["curves"], value["settings"]
    if epochs > settings["epochs"]:
        raise WrongValueError(
            f"at most the {settings['epochs']} of its settings", epochs, ("epochs",)
        )
    freeze = settings["freeze_epoch"]
    if freeze is not None and freeze >= settings["epochs"]:
        raise WrongValueError(
            f"an epoch from 0 to {settings['epochs'] - 1}", freeze, ("settings", "freeze_epoch")
        )
    if epochs == settings["epochs"]:
        inside("last", value["last"], by_name(anything, _measure(curves).name))
        if epochs:
            inside("curves", curves, by_name(anything, *_SIGN_CURVES))
        if settings["method"] != "full-precision" and not curves["quantization_error"]:
            raise WrongValueError(
                counted(epochs + 1, "value"), [], ("curves", "quantization_error")
            )
    measure = _measure(curves).name
    at = [measured["epoch"] for measured in curves[measure]]
    if at != sorted(set(at)) or not at or at[-1] > epochs:
        raise WrongValueError(f"epochs that grow, up to {epochs}", at, ("curves", measure))
    if value["last"]["epoch"] != epochs:
        raise WrongValueError(f"the epoch {epochs}", value["last"]["epoch"], ("last", "epoch"))
    for name, curve in curves.items():
        allowed = (0, epochs + 1) if name == "quantization_error" else (epochs,)
        if name != measure and len(curve) not in allowed:
            expected = f"{counted(allowed[-1], 'value')} for {counted(epochs, 'epoch')}"
            raise WrongValueError(expected, len(curve), ("curves", name))


#: what the runs of an experiment found
RESULTS = record({"runs": each(_run)}, {"provenance": _PROVENANCE})
