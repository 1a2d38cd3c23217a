"""Which of the paper's empirical claims hold here: four claims, asked of every experiment whose runs can answer.

    python -m experiments.empirical

Reads the result files of the other experiments, trains nothing, and writes ``results/empirical.md``. ProxQuant and
BinaryConnect are compared over common seeds; a difference counts as there where its 95 % interval (Student, paired)
does not hold 0. One pair is one pair, and said so.

References
----------
ProxQuant, arXiv 1810.00861, Tables 1 and 2, Figure 3 and its text.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import click

from experiments import RESULTS
from experiments.options import Script
from pqtheory._files import write_whole
from pqtheory.cli.errors import user_errors
from pqtheory.networks.metrics import error_of
from pqtheory.networks.tables import treebank
from pqtheory.networks.tables.markdown import markdown
from pqtheory.networks.tables.paired import difference
from pqtheory.networks.tables.published import CIFAR10, PROXQUANT, SIGN_CHANGE

#: fewer flips than this share of the weights in an epoch are rest
CALM = 1e-3
HELD, OTHER, OPEN = "held", "the other way", "not decided"
ONE = " in one pair"


@final
@dataclass(frozen=True)
class Figures:
    """What a run shows of the claims: shares of the weights, the error or the perplexity of the quantized network."""

    last_flips: float
    changed: float
    measured: float


@final
@dataclass(frozen=True)
class Setting:
    """An experiment: runs of both methods, by seed; whether a perplexity is measured, which is compared by ratio."""

    name: str
    connect: Mapping[int, Figures]
    prox: Mapping[int, Figures]
    perplexity: bool = False

    @property
    def seeds(self) -> list[int]:
        """Those that both have."""
        return sorted(set(self.connect) & set(self.prox))


def _read(name: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads((RESULTS / f"{name}.json").read_text())["runs"]
    return runs


def _of_curves(run: Mapping[str, Any], measured: float) -> Figures:
    """Of a run with curves; its last epoch is the one before the freeze."""
    curves, settings = run["curves"], run["settings"]
    last = (settings["freeze_epoch"] or settings["epochs"]) - 1
    return Figures(curves["flips, all"][last], curves["change_from_start, all"][last], measured)


def _resnet(file: str, name: str, prox: str) -> Setting:
    found: dict[str, dict[int, Figures]] = {"binaryconnect-corrected": {}, prox: {}}
    for run in _read(file):
        method, _, seed = run["name"].removeprefix("resnet20-binary-").rpartition("-")
        if method in found:
            error = error_of(run["last"]["error"]["test"])
            found[method][int(seed)] = _of_curves(run, error)
    return Setting(name, found["binaryconnect-corrected"], found[prox])


def _counted(data: str, name: str) -> Setting:
    found: dict[str, dict[int, Figures]] = {"binaryconnect": {}, "proxquant": {}}
    for run in _read("error_and_flips"):
        where, method, seed = run["name"].split()
        if where == data and method in found:
            last = run["flips_by_epoch"][run["settings"]["freeze_epoch"] - 1]
            found[method][int(seed)] = Figures(
                last, run["change_from_start"], run["measured"]["test"]
            )
    return Setting(name, found["binaryconnect"], found["proxquant"])


def _treebank(connect: str, prox: str, name: str) -> Setting:
    runs = treebank.finished(_read("ptb"))

    def of(method: str) -> dict[int, Figures]:
        return {
            seed: _of_curves(run, error_of(treebank.picked(run)["test"]))
            for seed, run in runs.get(method, {}).items()
        }

    return Setting(name, of(connect), of(prox), perplexity=True)


def _transformer(levels: str) -> Setting:
    found = {
        run["name"]: {0: _of_curves(run, error_of(run["last"]["perplexity"]["test"]))}
        for run in _read("transformer")
    }
    shown = {"binary": "scaled binary", "ternary": "ternary", "2-bit": "2 bits"}[levels]
    name = f"Transformer, {shown}, 16 epochs"
    return Setting(name, found[f"BC {levels}"], found[f"PQ {levels}"], perplexity=True)


def settings() -> list[Setting]:
    """Every experiment with both methods."""
    return [
        _resnet(
            "cifar10",
            "ResNet-20, +-1, CIFAR-10, 20 epochs, rate 0.005",
            "proxquant-corrected-rate0.005",
        ),
        _resnet("cifar10-60", "the same, 60 epochs", "proxquant-corrected-rate0.00056"),
        _counted("digits", "small network, +-1, digits, 15 epochs"),
        _counted("cifar10", "small network, +-1, 3,200 images of CIFAR-10, 3 epochs"),
        _treebank("BC +-1", "PQ +-1", "LSTM, +-1, Penn Treebank, 10 epochs"),
        _treebank("BC scaled", "PQ scaled", "the same, scaled levels"),
        _treebank("BC scaled", "PQ scaled, slower", "the same, scaled levels, a rate chosen"),
        _treebank("ALT 2-bit", "ALT-PQ 2-bit", "the same, 2 bits"),
        _treebank("ALT 2-bit", "ALT-PQ 2-bit, slower", "the same, 2 bits, a rate chosen"),
        *(_transformer(levels) for levels in ("binary", "ternary", "2-bit")),
    ]


def _restless(of: Setting) -> tuple[str, str]:
    shares = [of.connect[seed].last_flips for seed in of.seeds]
    return _range(shares), HELD if min(shares) > CALM else OTHER if max(shares) <= CALM else OPEN


def _at_rest(of: Setting) -> tuple[str, str]:
    shares = [of.prox[seed].last_flips for seed in of.seeds]
    return _range(shares), HELD if max(shares) <= CALM else OTHER if min(shares) > CALM else OPEN


def _fewer(of: Setting) -> tuple[str, str]:
    return _less([100 * (of.prox[s].changed - of.connect[s].changed) for s in of.seeds], "points")


def _lower(of: Setting) -> tuple[str, str]:
    pairs = [(of.prox[s].measured, of.connect[s].measured) for s in of.seeds]
    if of.perplexity:
        return _less([100 * math.log(prox / connect) for prox, connect in pairs], "log %")
    return _less([100 * (prox - connect) for prox, connect in pairs], "points")


def _range(shares: Sequence[float]) -> str:
    low, high = 100 * min(shares), 100 * max(shares)
    return f"{low:.2f} %" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f} %"


def _less(differences: Sequence[float], unit: str) -> tuple[str, str]:
    mean, interval, _ = difference(differences)
    if len(differences) == 1:
        return f"{mean:+.1f} {unit}", (HELD if mean < 0 else OTHER) + ONE
    # of equal differences there is none
    low, high = interval or (mean, mean)
    verdict = HELD if high < 0 else OTHER if low > 0 else OPEN
    return f"{mean:+.1f} {unit} ({low:+.1f} to {high:+.1f})", verdict


#: the paper's claim, and what is shown of it with the verdict
CLAIMS: Mapping[str, Callable[[Setting], tuple[str, str]]] = {
    "BinaryConnect's signs do not come to rest": _restless,
    "ProxQuant's come to rest": _at_rest,
    "ProxQuant changes fewer signs from start to end": _fewer,
    "ProxQuant's network is the better one": _lower,
}


def recalled() -> str:
    """The paper's own figures for the third and fourth claim."""
    signs = {
        m: [row.change for row in SIGN_CHANGE if row.method == m]
        for m in ("binaryconnect", "proxquant")
    }
    changes = {m: 100 * sum(values) / len(values) for m, values in signs.items()}
    errors = {
        row.method: row.error
        for row in CIFAR10
        if (row.source, row.model, row.levels) == (PROXQUANT, "resnet20", "binary")
    }
    return (
        f"The paper's ResNet-20 (recalled, unverified): BinaryConnect changes {changes['binaryconnect']:.0f} % of the "
        f"signs, ProxQuant {changes['proxquant']:.0f} %, in 600 epochs; errors {errors['binaryconnect']:.2f} and "
        f"{errors['proxquant']:.2f} % after 300."
    )


def report(of: Sequence[Setting]) -> str:
    """Markdown: a row for each experiment, a column for each claim, and the count of verdicts."""
    asked = [one for one in of if one.seeds]
    answers = {claim: [ask(one) for one in asked] for claim, ask in CLAIMS.items()}
    rows = [
        (
            one.name,
            str(len(one.seeds)),
            *(f"{shown}: **{verdict}**" for shown, verdict in (a[i] for a in answers.values())),
        )
        for i, one in enumerate(asked)
    ]
    counts = [
        f"* {claim}: " + ", ".join(f"{found} {word}" for word, found in _counts(answer) if found)
        for claim, answer in answers.items()
    ]
    return "\n".join(
        [
            "Shares of the weights whose latent sign flips in the last epoch before the freeze, or in the last one; "
            f"rest is {100 * CALM:g} % or less. Differences are ProxQuant less BinaryConnect over the seeds of both, "
            "with the 95 % interval of Student's paired test; of perplexities 100 times the difference of their "
            "logarithms. Not corrected for the number of rows.\n",
            markdown(("experiment", "seeds", *CLAIMS), rows),
            *counts,
            "",
            recalled(),
            "",
        ]
    )


def _counts(answers: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
    words = (HELD, HELD + ONE, OTHER, OTHER + ONE, OPEN)
    return [(word, sum(verdict == word for _, verdict in answers)) for word in words]


@click.command(cls=Script)
def main() -> None:
    """Ask the result files, and write what they answer."""
    with user_errors():
        text = report(settings())
        write_whole(RESULTS / "empirical.md", text.encode())
    click.echo(text, nl=False)


if __name__ == "__main__":
    main()
