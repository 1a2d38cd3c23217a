"""Small tensors together: compared bit by bit, mapped side by side, noticed by torch."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from pqtheory.networks import optim
from pqtheory.networks.optim.pieces import SMALL, by_piece
from pqtheory.networks.optim.values import Values

from .optimizers import W


def tensors(dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    shapes = [(3, 5), (SMALL + 1,), (), (2, 3, 4, 5), (7,)]
    made = [torch.randn(shape, generator=generator).to(dtype) for shape in shapes]
    made[3] = made[3].to(memory_format=torch.channels_last)
    return made


def test_small_ones_of_a_dtype_are_together():
    flat = [t.flatten() for t in [*tensors(), *tensors(torch.float64)]]
    assert by_piece(flat) == [[0, 2, 3, 4], [1], [5, 7, 8, 9], [6]]
    assert by_piece([torch.ones(8)[::2], torch.ones(2)]) == [[0], [1]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_one_bit_is_a_difference(dtype):
    held = tensors(dtype)
    held[0][1, 2] = math.nan
    values = Values(held)
    copy = values.copy()
    assert copy.hold(values)
    for t in held:
        for place in (0, -1):
            entry = t.as_strided((t.numel(),), (1,))[place]
            before = entry.clone()
            entry.mul_(2)
            assert not copy.hold(values)
            entry.copy_(before)
            assert copy.hold(values)
    held[2].zero_()
    copy = values.copy()
    held[2].neg_()
    assert not copy.hold(values)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_mapped_here_and_there_and_noticed(dtype):
    held, others = tensors(dtype), [t.neg() for t in tensors(dtype)]
    values, to = Values(held), Values(others)
    shown = values.copy()
    versions = [t._version for t in others]

    def double(theta, out):
        out[...] = theta + theta

    shown.map_(double, values, to)
    assert all(torch.equal(t + t, other) for t, other in zip(held, others, strict=True))
    assert all(torch.equal(t + t, other) for t, other in zip(held, shown.tensors, strict=True))
    assert all(t._version > before for t, before in zip(others, versions, strict=True))
    expected, versions = [t + t for t in held], [t._version for t in held]
    values.map_(double, values)
    assert all(map(torch.equal, held, expected))
    assert all(t._version > before for t, before in zip(held, versions, strict=True))


@pytest.mark.parametrize("wrap", [optim.BinaryConnect, lambda base: optim.ProxQuant(base, W, 0.5)])
def test_a_parameter_with_gaps_is_as_one_without(wrap):
    numbers = torch.from_numpy(np.linspace(-1, 1, 8, dtype=np.float32))
    ends = []
    for memory in (torch.zeros(16)[::2], torch.zeros(8)):
        memory.copy_(numbers)
        parameter = nn.Parameter(memory)
        opt = wrap(torch.optim.SGD([{"params": [parameter], "quantize": True}], lr=0.3))
        for _ in range(3):
            parameter.grad = torch.ones(8)
            opt.step()
        ends += [parameter.detach().clone(), next(opt.latent_parameters())[1].clone()]
    assert torch.equal(ends[0], ends[2])
    assert torch.equal(ends[1], ends[3])


@pytest.mark.parametrize("shape", [(8,), (2, 4), (4, 2)])
@pytest.mark.parametrize("others", [[], [(5,)], [(5,), (3, 2)]])
def test_copies_of_what_has_gaps_are_laid_out_as_what_has_none(shape, others):
    generator = torch.Generator().manual_seed(0)
    gaps = torch.randn(16, generator=generator)[::2].view(shape)
    rest = [torch.randn(s, generator=generator) for s in others]
    values, dense = Values([*rest, gaps]), Values([*rest, gaps.contiguous()])
    copy = values.copy()
    assert copy.hold(values)
    assert copy.hold(dense)
    assert copy.copy().hold(copy)
    dense.tensors[-1].view(-1)[3] += 1
    assert not copy.hold(dense)
    assert not dense.hold(copy)
    copy.copy_(dense)
    assert copy.hold(dense)

    def double(theta, out):
        out[...] = 2 * theta

    copy.map_(double, dense, values)
    assert torch.equal(gaps, 2 * dense.tensors[-1])


@pytest.mark.parametrize("wrap", [optim.BinaryConnect, lambda base: optim.ProxQuant(base, W, 0.5)])
def test_gaps_may_go_while_it_trains(wrap):
    ends = []
    for memory in (torch.zeros(16)[::2], torch.zeros(8)):
        torch.manual_seed(0)
        parameters = [nn.Parameter(torch.randn(5)), nn.Parameter(memory)]
        opt = wrap(torch.optim.SGD([{"params": parameters, "quantize": True}], lr=0.3))
        for step in range(4):
            for p in parameters:
                p.grad = torch.linspace(-1, 1, p.numel())
            opt.step()
            if step == 1:
                parameters[1].data = parameters[1].data.contiguous()
        ends += [latent.clone() for _, latent in opt.latent_parameters()]
    assert torch.equal(ends[0], ends[2])
    assert torch.equal(ends[1], ends[3])
