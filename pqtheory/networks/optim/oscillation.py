r"""Weights that oscillate between two codes are frozen to the more frequent one.

With the code c of each latent weight after a step, and the direction s of the weight's last move,

    o = [sign(c_t - c_{t-1}) = -s],   f <- m o + (1 - m) f,   mean <- (1 - r) mean + r c_t,   r = max(m, 1 / (t + 1));

where f > threshold, the weight is frozen for good: of the two codes that it moves between to that which is nearer to
its mean code, and its latent weight is that level from there on.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, final

import torch
from torch import Tensor

from pqtheory._checks import check_number, store
from pqtheory._messages import brief
from pqtheory.methods.maps import as_strength
from pqtheory.networks.optim.beside import Beside, like
from pqtheory.schedules import Schedule

CODES, DIRECTION, FREQUENCY, MEAN, FROZEN = (
    "oscillation_code",
    "oscillation_direction",
    "oscillation_frequency",
    "oscillation_mean_code",
    "oscillation_frozen",
)
#: what is remembered of each weight, 11 bytes
REMEMBERED = {
    CODES: torch.uint8,
    DIRECTION: torch.int8,
    FREQUENCY: torch.float32,
    MEAN: torch.float32,
    FROZEN: torch.bool,
}


@final
@dataclass(frozen=True)
class Freezing:
    """Freeze weights whose code reverses its moves too often.

    Parameters
    ----------
    threshold : float or Schedule
        >= 0 by step: the moving average of the reversals above which a weight is frozen. Below 2 ``momentum`` a single
        reversal may be enough: it makes the average ``momentum``.
    momentum : float
        m of the average, of (0, 1].

    Raises
    ------
    TypeError, ValueError
        If one of them is out of its range.

    References
    ----------
    Nagel et al., *Overcoming Oscillations in Quantization-Aware Training*, ICML 2022, arXiv 2203.11086.
    """

    threshold: Any
    momentum: float = 0.01

    def __post_init__(self) -> None:
        as_strength(self.threshold, "threshold")
        momentum = check_number(self.momentum, "momentum", 0, open_low=True)
        if momentum > 1:
            raise ValueError(f"momentum: expected a number of (0, 1], got {brief(self.momentum)}")
        store(self, momentum=float(momentum))

    def numbers(self, step: int) -> list[float]:
        """The threshold after that step, and the rate at which the mean code follows.

        Raises
        ------
        ValueError
            If the schedule gives a negative threshold or NaN there.
        """
        schedule: Schedule = as_strength(self.threshold, "threshold")
        threshold = check_number(schedule(step), f"threshold at step {step}", 0)
        return [float(threshold), max(self.momentum, 1 / (step + 2))]


def begin(beside: Beside, place: int, codes: Tensor) -> None:
    """Remember the codes at the start, of one parameter."""
    beside.at(CODES, place).copy_(codes)
    beside.at(MEAN, place).copy_(codes)


def remember(beside: Beside) -> None:
    """Make room for what is remembered of each weight."""
    for name, dtype in REMEMBERED.items():
        beside.begin(name, partial(_zeros, beside, dtype))


def _zeros(beside: Beside, dtype: torch.dtype, place: int) -> Tensor:
    return like(beside.parameters[place], dtype)


def update(
    beside: Beside, place: int, now: Tensor, momentum: float, threshold: Any, rate: Any
) -> tuple[Tensor, Tensor]:
    """Take up the codes ``now`` of one parameter, the part of this process.

    Returns
    -------
    frozen : tensor of bool
        Which weights are.
    codes : tensor of uint8
        To what, where they are.
    """
    codes, direction, frequency, mean, frozen = (beside.at(n, place) for n in REMEMBERED)
    last = codes.clone()
    move = (now.to(torch.int16) - last.to(torch.int16)).sign().to(torch.int8)
    reversals = (move * direction).eq(-1)
    frequency.lerp_(reversals.to(frequency.dtype), momentum)
    mean += rate * (now - mean)
    fresh = (frequency > threshold) & ~frozen
    # a falling threshold may be passed by a weight that is at rest now
    other = torch.where(move != 0, last, (now.to(torch.int16) - direction).clamp(0).to(torch.uint8))
    frequent = torch.where((mean - other).abs() < (mean - now).abs(), other, now)
    direction.copy_(torch.where(move != 0, move, direction))
    codes.copy_(torch.where(frozen, last, torch.where(fresh, frequent, now)))
    frozen |= fresh
    return frozen, codes
