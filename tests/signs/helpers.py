"""Random paths of weights, and the same weights as arrays of every kind."""

import math

import numpy as np
import pytest
import torch

VALUES = [-2.0, -0.5, -0.0, 0.0, 0.25, 3.0, math.inf, -math.inf, math.nan]


def random_path(shape, seed, values=VALUES):
    return np.random.default_rng(seed).choice(values, size=shape)


def as_numpy(path):
    return path


def as_float32(path):
    return path.astype(np.float32)


def as_numpy_half(path):
    return path.astype(np.float16)


def as_numpy_bfloat16(path):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    return path.astype(ml_dtypes.bfloat16)


def as_swapped(path):
    return path.astype(">f2")


def as_fortran(path):
    return np.asfortranarray(path)


def as_strided(path):
    return np.repeat(path, 2, axis=-1)[..., ::2]


def as_torch(path):
    return torch.from_numpy(path.copy())


def as_torch_half(path):
    return torch.from_numpy(path.copy()).half()


def as_torch_bfloat16(path):
    return torch.from_numpy(path.copy()).bfloat16().requires_grad_()


def as_torch_transposed(path):
    return torch.from_numpy(path.T.copy()).T


CONVERSIONS = [
    as_numpy,
    as_float32,
    as_numpy_half,
    as_numpy_bfloat16,
    as_swapped,
    as_fortran,
    as_strided,
    as_torch,
    as_torch_half,
    as_torch_bfloat16,
    as_torch_transposed,
]
