"""Which weights are quantized: the matrices of every layer, the right tensor of each, and what is left is said."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune

import pqtheory as pq
from pqtheory.networks import optim
from pqtheory.networks.optim.padding import BesidesZeroRow, keeping_zero_row

W = pq.regularizers.DistanceL1(pq.sets.Binary())


class Conv1D(nn.Module):
    """As Transformers has it: x W + b with W of shape (inputs, outputs)."""

    def __init__(self, outputs, inputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))


class Halves(nn.Module):
    """A parametrization of two tensors, both matrices."""

    def forward(self, left, right):
        return left @ right

    def right_inverse(self, whole):
        return whole, torch.eye(whole.shape[1])


def low_rank():
    layer = nn.Linear(4, 3)
    parametrize.register_parametrization(layer, "weight", Halves())
    return layer


def pruned():
    layer = nn.Linear(4, 3)
    prune.l1_unstructured(layer, "weight", 0.5)
    prune.random_unstructured(layer, "bias", 0.5)
    return layer


def old_norm(layer, name="weight"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nn.utils.weight_norm(layer, name)


LAYERS = {
    "linear": (lambda: nn.Linear(4, 3), ["weight"]),
    "bilinear": (lambda: nn.Bilinear(2, 3, 4), ["weight"]),
    "transposed convolution": (lambda: nn.ConvTranspose2d(2, 3, 3), ["weight"]),
    "embedding": (lambda: nn.Embedding(5, 4), ["weight"]),
    "embedding bag": (lambda: nn.EmbeddingBag(5, 4), ["weight"]),
    "Conv1D": (lambda: Conv1D(3, 4), ["weight"]),
    "attention": (lambda: nn.MultiheadAttention(8, 2), ["in_proj_weight", "out_proj.weight"]),
    "attention, three matrices": (
        lambda: nn.MultiheadAttention(8, 2, kdim=4, vdim=4, add_bias_kv=True),
        ["q_proj_weight", "k_proj_weight", "v_proj_weight", "out_proj.weight"],
    ),
    "lstm with projection": (
        lambda: nn.LSTM(3, 4, proj_size=2),
        ["weight_ih_l0", "weight_hh_l0", "weight_hr_l0"],
    ),
    "cell": (lambda: nn.GRUCell(3, 4), ["weight_ih", "weight_hh"]),
    "weight norm": (
        lambda: parametrizations.weight_norm(nn.Conv2d(2, 3, 3)),
        ["parametrizations.weight.original1"],
    ),
    "weight norm of one output": (
        lambda: parametrizations.weight_norm(nn.Linear(4, 1)),
        ["parametrizations.weight.original1"],
    ),
    "weight norm of one input": (
        lambda: parametrizations.weight_norm(nn.Linear(1, 4)),
        ["parametrizations.weight.original1"],
    ),
    "spectral norm": (
        lambda: parametrizations.spectral_norm(nn.Linear(4, 3)),
        ["parametrizations.weight.original"],
    ),
    "orthogonal": (
        lambda: parametrizations.orthogonal(nn.Linear(4, 3)),
        ["parametrizations.weight.original"],
    ),
    "two factors": (
        low_rank,
        ["parametrizations.weight.original0", "parametrizations.weight.original1"],
    ),
    "old weight norm": (lambda: old_norm(nn.Linear(4, 3)), ["weight_v"]),
    "old weight norm in a recurrent layer": (
        lambda: old_norm(nn.LSTM(3, 4), "weight_hh_l0"),
        ["weight_ih_l0", "weight_hh_l0_v"],
    ),
    "pruned": (pruned, ["weight_orig"]),
}


@pytest.mark.parametrize("name", LAYERS)
def test_the_matrices_of_each_layer_are_picked_and_nothing_else(name):
    make, expected = LAYERS[name]
    model = nn.ModuleDict({"inner": make(), "norm": nn.LayerNorm(4)})
    picked, rest = optim.split_parameters(model)
    assert sorted(picked["names"]) == sorted(f"inner.{n}" for n in expected)
    both = picked["params"] + rest["params"]
    assert {id(p) for p in both} == {id(p) for p in model.parameters()}
    assert len(both) == len({id(p) for p in both})
    assert optim.describe_split(model, [picked, rest]).left == ()


def test_a_predicate_sees_the_layer_and_its_weight_whatever_stands_for_it():
    asked = []
    model = nn.Sequential(
        parametrizations.weight_norm(nn.Linear(4, 3)), old_norm(nn.Linear(3, 3)), nn.Linear(3, 2)
    )

    def predicate(layer, name):
        asked.append((type(layer).__name__, name))
        return name == "weight" and layer is not model[2]

    picked = optim.split_parameters(model, predicate)[0]["names"]
    assert sorted(picked) == ["0.parametrizations.weight.original1", "1.weight_v"]
    assert {name for _, name in asked} == {"weight", "bias"}


def test_own_parameters_that_are_called_v_and_g_are_no_weight_norm():
    gate = nn.Module()
    gate.proj_v, gate.proj_g = (nn.Parameter(torch.randn(3, 3)) for _ in range(2))
    picked = optim.split_parameters(gate, lambda layer, name: True)[0]["names"]
    assert picked == ["proj_v", "proj_g"]


def test_looking_at_a_spectral_norm_does_not_move_it():
    model = parametrizations.spectral_norm(nn.Linear(4, 3))
    before = {n: b.clone() for n, b in model.named_buffers()}
    optim.split_parameters(model)
    assert all(torch.equal(b, before[n]) for n, b in model.named_buffers())


def test_what_is_left_is_said_and_how_much():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.experts = nn.Parameter(torch.randn(2, 3, 5))
            self.scale = nn.Parameter(torch.ones(1, 7))
            self.head = nn.Linear(3, 4)

    model = Own()
    said = r"12 of 53 weights \(22\.6%\) are quantized; left out: experts \(Own, 2 x 3 x 5\)$"
    with pytest.warns(UserWarning, match=said) as caught:
        groups = optim.split_parameters(model)
    assert caught[0].filename == __file__
    split = optim.describe_split(model, groups)
    assert (split.quantized, split.total, split.matrices_left) == (12, 53, 30)
    assert [(x.name, x.layer, x.shape) for x in split.left] == [("experts", "Own", (2, 3, 5))]
    # what a predicate of one's own leaves is left on purpose, but can be read
    groups = optim.split_parameters(model, lambda layer, name: name == "experts")
    assert [x.name for x in optim.describe_split(model, groups).left] == ["head.weight"]
    many = nn.Sequential(*(nn.Linear(2, 2) for _ in range(40)))
    few = optim.split_parameters(many, lambda layer, name: layer is many[0] and name == "weight")
    assert str(optim.describe_split(many, few)).endswith("6.weight (Linear, 2 x 2) and 33 more")


def test_a_small_table_beside_large_matrices_is_no_reason_to_warn():
    class Vision(nn.Module):
        def __init__(self):
            super().__init__()
            self.positions = nn.Parameter(torch.zeros(1, 4, 8))
            self.body = nn.Linear(8, 1000)

    groups = optim.split_parameters(Vision())
    assert optim.describe_split(Vision(), groups).share == 0
    model = Vision()
    split = optim.describe_split(model, optim.split_parameters(model))
    assert [x.name for x in split.left] == ["positions"]


def test_tied_weights_are_one_and_must_be_one_parameter():
    model = nn.Sequential(nn.Embedding(7, 4), nn.Linear(4, 7, bias=False))
    model[1].weight = model[0].weight
    (picked,) = optim.split_parameters(model)
    assert picked["names"] == ["0.weight"]
    # one of its places is enough
    (picked,) = optim.split_parameters(model, lambda layer, name: isinstance(layer, nn.Linear))
    assert picked["names"] == ["0.weight"]
    assert optim.describe_split(model, [picked]).total == 28


@pytest.mark.parametrize(
    "pick", [optim.is_weight, lambda layer, name: isinstance(layer, nn.Linear)]
)
def test_two_parameters_in_one_memory_are_trained_as_a_tied_one(pick):
    def trained(tie):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Embedding(7, 4), nn.Linear(4, 7, bias=False))
        tie(model)
        (picked,) = optim.split_parameters(model, pick)
        assert picked["names"] == ["0.weight"]
        assert optim.describe_split(model, [picked]).quantized == 28
        assert optim.describe_split(model, [picked]).left == ()
        opt = torch.optim.SGD([picked], lr=0.1, momentum=0.9)
        for x in (torch.tensor([0, 1, 2]), torch.tensor([3, 3, 5])):
            opt.zero_grad()
            nn.functional.cross_entropy(model(x), x).backward()
            opt.step()
        return model[0].weight.detach().clone()

    def as_parameter(model):
        model[1].weight = model[0].weight

    def as_memory(model):
        model[1].weight.data = model[0].weight.data

    torch.testing.assert_close(trained(as_memory), trained(as_parameter))


def in_one_memory(**options):
    model = nn.ModuleDict({"out": nn.Linear(4, 7), "words": nn.Embedding(7, 4, **options)})
    model["out"].weight.data = model["words"].weight.data
    return model


def test_a_table_in_the_memory_of_a_layer_before_it_keeps_its_padding_row():
    picked, _ = optim.split_parameters(in_one_memory(padding_idx=2))
    assert (picked["names"], picked["zero_row"]) == (["out.weight"], 2)


def test_a_table_that_each_look_up_writes_into_is_refused_in_another_s_memory_too():
    with pytest.raises(ValueError, match=r"model: out\.weight is of a table with max_norm"):
        optim.split_parameters(in_one_memory(max_norm=1.0))


def test_two_in_one_memory_that_are_not_quantized_are_left_as_they_are():
    model = nn.ModuleDict({"a": nn.LayerNorm(4), "b": nn.LayerNorm(4), "c": nn.Linear(4, 4)})
    model["b"].weight.data = model["a"].weight.data
    _, rest = optim.split_parameters(model)
    assert rest["names"] == ["a.weight", "a.bias", "b.weight", "b.bias", "c.bias"]


def test_a_lazy_layer_is_refused_until_it_has_a_shape():
    model = nn.Sequential(nn.LazyLinear(4), nn.Linear(4, 2))
    with pytest.raises(ValueError, match=r"0\.weight has no shape yet"):
        optim.split_parameters(model)
    assert optim.split_parameters(model, lambda layer, name: layer is model[1])
    model(torch.ones(1, 3))
    assert optim.split_parameters(model)[0]["names"] == ["0.weight", "1.weight"]


@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_a_table_that_each_look_up_writes_into_is_refused(kind):
    net = nn.ModuleDict({"words": kind(5, 3, max_norm=1.0), "out": nn.Linear(3, 2)})
    with pytest.raises(ValueError, match=r"model: words\.weight is of a table with max_norm"):
        optim.split_parameters(net)
    (picked, rest) = optim.split_parameters(net, lambda layer, name: isinstance(layer, nn.Linear))
    assert (picked["names"][0], rest["names"][0]) == ("out.weight", "words.weight")


def test_tables_with_a_padding_row_are_groups_apart():
    model = nn.ModuleList(
        [
            nn.Embedding(5, 4, padding_idx=2),
            nn.Linear(4, 5),
            nn.EmbeddingBag(5, 4, padding_idx=-5),
            nn.Embedding(6, 4, padding_idx=-4),
        ]
    )
    *picked, _ = optim.split_parameters(model, lr=0.5)
    assert [(g.get("zero_row"), g["names"]) for g in picked] == [
        (None, ["1.weight"]),
        (0, ["2.weight"]),
        (2, ["0.weight", "3.weight"]),
    ]
    assert all(g["quantize"] and g["lr"] == 0.5 for g in picked)
    assert optim.describe_split(model, picked).quantized == 20 + 20 + 20 + 24
    assert "zero_row" not in optim.split_parameters(nn.Embedding(5, 4))[0]


@pytest.mark.parametrize("lazy", [False, True])
def test_a_padding_row_is_0_for_the_model_in_training_and_frozen(lazy):
    torch.manual_seed(0)
    table = nn.Embedding(5, 4, padding_idx=1)
    (group,) = optim.split_parameters(table)
    group["regularizer"] = BesidesZeroRow(W, group["zero_row"])
    method = optim.LazyProx if lazy else optim.ProxQuant
    opt = method(torch.optim.Adam([group], lr=0.1), strength=0.5)
    for _ in range(9):
        opt.zero_grad()
        table(torch.tensor([0, 1, 2, 1, 3])).square().sum().backward()
        opt.step()
        assert torch.equal(table.weight[1], torch.zeros(4))
    opt.freeze()
    assert table.weight.abs().sum(1).tolist() == [4, 0, 4, 4, 4]


@pytest.mark.parametrize(
    "regularizer",
    [
        W,
        pq.regularizers.Indicator(pq.sets.Binary()),
        pq.regularizers.DistanceL2(pq.sets.ScaledBinary(axis=-1)),
        pq.regularizers.AlternatingDistance(pq.quantizers.AlternatingMultiBit(2, axis=-1)),
    ],
)
@pytest.mark.parametrize("make", [torch.tensor, np.array])
def test_a_padding_row_stays_0_while_it_is_and_the_others_are_as_ever(regularizer, make):
    table = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    table[1] = 0
    mapping = pq.methods.Prox(regularizer, 0.3)
    kept = keeping_zero_row(mapping, 1)
    for wanted, found in (
        (mapping.apply(make(table), 0.3), kept.apply(make(table), 0.3)),
        (mapping.quantize(make(table)), kept.quantize(make(table))),
    ):
        assert np.all(np.asarray(found)[1] == 0)
        others = [0, 2, 3]
        np.testing.assert_array_equal(found[others], wanted[others])
    in_place = make(table)
    kept.apply(in_place, 0.3, in_place)
    np.testing.assert_array_equal(in_place, kept.apply(make(table), 0.3))
    # a row that has been moved is one of the others
    table[1, 0] = 0.25
    np.testing.assert_array_equal(kept.quantize(make(table)), mapping.quantize(make(table)))
    assert keeping_zero_row(mapping, None) is mapping
    assert not BesidesZeroRow(regularizer, 1).separable


PER_CHANNEL = {
    "scaled binary": {"set": pq.sets.ScaledBinary(per="channel")},
    "two bits": {
        "regularizer": pq.regularizers.AlternatingDistance(
            pq.quantizers.AlternatingMultiBit(2, per="channel")
        ),
        "strength": 0.1,
    },
    "half the squared distance": {
        "regularizer": pq.regularizers.DistanceL2(pq.sets.ScaledBinary(per="channel")),
        "strength": 0.1,
    },
    "a bump between two bits": {
        "regularizer": pq.regularizers.FittedBump(
            pq.quantizers.AlternatingMultiBit(2, per="channel")
        ),
        "strength": 0.1,
    },
}


@pytest.mark.parametrize("kind", PER_CHANNEL)
def test_a_codebook_per_channel_is_one_per_output_where_the_inputs_come_first(kind):
    options = PER_CHANNEL[kind]
    model = nn.Sequential(
        nn.Linear(9, 5), Conv1D(6, 9), nn.ConvTranspose2d(8, 5, 3), nn.ConvTranspose1d(4, 3, 5)
    )
    groups = optim.split_parameters(model, **options)
    method = optim.BinaryConnect if "set" in options else optim.ProxQuant
    method(torch.optim.SGD(groups, lr=0.1)).freeze()
    most = 4 if "two bits" in kind else 2
    for layer, outputs in ((0, 0), (1, 1), (2, 1), (3, 1)):
        for weights in model[layer].weight.unbind(outputs):
            assert len(weights.unique()) <= most, layer
    assert sum(len(g["params"]) for g in groups) == 8
    grouped = nn.Sequential(nn.ConvTranspose1d(4, 4, 3, groups=2))
    with pytest.raises(ValueError, match=r"0\.weight is a transposed convolution in 2 groups"):
        optim.split_parameters(grouped, **options)
    # asked for in another way, one group is enough
    plain = optim.split_parameters(model, set=pq.sets.ScaledBinary(per="row"))
    assert [g.get("quantize", False) for g in plain] == [True, False]
