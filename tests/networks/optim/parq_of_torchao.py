"""What torchao.prototype.parq makes of some gradients, step by step, for the tests of ours: a record, not its code.

    python -m tests.networks.optim.parq_of_torchao

writes ``parq_of_torchao.json`` anew where torchao is installed.
"""

import json
import math
from importlib.metadata import version
from pathlib import Path

import torch

from pqtheory._files import write_whole

FILE = Path(__file__).with_suffix(".json")
SHAPE, STEPS, END = (3, 4), 10, 8
#: name -> map of theirs, bits, one codebook a channel, steps between two fits
CASES = {
    "parq, 1 bit": ("parq", 1, False, 1),
    "parq, 1 bit, channels, every 4 steps": ("parq", 1, True, 4),
    "parq, 2 bits, every 3 steps": ("parq", 2, False, 3),
    "hard, 1 bit, channels": ("hard", 1, True, 1),
    "relaxed, 2 bits": ("relaxed", 2, False, 1),
}


def start():
    """The weights before the first step."""
    place = torch.arange(math.prod(SHAPE), dtype=torch.float64)
    return torch.cos(2 * place + 1).reshape(SHAPE)


def gradient(step):
    """That of a step, the same for everybody."""
    place = torch.arange(math.prod(SHAPE), dtype=torch.float64)
    return (torch.sin(3.0 * step + place) + 0.4 * torch.cos(place)).reshape(SHAPE)


def base(parameter, **group):
    """The optimizer inside."""
    return torch.optim.SGD([{"params": [parameter], **group}], lr=0.1, momentum=0.5)


def inverse_slope(step, steepness=10.0):
    """PARQ's: 1 at first, then a sigmoid that is 0 from ``END`` on."""
    if step >= END:
        return 0.0

    def sigmoid(share):
        return 1 / (1 + math.exp(steepness * (share - 0.5)))

    return (sigmoid(step / END) - sigmoid(1)) / (sigmoid(0) - sigmoid(1))


def of_torchao(name):
    """Latent and shown weights after each step."""
    from torchao.prototype.parq import optim, quant

    kind, bits, by_channel, period = CASES[name]
    maps = {
        "parq": lambda: optim.ProxPARQ(0, END),
        "hard": optim.ProxHardQuant,
        "relaxed": lambda: optim.ProxBinaryRelax(0, END),
    }
    parameter = torch.nn.Parameter(start())
    made = optim.QuantOptimizer(
        base(parameter, quant_bits=bits),
        quant.LSBQuantizer(),
        maps[kind](),
        quant_period=period,
        quant_per_channel=by_channel,
    )
    found = {"latent": [], "shown": []}
    for step in range(STEPS):
        parameter.grad = gradient(step)
        made.step()
        found["latent"].append(_rounded(made.state[parameter]["latent"]))
        found["shown"].append(_rounded(parameter))
    return found


def ties_of_torchao():
    """Where 0 goes, midway between -1 and 1: by the map alone at its end, halfway, and by the quantizer."""
    from torchao.prototype.parq import optim, quant

    levels, found = torch.tensor([-1.0, 1.0]), {}
    for name, step in (("projected", END), ("halfway", END // 2)):
        middle = torch.zeros(1, dtype=torch.float64)
        optim.ProxPARQ(0, END).apply_(middle, None, levels, step)
        found[name] = float(middle)
    weights = torch.tensor([-1.5, 0.0, 1.5], dtype=torch.float64)
    found["fitted"] = float(quant.LSBQuantizer().quantize(weights, 1)[0][1])
    return found


def _rounded(values):
    return [float(f"{value:.12g}") for value in values.detach().flatten().tolist()]


def main():
    """Write the record."""
    torch.set_default_dtype(torch.float64)
    content = {
        "torchao": version("torchao"),
        "ties": ties_of_torchao(),
        "cases": {name: of_torchao(name) for name in CASES},
    }
    text = json.dumps(content, indent=1)
    write_whole(FILE, f"{text}\n".encode())


if __name__ == "__main__":
    main()
