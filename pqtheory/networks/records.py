"""Files that runs leave: one reader, and one schema for each kind; an error names file, line and field.

A schema is a function that raises ``WrongValueError`` for a value it does not allow; those of the files stand at the
end.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, final

from pqtheory._messages import brief
from pqtheory.networks.metrics import ERROR, MEASURES, Measure, measure_of
from pqtheory.signs.metric_names import CODE_METRICS, CodeMetric

Schema = Callable[[Any], None]


@final
class WrongValueError(ValueError):
    """A value that a schema does not allow, and the way to it from the top."""

    def __init__(self, expected: str, value: Any, where: Sequence[str] = ()) -> None:
        at = f"field {'.'.join(where)[:120]!r}: " if where else ""
        super().__init__(f"{at}expected {expected}, got {brief(value)}")
        self.expected, self.value, self.where = expected, value, tuple(where)


def parse(text: str, schema: Schema, place: str) -> Any:
    """JSON of that schema; ``place`` is the file, and in it the line if each line is for itself.

    Raises
    ------
    ValueError
        Naming the place and the field.
    """
    try:
        content = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        schema(content)
    except json.JSONDecodeError as error:
        line = f" in line {error.lineno}" if "\n" in text.strip() else ""
        raise ValueError(f"{place}: not JSON: {error.msg}{line}") from error
    except RecursionError as error:
        raise ValueError(f"{place}: not JSON that is meant: nested too deep") from error
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error
    return content


def read_text(file: Path) -> str:
    """The text of a file; of one that is not UTF-8 a ValueError that names it."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: not UTF-8 text") from error


def lines(file: Path, schema: Schema) -> Iterator[Any]:
    """What the lines of a file say; a last one without an end was cut off while it was written, and does not count."""
    if file.is_file():
        for number, line in enumerate(read_text(file).split("\n")[:-1], 1):
            yield parse(line, schema, f"{file}: line {number}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise WrongValueError("each field once", next(n for n in names if names.count(n) > 1))
    return found


def _no_constant(name: str) -> Any:
    raise WrongValueError("numbers that are finite", name)


def anything(value: Any) -> None:
    """No demands."""


def text(value: Any) -> None:
    """A string."""
    if not isinstance(value, str):
        raise WrongValueError("a string", value)


def count(value: Any) -> None:
    """An integer from 0."""
    if type(value) is not int or value < 0:
        raise WrongValueError("an integer >= 0", value)


def flag(value: Any) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise WrongValueError("true or false", value)


def number(low: float = -math.inf, high: float = math.inf) -> Schema:
    """A finite number from ``low`` to ``high``."""
    bounds = (
        ""
        if low == -math.inf
        else f" >= {low:g}"
        if high == math.inf
        else f" from {low:g} to {high:g}"
    )

    def check(value: Any) -> None:
        if type(value) not in (int, float) or not low <= value <= high or not math.isfinite(value):
            raise WrongValueError(f"a finite number{bounds}", value)

    return check


def or_none(schema: Schema) -> Schema:
    """That, or null."""
    return lambda value: None if value is None else schema(value)


def each(schema: Schema) -> Schema:
    """A list of those."""

    def check(value: Any) -> None:
        if not isinstance(value, list):
            raise WrongValueError("a list", value)
        for place, item in enumerate(value):
            _inside(str(place), item, schema)

    return check


def by_name(schema: Schema, *needed: str) -> Schema:
    """A mapping of any names to those; some are ``needed``."""

    def check(value: Any) -> None:
        _mapping(value, needed)
        for name, item in value.items():
            _inside(name, item, schema)

    return check


def record(needed: Mapping[str, Schema], other: Mapping[str, Schema] | None = None) -> Schema:
    """A mapping of these names and no more; those of ``other`` may be missing."""
    known = {**needed, **(other or {})}

    def check(value: Any) -> None:
        _mapping(value, needed)
        for name, item in value.items():
            if name not in known:
                raise WrongValueError(f"fields out of {', '.join(known)}", name)
            _inside(name, item, known[name])

    return check


def _mapping(value: Any, needed: Iterable[str]) -> None:
    if not isinstance(value, dict):
        raise WrongValueError("a mapping", value)
    for name in needed:
        if name not in value:
            raise WrongValueError(f"a field {brief(name)}", list(value))


def _inside(name: str, value: Any, schema: Schema) -> None:
    try:
        schema(value)
    except WrongValueError as error:
        raise WrongValueError(error.expected, error.value, (name, *error.where)) from None


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
    },
)


def _option(value: Any) -> None:
    if not isinstance(value, bool | int | float | str):
        raise WrongValueError("a number, a word, true or false", value)


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
        "per": text,
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
    _inside("epoch", value["epoch"], count)


def _curves(value: Any) -> None:
    by_name(anything, "quantization_error")(value)
    by_name(anything, _measure(value).name)(value)
    for name, curve in value.items():
        signs = _size if name == "quantization_error" else _share
        _inside(name, curve, each(_points(name) if name in MEASURES else signs))


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
    if epochs == settings["epochs"]:
        _inside("last", value["last"], by_name(anything, _measure(curves).name))
        if epochs:
            _inside("curves", curves, by_name(anything, *_SIGN_CURVES))
        if settings["method"] != "full-precision" and not curves["quantization_error"]:
            raise WrongValueError(f"{epochs + 1} values", [], ("curves", "quantization_error"))
    measure = _measure(curves).name
    at = [measured["epoch"] for measured in curves[measure]]
    if at != sorted(set(at)) or not at or at[-1] > epochs:
        raise WrongValueError(f"epochs that grow, up to {epochs}", at, ("curves", measure))
    if value["last"]["epoch"] != epochs:
        raise WrongValueError(f"the epoch {epochs}", value["last"]["epoch"], ("last", "epoch"))
    for name, curve in curves.items():
        allowed = (0, epochs + 1) if name == "quantization_error" else (epochs,)
        if name != measure and len(curve) not in allowed:
            expected = f"{allowed[-1]} values for {epochs} epochs"
            raise WrongValueError(expected, len(curve), ("curves", name))


#: what the runs of an experiment found
RESULTS = record({"runs": each(_run)}, {"provenance": _PROVENANCE})
