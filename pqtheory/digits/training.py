r"""Training on the handwritten digits: one warm start, then three methods from it, several seeds each.

The network is :class:`~pqtheory.problems.TanhNetwork` with all weights quantized to {-1, +1}.

1. Warm start: plain SGD with clipping to [-1, 1], at full precision.
2. From that one point, for every seed (a seed is a sequence of minibatches):
   full precision (the same SGD goes on), BinaryConnect, and ProxQuant with the W and lambda_t = rate * t.
   All three take the same constant step size, and all clip to [-1, 1].
3. At the end the weights are quantized for good: sign(theta).
"""

from collections.abc import Callable

import numpy as np

from pqtheory._arrays import Array
from pqtheory._messages import brief
from pqtheory.digits.result import METHODS, SIGN_METRICS, DigitsResult, DigitsSettings, MethodCurves
from pqtheory.methods import BinaryConnect, Method, ProxQuant
from pqtheory.problems import DigitsSplit, TanhNetwork, digits_split
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary
from pqtheory.signs import flips_per_step
from pqtheory.simulate import simulate

CLIP = 1.0
#: what random numbers are for; together with seed and epoch they make each epoch's generator
_INIT, _WARM, _TRAIN = 1, 2, 3


def run_digits(
    settings: DigitsSettings | None = None,
    data: DigitsSplit | None = None,
    *,
    methods: tuple[str, ...] = METHODS,
    on_epoch: Callable[[int, int], None] | None = None,
) -> DigitsResult:
    """Warm start, then the methods from it.

    Parameters
    ----------
    settings : DigitsSettings, optional
        Sizes, step sizes, seeds.
    data : DigitsSplit, optional
        Training and test part; by default those of :func:`~pqtheory.problems.digits_split`.
    methods : tuple of str
        Which of ``METHODS`` to run.
    on_epoch : callable, optional
        Called with (epochs done, epochs in all), for progress displays.

    Raises
    ------
    ImportError
        If scikit-learn, which ships the digits, is missing.
    ValueError
        If a method is unknown.
    """
    settings = DigitsSettings() if settings is None else settings
    data = digits_split() if data is None else data
    unknown = [m for m in methods if m not in METHODS]
    if unknown:
        raise ValueError(f"methods: expected names out of {METHODS}, got {brief(unknown[0])}")
    network = TanhNetwork(
        *data.train,
        hidden=settings.hidden,
        classes=10,
        gain=settings.gain,
        batch_size=settings.batch_size,
    )
    ticker = _Ticker(settings.warm_epochs + len(methods) * settings.epochs, on_epoch)
    from threadpoolctl import threadpool_limits

    # products so small are slower on two threads than on one, and so a result does not depend on the cores
    with threadpool_limits(1, user_api="blas"):
        start = warm_start(settings, network, ticker)
        starts = np.repeat(start[None], settings.seeds, axis=0)
        curves = {m: _train(m, settings, network, starts, data.test, ticker) for m in methods}
    return DigitsResult(settings, curves)


def held_out(split: DigitsSplit, fraction: float = 0.25, seed: int = 0) -> DigitsSplit:
    """The training set of ``split`` in two parts, training and validation; its test set stays out of it."""
    X, y = split.train
    order = np.random.default_rng(seed).permutation(len(y))
    held, kept = np.split(order, [round(fraction * len(y))])
    return DigitsSplit((X[kept], y[kept]), (X[held], y[held]))


def warm_start(
    settings: DigitsSettings, network: TanhNetwork, tick: Callable[[], None] = lambda: None
) -> Array:
    """Full-precision weights in [-1, 1], float32, of shape (dim,)."""
    rng = np.random.default_rng([settings.seed, _INIT, 0])
    theta = np.clip(settings.init_scale * rng.standard_normal(network.dim), -CLIP, CLIP)
    theta = theta.astype(np.float32)
    method = _full_precision(settings.warm_step_size)
    for epoch in range(settings.warm_epochs):
        rng = np.random.default_rng([settings.seed, _WARM, epoch])
        theta = _epoch(method, network, theta, rng, "last")[-1]
        tick()
    return theta


def _method(name: str, settings: DigitsSettings, step: int) -> Method:
    """The method as it is from ``step`` on."""
    if name == "BinaryConnect":
        return BinaryConnect(settings.step_size, clip=CLIP)
    if name == "ProxQuant":
        homotopy = Linear(settings.rate, start=settings.rate * step)
        return ProxQuant(DistanceL1(Binary()), settings.step_size, homotopy, clip=CLIP)
    return _full_precision(settings.step_size)


def _full_precision(step_size: float) -> Method:
    """SGD: ProxQuant without any pull."""
    return ProxQuant(DistanceL1(Binary()), step_size, 0.0, clip=CLIP)


def _epoch(
    method: Method, network: TanhNetwork, theta: Array, rng: np.random.Generator, record: str
) -> Array:
    """Latent weights along one epoch: shape (steps + 1, ..., dim), or (1, ..., dim) for the last only."""
    steps = max(1, network.samples // network.batch_size)
    run = simulate(
        method,
        network,
        theta,
        steps,
        seed=rng,
        stochastic=True,
        record=record,
        fields=("latent",),
        progress=False,
    )
    return run.latent


def _train(
    name: str,
    settings: DigitsSettings,
    network: TanhNetwork,
    theta: Array,
    test: tuple[Array, Array],
    tick: Callable[[], None],
) -> MethodCurves:
    recorder = _Recorder(settings, network, theta, test)
    steps = max(1, network.samples // network.batch_size)
    for epoch in range(settings.epochs):
        method = _method(name, settings, epoch * steps)
        # all methods see the same minibatches
        rng = np.random.default_rng([settings.seed, _TRAIN, epoch])
        path = _epoch(method, network, theta, rng, "all")
        theta = path[-1]
        recorder.add_epoch(epoch + 1, path)
        tick()
    return recorder.curves


class _Recorder:
    """Fills in the curves epoch by epoch; signs are followed step by step, all steps of an epoch at once."""

    def __init__(
        self,
        settings: DigitsSettings,
        network: TanhNetwork,
        theta: Array,
        test: tuple[Array, Array],
    ) -> None:
        self.network, self.test = network, test
        shape = (settings.epochs + 1, settings.seeds)
        self.curves = MethodCurves(
            np.zeros(shape),
            np.zeros(shape),
            np.zeros(shape),
            {
                layer: {metric: np.zeros(shape) for metric in SIGN_METRICS}
                for layer in (*network.layers, "all")
            },
        )
        self.start, self.flipped = theta >= 0, np.zeros(theta.shape, dtype=bool)
        self._measure(0, theta)

    def _measure(self, epoch: int, theta: Array) -> None:
        quantized = Binary().project(theta)
        self.curves.latent_error[epoch] = self.network.error(theta, *self.test)
        self.curves.quantized_error[epoch] = self.network.error(quantized, *self.test)
        self.curves.quantization_error[epoch] = np.abs(theta - quantized).mean(axis=-1)

    def add_epoch(self, epoch: int, path: Array) -> None:
        self._measure(epoch, path[-1])
        flips = flips_per_step(path, axis=None)[1:]
        ever = np.logical_or.accumulate(np.concatenate([self.flipped[None], flips]))
        events = {
            "change_from_start": ((path[-1] >= 0) != self.start)[None],
            "flips": flips,
            # a sign that flips again moves against its own last move
            "reversals": flips & ever[:-1],
        }
        self.flipped = ever[-1]
        for layer, part in {**self.network.layers, "all": slice(None)}.items():
            for metric, happened in events.items():
                self.curves.signs[layer][metric][epoch] = happened[..., part].mean(axis=(0, -1))


class _Ticker:
    """Counts epochs for a progress display."""

    def __init__(self, total: int, on_epoch: Callable[[int, int], None] | None) -> None:
        self.total, self.done, self.on_epoch = total, 0, on_epoch

    def __call__(self) -> None:
        self.done += 1
        if self.on_epoch is not None:
            self.on_epoch(self.done, self.total)
