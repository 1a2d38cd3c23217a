"""The digits: mean and standard deviation over the seeds, for the terminal and for the page."""

from html import escape

from pqtheory._messages import counted
from pqtheory.digits import DigitsResult, DigitsSettings
from pqtheory.report.html import table, table_row

_FIGURES = {
    "latent_error": "test error, latent",
    "quantized_error": "test error, quantized",
    "late_quantized_error": "quantized, last tenth",
    "quantization_error": "distance to the levels",
    "change_from_start": "signs changed since start",
    "flips": "flips per step",
    "reversals": "reversals per step",
}


def digits_table(digits: DigitsResult) -> tuple[tuple[str, ...], list[list[str]]]:
    """Head and rows: mean and standard deviation over the seeds, in percent (the distance as it is)."""
    rows = []
    for method, figures in digits.summary().items():
        row = [method]
        for figure in _FIGURES:
            mean, std = figures[figure]
            percent = figure != "quantization_error"
            row.append(f"{100 * mean:.2f} ± {100 * std:.2f} %" if percent else f"{mean:.3f}")
        rows.append(row)
    return ("method", *_FIGURES.values()), rows


def digits_setting(digits: DigitsResult) -> str:
    """One sentence on how the digits were run."""
    s, default = digits.settings, DigitsSettings()
    chosen = ""
    if (s.step_size, s.rate) == (default.step_size, default.rate):
        chosen = (
            "; both were chosen on a held-out part of the training set. "
            "BinaryConnect alone does better at a smaller step size, with fewer flips: "
            "experiments/results/digits.json has each method at its own best one"
        )
    return (
        f"{counted(s.seeds, 'seed')}, {counted(s.epochs, 'epoch')} after one full-precision warm start of "
        f"{counted(s.warm_epochs, 'epoch')}; tanh network with {counted(s.hidden, 'hidden unit')}. "
        f"All methods take the same constant step size "
        f"{s.step_size:g}, ProxQuant the strength lambda_t = {s.rate:g} t{chosen}. "
        "Mean ± standard deviation over the seeds at the last epoch; "
        "flips, reversals and the column so named: over the last tenth of the epochs."
    )


def digits_section(digits: DigitsResult) -> str:
    """What the page says of them."""
    head, rows = digits_table(digits)
    body = [table_row(list(zip(head, map(escape, row), strict=True))) for row in rows]
    return f"<h2>Handwritten digits</h2><p>{escape(digits_setting(digits))}</p>{table(head, body, 'numbers')}"
