"""A step in half precision is one in float32, rounded once."""

import numpy as np
import pytest
import torch

from pqtheory.methods import BinaryConnect, ProxQuant
from pqtheory.methods.base import descend
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary


@pytest.mark.parametrize("backend", ["numpy", "torch-float16", "torch-bfloat16"])
def test_the_step_is_widened(backend):
    rng = np.random.default_rng(0)
    values = rng.standard_normal((2, 500)).astype(np.float16)
    if backend == "numpy":
        latent, gradient = values
        wide = (latent.astype(np.float32) - 0.0123 * gradient.astype(np.float32)).astype(np.float16)
        direct = latent - np.float16(0.0123) * gradient
        assert not np.array_equal(wide, direct)
        assert np.array_equal(descend(latent, 0.0123, gradient), wide)
        method = BinaryConnect(0.0123)
        assert np.array_equal(method.step(method.init(latent), gradient).latent, wide)
        return
    dtype = getattr(torch, backend.removeprefix("torch-"))
    latent, gradient = torch.asarray(values).to(dtype)
    wide = (latent.float() - 0.0123 * gradient.float()).to(dtype)
    direct = latent - torch.tensor(0.0123, dtype=dtype) * gradient
    assert not torch.equal(wide, direct)
    assert torch.equal(descend(latent, 0.0123, gradient), wide)
    method = ProxQuant(DistanceL1(Binary()), 0.0123, 0.0)
    assert torch.equal(method.step(method.init(latent), gradient).latent, wide)
