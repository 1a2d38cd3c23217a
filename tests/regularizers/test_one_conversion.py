"""What a caller hands over becomes an array once on its way, however many layers it goes through."""

import sys
from fractions import Fraction

import numpy as np
import pytest
import torch

from pqtheory import methods
from pqtheory._arrays import as_array
from pqtheory.regularizers import DistanceL1, DistanceL2, Indicator, SmoothedL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary, ScaledBinary, Ternary, UniformGrid

REGULARIZERS = [
    DistanceL1(Ternary()),
    DistanceL2(UniformGrid(3, -1.0, 1.0)),
    DistanceL2(ScaledBinary()),
    Indicator(Binary()),
    SmoothedL1(Binary(), 0.25),
]
POINTS = [
    0.25,
    [0.25, -2.0],
    np.array([0.25, -2.0]),
    np.array([Fraction(1, 4)]),
    torch.tensor([0.25]),
]


def conversions(call):
    """How often ``as_array`` runs in a call."""
    count, code = 0, as_array.__code__

    def look(frame, event, argument):
        nonlocal count
        count += event == "call" and frame.f_code is code

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        call()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("theta", POINTS, ids=str)
@pytest.mark.parametrize("regularizer", REGULARIZERS, ids=str)
def test_of_a_regularizer(regularizer, theta):
    calls = {
        "value": lambda: regularizer.value(theta),
        "prox": lambda: regularizer.prox(theta, 0.5),
        "prox, infinite": lambda: regularizer.prox(theta, float("inf")),
        "envelope": lambda: regularizer.envelope(theta, 0.5),
        "quantize": lambda: regularizer.quantize(theta),
        "project": lambda: regularizer.set.project(theta),
        "distance": lambda: regularizer.set.distance(theta),
    }
    if regularizer.separable:
        calls["subdifferential"] = lambda: regularizer.subdifferential(theta)
    assert {name: conversions(call) for name, call in calls.items()} == dict.fromkeys(calls, 1)


@pytest.mark.parametrize("weights", [np.array([0.25]), np.array([[0.25], [0.5]])])
def test_of_weights_for_each_coordinate(weights):
    theta = np.ones((2, 3))
    assert conversions(lambda: DistanceL1(Binary()).prox(theta, weights)) == 1


@pytest.mark.parametrize(
    "method",
    [
        methods.BinaryConnect(0.1),
        methods.ProxQuant(DistanceL1(Binary()), 0.1, Linear(1.0)),
        methods.BinaryRelax(0.1),
    ],
    ids=str,
)
def test_of_a_method(method):
    state = method.init(np.ones(3))
    mapped = 0 if isinstance(method, methods.Eager) else 1
    assert conversions(lambda: method.query(state)) == mapped
    assert conversions(lambda: method.output(state)) == 1
    assert conversions(lambda: method.step(state, np.ones(3))) == 1 - mapped
