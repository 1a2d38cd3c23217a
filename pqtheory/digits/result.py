"""What a run on the digits is given and what it returns: settings, curves over the epochs, a summary."""

from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array
from pqtheory._checks import check_count, check_number, store
from pqtheory.methods import FULL_PRECISION, REGISTRY

#: labels of the methods that are compared, the keys of the curves
METHODS = tuple(m.label for m in (FULL_PRECISION, REGISTRY["binaryconnect"], REGISTRY["proxquant"]))
SIGN_METRICS = ("change_from_start", "flips", "reversals")


@final
@dataclass(frozen=True)
class DigitsSettings:
    """What the run depends on; step size and rate were chosen on a held-out part of the training set.

    Attributes
    ----------
    hidden, gain, batch_size
        Of the network.
    warm_epochs, warm_step_size
        Of the warm start; ``init_scale`` is the standard deviation of the weights before it.
    epochs, step_size
        Of the three methods.
    rate
        ProxQuant's regularization rate: lambda_t = rate * t, t in steps.
    seeds, seed
        How many seeds, and what they and the warm start are drawn from.
    """

    hidden: int = 64
    gain: float = 4.0
    batch_size: int = 32
    init_scale: float = 0.3
    warm_epochs: int = 20
    warm_step_size: float = 2.0
    epochs: int = 100
    step_size: float = 5.0
    rate: float = 3e-7
    seeds: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("hidden", "batch_size", "warm_epochs", "epochs", "seeds"):
            store(self, **{name: check_count(getattr(self, name), name)})
        for name in ("gain", "init_scale", "warm_step_size", "step_size"):
            number = check_number(getattr(self, name), name, 0, open_low=True, finite=True)
            store(self, **{name: number})
        rate = check_number(self.rate, "rate", 0, finite=True)
        store(self, rate=rate, seed=check_count(self.seed, "seed", 0))


@final
@dataclass(frozen=True)
class MethodCurves:
    """What was seen of one method, epoch 0 (the warm start) to the last.

    Attributes
    ----------
    latent_error, quantized_error : array of shape (epochs + 1, seeds)
        Misclassified fraction of the test set with the latent weights, and with their signs.
    quantization_error : array of shape (epochs + 1, seeds)
        Mean distance of a weight to the nearer of -1 and +1.
    signs : dict of dict of array
        ``signs[layer][metric]``, of shape (epochs + 1, seeds), for the layers and "all". "change_from_start" is the
        fraction at the end of the epoch; "flips" and "reversals" are fractions per step, averaged over the epoch.
    """

    latent_error: Array
    quantized_error: Array
    quantization_error: Array
    signs: dict[str, dict[str, Array]]


@final
@dataclass(frozen=True)
class DigitsResult:
    """Curves by the names in ``METHODS``."""

    settings: DigitsSettings
    curves: dict[str, MethodCurves]

    @property
    def epochs(self) -> Array:
        """0, 1, ..., the last epoch."""
        return np.arange(self.settings.epochs + 1)

    def summary(self) -> dict[str, dict[str, tuple[float, float]]]:
        """Mean and standard deviation over the seeds, by method and figure, at the end of training.

        "late_quantized_error", "flips" and "reversals" are means over the last tenth of the epochs: at a constant
        step size a method that goes on flipping has no typical last epoch. Flips are fractions of all weights per step.
        """
        last = max(1, self.settings.epochs // 10)
        table = {}
        for name, c in self.curves.items():
            per_seed = {
                "latent_error": c.latent_error[-1],
                "quantized_error": c.quantized_error[-1],
                "late_quantized_error": c.quantized_error[-last:].mean(axis=0),
                "quantization_error": c.quantization_error[-1],
                "change_from_start": c.signs["all"]["change_from_start"][-1],
                "flips": c.signs["all"]["flips"][-last:].mean(axis=0),
                "reversals": c.signs["all"]["reversals"][-last:].mean(axis=0),
            }
            table[name] = {k: (float(v.mean()), _spread(v)) for k, v in per_seed.items()}
        return table

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "settings": asdict(self.settings),
            "summary": {
                method: {k: {"mean": mean, "std": std} for k, (mean, std) in figures.items()}
                for method, figures in self.summary().items()
            },
            "curves": {
                name: {
                    "latent_error": _rounded(c.latent_error),
                    "quantized_error": _rounded(c.quantized_error),
                    "quantization_error": _rounded(c.quantization_error),
                    "signs": {
                        layer: {metric: _rounded(v) for metric, v in metrics.items()}
                        for layer, metrics in c.signs.items()
                    },
                }
                for name, c in self.curves.items()
            },
        }


def _spread(values: Array) -> float:
    """Standard deviation of a sample; 0 for a single value."""
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _rounded(values: Array) -> list[Any]:
    return [np.round(row, 5).tolist() for row in values]
