"""Quantized networks on disk: exact, k/32 of the size, whole or not at all."""

import ast
import itertools
import json
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import pqtheory as pq
from pqtheory.networks import export, models, optim, packing
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary, Codebook, Ternary, UniformGrid

DTYPES = [
    torch.float32,
    torch.float64,
    torch.bfloat16,
    torch.float16,
    torch.float8_e5m2,
    torch.int8,
]


@given(
    st.lists(st.integers(1, 9), min_size=0, max_size=4),
    st.lists(st.integers(-50, 50), min_size=1, max_size=16, unique=True),
    st.integers(0, 2**32 - 1),
    st.sampled_from(DTYPES),
)
def test_pack_and_unpack_are_inverse(shape, levels, seed, dtype):
    values = (torch.tensor(levels, dtype=torch.float64) / 8).to(dtype)
    places = np.random.default_rng(seed).integers(0, len(levels), shape)
    tensor = values[torch.from_numpy(np.array(places))]
    packed = packing.pack(tensor)
    if packed is None:
        return
    assert packed.nbytes < tensor.nbytes
    assert len(packed.codes) == -(-tensor.numel() * packed.bits // 8)
    again = packing.unpack(packed)
    assert (again.dtype, again.shape) == (dtype, tensor.shape)
    assert torch.equal(again.view(torch.uint8), tensor.contiguous().view(torch.uint8))


def codebook_per(axis, shape, bits, seed=0, dtype=torch.float32):
    """A tensor with 2^bits values of its own for each index of the axis, and codebooks that say which."""
    g = torch.Generator().manual_seed(seed)
    moved = [shape[axis], *(n for i, n in enumerate(shape) if i != axis)]
    rows = torch.randint(0, 2**bits, (moved[0], int(np.prod(moved[1:]))), generator=g)
    books = torch.randn(moved[0], 2**bits, generator=g, dtype=torch.float64).to(dtype)
    return books.gather(1, rows).reshape(moved).movedim(0, axis).contiguous()


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((300, 1600), 0),
        ((1600, 300), 1),
        ((700, 64, 3, 3), 0),
        ((64, 300, 7, 5), 1),
        ((1, 9000), 0),
    ],
)
def test_codebooks_per_channel_take_k_32nds_and_themselves(tmp_path, shape, axis, bits):
    for dtype in (torch.float32, torch.float16):
        tensor = codebook_per(axis, shape, bits, dtype=dtype)
        export.save_quantized(tmp_path / "q", {"w": tensor}, ["w"])
        books = shape[axis] * 2**bits * tensor.element_size()
        allowed = 1.02 * (tensor.numel() * bits / 8 + books)
        assert (tmp_path / "q").stat().st_size <= allowed + 400, "header"
        assert torch.equal(export.load_quantized(tmp_path / "q")["w"], tensor)


@pytest.mark.parametrize("size", [8, 64, 128])
def test_codebooks_per_group_of_a_row(tmp_path, size):
    tensor = codebook_per(0, (40 * 1024 // size, size), 2).reshape(40, 1024)
    export.save_quantized(tmp_path / "q", {"w": tensor}, ["w"])
    packed = packing.pack(tensor)
    assert packed is None or packed.nbytes <= tensor.numel() * 2 / 8 + 40 * 1024 // size * 16
    assert torch.equal(export.load_quantized(tmp_path / "q")["w"], tensor)


def test_one_codebook_is_not_split_and_512_levels_are_nine_bits(tmp_path):
    grid = UniformGrid(9, -1, 1).project(torch.randn(300, 300))
    packed = packing.pack(grid)
    assert (packed.bits, packed.levels.shape) == (9, (1, 512))
    assert torch.equal(packing.unpack(packed), grid)


def test_every_fitted_quantizer_comes_back_at_any_number_of_rows(tmp_path):
    makers = [
        lambda: pq.sets.ScaledBinary(per="row"),
        lambda: pq.quantizers.AlternatingMultiBit(2, per="row"),
        lambda: pq.quantizers.AlternatingMultiBit(3, per=16),
        lambda: pq.quantizers.AdaptiveTernary(per="row"),
        lambda: pq.quantizers.AdaptiveTernary(),
        lambda: pq.quantizers.AlternatingMultiBit(2, axis=0),
    ]
    for make, rows in itertools.product(makers, (16, 64, 65, 128, 300)):
        levels = make()
        theta = torch.randn(rows, 64, generator=torch.Generator().manual_seed(rows))
        fitted = isinstance(levels, pq.quantizers.Quantizer)
        tensor = levels.quantize(theta)[0] if fitted else levels.project(theta)
        export.save_quantized(tmp_path / "q", {"w": tensor}, ["w"])
        assert torch.equal(export.load_quantized(tmp_path / "q")["w"], tensor)
        if rows == 300:
            assert (tmp_path / "q").stat().st_size < 0.62 * tensor.nbytes, levels


def test_a_row_of_zeros_needs_no_level(tmp_path):
    table = torch.where(torch.randn(500, 300) < 0, -1.0, 1.0)
    table[[0, 7]] = 0
    packed = packing.pack(table)
    assert (packed.bits, packed.zero_rows, packed.levels.numel()) == (1, (0, 7), 2)
    assert torch.equal(packing.unpack(packed), table)
    # where zero is a level it is one in every row
    assert packing.pack(torch.where(torch.randn(500, 300) < 0, 0.0, table)).zero_rows == ()


@given(
    st.lists(st.integers(2, 9), min_size=2, max_size=4),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 2**32 - 1),
)
def test_a_row_of_zeros_comes_back_whatever_shares_a_codebook(shape, axis, bits, seed):
    tensor = codebook_per(axis % len(shape), shape, bits, seed)
    tensor[seed % shape[0]] = 0
    packed = packing.pack(tensor)
    assert packed is None or torch.equal(packing.unpack(packed), tensor)


def test_a_table_with_a_padding_row_and_a_codebook_per_column(tmp_path):
    torch.manual_seed(0)
    net = torch.nn.Embedding(40, 16, padding_idx=3)
    groups = optim.split_parameters(net)
    opt = optim.BinaryConnect(torch.optim.SGD(groups, lr=0.1), pq.sets.ScaledBinary(0))
    opt.freeze()
    assert not net.weight[3].any()
    export.save_quantized(tmp_path / "q", *opt.export(net))
    assert torch.equal(export.load_quantized(tmp_path / "q")["weight"], net.weight)


def test_the_sign_of_zero_is_kept(tmp_path):
    tensor = torch.tensor([-0.0, 0.0, 1.0]).repeat(9, 9)
    export.save_quantized(tmp_path / "q", {"t": tensor}, ["t"])
    assert packing.pack(tensor).bits == 2
    loaded = export.load_quantized(tmp_path / "q")["t"]
    assert torch.equal(torch.signbit(loaded), torch.signbit(tensor))


@pytest.mark.parametrize(
    ("levels", "bits"),
    [(Binary(), 1), (Ternary(0.5), 2), (Codebook(np.arange(8.0).tolist()), 3)],
)
def test_a_network_takes_k_32nds_and_comes_back_exactly(tmp_path, levels, bits):
    net = models.resnet(20)
    groups = optim.split_parameters(net, models.binary_weights)
    opt = optim.ProxQuant(torch.optim.SGD(groups, lr=0.1), DistanceL1(levels), 0.1)
    state, names = opt.export(net)
    export.save_quantized(tmp_path / "q.safetensors", state, names)
    loaded = export.load_quantized(tmp_path / "q.safetensors")
    with opt.quantized():
        for name, value in net.state_dict().items():
            assert torch.equal(loaded[name], value), name
    models.resnet(20).load_state_dict(loaded)
    weights = sum(state[name].numel() for name in names)
    export.save_quantized(tmp_path / "plain.safetensors", state)
    saved = [(tmp_path / f"{n}.safetensors").stat().st_size for n in ("plain", "q")]
    assert 4 * weights * (1 - bits / 32) - (saved[0] - saved[1]) < 5000


def test_what_is_not_quantized_is_refused(tmp_path):
    tensor = torch.linspace(0, 1, 300)
    with pytest.raises(ValueError, match="a few levels for each row of 300 entries, got 300"):
        packing.pack(tensor)
    with pytest.raises(ValueError, match="NaN"):
        packing.pack(torch.tensor([1.0, float("nan")]))
    with pytest.raises(TypeError, match=r"at most 8 bytes, got torch\.complex128"):
        packing.pack(torch.ones(3, dtype=torch.complex128))
    with pytest.raises(TypeError, match=r"^packed: expected a list of names, got 'a'"):
        export.save_quantized(tmp_path / "q", {"a": tensor}, "a")
    with pytest.raises(TypeError, match=r"^packed: expected a list of names, got None"):
        export.save_quantized(tmp_path / "q", {"a": tensor}, None)
    with pytest.raises(TypeError, match=r"^state: expected names that are texts, got 1"):
        export.save_quantized(tmp_path / "q", {1: tensor})
    with pytest.raises(ValueError, match=r"^state: expected other names than '__metadata__'"):
        export.save_quantized(tmp_path / "q", {"__metadata__": tensor})
    with pytest.raises(ValueError, match="a: expected a tensor with values, got one on the meta"):
        export.save_quantized(tmp_path / "q", {"a": tensor.to("meta")})
    message = (
        r"a: expected tensors and plain values, which can be read without running code, got Fraction: "
        r"Unsupported global: GLOBAL fractions\.Fraction was not an allowed global by default$"
    )
    with pytest.raises(TypeError, match=message):
        export.save_quantized(tmp_path / "q", {"a": Fraction(1, 2)})
    with pytest.raises(
        TypeError, match="state: expected a mapping of names to tensors, got Linear"
    ):
        export.save_quantized(tmp_path / "q", torch.nn.Linear(2, 2))
    with pytest.raises(ValueError, match="no tensor 'b'"):
        export.save_quantized(tmp_path / "q", {"a": tensor}, ["b"])
    with pytest.raises(ValueError, match=r"^a: expected a few levels"):
        export.save_quantized(tmp_path / "q", {"a": tensor}, ["a"])
    assert list(tmp_path.iterdir()) == []


def test_damaged_and_foreign_files_are_refused(tmp_path):
    file = tmp_path / "q"
    export.save_quantized(file, {"a": torch.ones(9).neg()}, ["a"])
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        export.load_quantized(file)
    from safetensors.torch import save_file

    save_file({"a": torch.ones(2)}, file)
    with pytest.raises(ValueError, match="expected format 'pqtheory-quantized-3', got None"):
        export.load_quantized(file)
    packed = packing.pack(torch.tensor([0.0, 1.0, 2.0]).repeat(9))
    with pytest.raises(ValueError, match="expected 80 bits"):
        packing.unpack(replace(packed, shape=(40,)))
    with pytest.raises(ValueError, match="code 2 beyond the 2 levels"):
        packing.unpack(replace(packed, levels=packed.levels[:, :2]))
    with pytest.raises(ValueError, match="equal parts of 27 entries, got 2"):
        packing.unpack(replace(packed, levels=packed.levels.repeat(2, 1)))


def test_no_damage_goes_unnoticed(tmp_path):
    """One bit flipped, anywhere: refused, or nothing else comes of it."""
    file = tmp_path / "q"
    a = torch.tensor([[-1.0, 1.0, 1.0], [1.0, -1.0, 1.0]]).repeat(1, 3)
    export.save_quantized(file, {"a": a, "b": torch.linspace(0, 1, 5), "tied": a}, ["a"])
    assert len(export.QuantizedFile(file)._packed) == 2
    whole = file.read_bytes()
    for place in range(len(whole)):
        for bit in (0, 3, 6):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            with pytest.raises(ValueError, match=r"damaged|not a whole|expected format"):
                export.load_quantized(file)


def older(file, packed, codes=(5,), levels=(-1.0, 1.0)):
    """As the first format was written, without a checksum."""
    from safetensors.torch import save_file

    tensors = {"a.codes": torch.tensor(codes, dtype=torch.uint8), "a.levels": torch.tensor(levels)}
    about = {"format": "pqtheory-quantized-1", "packed": packed}
    save_file(tensors, file, about)


def test_older_files_are_read_and_what_they_say_is_checked(tmp_path):
    file = tmp_path / "q"
    older(file, '{"a": {"shape": [3], "bits": 1}}')
    assert export.load_quantized(file)["a"].tolist() == [1.0, -1.0, 1.0]
    for packed, message in [
        ("", "packed: expected JSON"),
        ("[" * 100_000, "packed: expected JSON"),
        ("[]", r"packed: expected a mapping, got \[\]"),
        ('{"a": 3}', "'a': expected its shape and bits, got 3"),
        ('{"a": {"shape": [3], "bits": 9}}', "'a': expected 1 to 8 bits, got 9"),
        ('{"a": {"shape": [3], "bits": true}}', "'a': expected 1 to 8 bits, got True"),
        ('{"a": {"shape": [-3], "bits": 1}}', r"'a': expected a shape, got \[-3\]"),
        ('{"a": {"shape": 3, "bits": 1}}', "'a': expected a shape, got 3"),
        ('{"a": {"shape": [9], "bits": 1}}', r"expected 2 bytes of codes for the shape \(9,\)"),
        ('{"a": {"shape": [3], "bits": 4}}', "expected 2 bytes of codes"),
        ('{"c": {"shape": [3], "bits": 1}}', "'c': expected codes"),
    ]:
        older(file, packed)
        with pytest.raises(ValueError, match=f"q: {message}|q: .*{message}"):
            export.load_quantized(file)
    older(file, '{"a": {"shape": [3], "bits": 1}}', levels=(-1.0, 0.0, 1.0))
    with pytest.raises(ValueError, match="'a': expected at most 2 levels, in codebooks"):
        export.load_quantized(file)


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    file = tmp_path / "q"
    export.save_quantized(file, {"a": torch.ones(3)})
    before = file.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        export.save_quantized(file, {"a": torch.zeros(3)})
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_model_without_the_parameters_is_refused():
    net = models.SmallNet()
    opt = optim.BinaryConnect(torch.optim.SGD(optim.split_parameters(net), lr=0.1))
    with pytest.raises(
        ValueError, match=r"group 0, conv\.weight: this quantized parameter is not in it"
    ):
        opt.export(models.SmallNet())


def test_names_may_come_one_by_one(tmp_path):
    state = {name: torch.tensor([-1.0, 1.0]).repeat(400) for name in ("a", "b")}
    export.save_quantized(tmp_path / "list", state, ["a", "b"])
    export.save_quantized(tmp_path / "one by one", state, (name for name in state))
    sizes = {file.stat().st_size for file in tmp_path.iterdir()}
    assert len(sizes) == 1


def renamed(module, state, prefix, metadata):
    for name in [name for name in state if "fc." in name]:
        state[name.replace("fc.", "head.")] = state.pop(name)


def halved(module, state, prefix, metadata):
    for name in [name for name in state if name.endswith("fc.weight")]:
        state[name] = state[name].detach().half()


@pytest.mark.parametrize(("hook", "name"), [(renamed, "head.weight"), (halved, "fc.weight")])
def test_a_model_that_gives_its_state_in_another_way(hook, name, tmp_path):
    net = models.SmallNet()
    net.register_state_dict_post_hook(hook)
    opt = optim.BinaryConnect(torch.optim.SGD(optim.split_parameters(net), lr=0.1))
    state, names = opt.export(net)
    assert set(names) == {"conv.weight", "conv2.weight", name}
    assert state[name].abs().unique().tolist() == [1]
    export.save_quantized(tmp_path / "q", state, names)
    assert torch.equal(export.load_quantized(tmp_path / "q")[name], state[name])


def test_layers_whose_activations_are_computed_anew():
    from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper

    net = torch.nn.Sequential(checkpoint_wrapper(torch.nn.Linear(3, 2)))
    opt = optim.BinaryConnect(torch.optim.SGD(optim.split_parameters(net), lr=0.1))
    assert opt.export(net)[1] == ["0.weight"]


def test_the_second_format_is_read_and_compared_with_its_checksum(tmp_path):
    import hashlib

    from safetensors.torch import save

    tensors = {"a.codes": torch.tensor([5], dtype=torch.uint8), "a.levels": torch.tensor([-1.0, 1])}
    about = {"format": "pqtheory-quantized-2", "packed": '{"a": {"shape": [3], "bits": 1}}'}
    content = save(tensors, {**about, "sha256": "0" * 64})
    digest = hashlib.sha256(content).hexdigest().encode()
    file = tmp_path / "q"
    file.write_bytes(content.replace(b"0" * 64, digest, 1))
    assert export.load_quantized(file)["a"].tolist() == [1.0, -1.0, 1.0]
    file.write_bytes(content)
    with pytest.raises(ValueError, match="its checksum differs"):
        export.load_quantized(file)


def rewritten(file, about):
    """The file with another header entry, its checksum made anew."""
    from safetensors.torch import load, save

    content = file.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
    whole = save(load(content), {**header, **about, "sha256": "0" * 64})
    digest = export.hashlib.sha256(whole).hexdigest().encode()
    file.write_bytes(whole.replace(b"0" * 64, digest, 1))


def test_what_the_header_says_is_checked(tmp_path):
    file = tmp_path / "q"
    export.save_quantized(file, {"a": torch.tensor([-1.0, 1.0]).repeat(5, 8)}, ["a"])
    good = ["a.codes", "a.levels", 1, [5, 16], 0, []]
    for place, value, message in [
        (0, 3, "two names"),
        (0, "b", "expected codes"),
        (1, "b", "at most 2 levels"),
        (2, 17, "1 to 16 bits"),
        (2, True, "1 to 16 bits"),
        (3, [5, -16], "a shape"),
        (3, [5, 17], "11 bytes of codes"),
        (4, 2, "an axis of 2"),
        (5, [5], "rows below 5"),
        (5, [True], "rows below 5"),
    ]:
        wrong = [value if i == place else part for i, part in enumerate(good)]
        rewritten(file, {"packed": json.dumps({"a": wrong})})
        with pytest.raises(ValueError, match=f"'a': expected .*{message}|'a': {message}"):
            export.load_quantized(file)
    rewritten(file, {"packed": json.dumps({"a": good[:5]})})
    with pytest.raises(ValueError, match="'a': expected six entries"):
        export.load_quantized(file)
    for key in ("same", "objects"):
        rewritten(file, {"packed": json.dumps({"a": good}), key: '{"b": "c"}'})
        with pytest.raises(ValueError, match="'b': expected the name of a tensor, got 'c'"):
            export.load_quantized(file)
        rewritten(file, {key: "{}"})
    rewritten(file, {"packed": json.dumps({"a": good})})
    assert export.load_quantized(file)["a"].shape == (5, 16)


def test_a_tensor_is_packed_whichever_of_those_tied_to_it_has_the_first_name(tmp_path):
    torch.manual_seed(0)
    weights = torch.randn(64, 64).sign()
    sizes = []
    for names in ("ab", "ba"):
        file = tmp_path / names
        first, second = names
        export.save_quantized(file, {first: weights, second: weights.clone()}, ["a"])
        loaded = export.load_quantized(file)
        assert all(torch.equal(loaded[name], weights) for name in names)
        sizes.append(file.stat().st_size)
    export.save_quantized(tmp_path / "later", {"a": weights, "b": weights.clone()}, ["b"])
    assert {*sizes, (tmp_path / "later").stat().st_size} == {sizes[0]}
    assert sizes[0] < 64 * 64 / 8 + 500


def test_tied_tensors_are_written_once(tmp_path):
    weights = torch.where(torch.randn(64, 512) < 0, -0.5, 0.5)
    bias = torch.randn(4096)
    export.save_quantized(tmp_path / "one", {"a": weights, "b": bias}, ["a"])
    state = {"a": weights, "b": bias, "tied": weights.clone(), "view": bias[:], "c": bias.clone()}
    # also where only one of them is named
    export.save_quantized(tmp_path / "many", state, ["a"])
    sizes = [(tmp_path / name).stat().st_size for name in ("one", "many")]
    assert sizes[1] - sizes[0] < 300
    loaded = export.load_quantized(tmp_path / "many")
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())
    loaded["a"].zero_()
    assert torch.equal(loaded["tied"], weights)


def test_buffers_that_are_one_in_memory(tmp_path):
    zeros, numbers = torch.zeros(4, 6), torch.randn(4, 6)
    state = {"a": zeros, "b": zeros, "c": zeros.view(-1), "d": numbers, "e": numbers.view(6, 4)}
    export.save_quantized(tmp_path / "q", state)
    loaded = export.load_quantized(tmp_path / "q")
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())


class Odd(torch.nn.Module):
    """Extra state, a sparse buffer, buffers that share their memory, and names like those that we add."""

    def __init__(self):
        super().__init__()
        self.emb = torch.nn.Linear(64, 8)
        self.register_buffer("sparse", torch.eye(3).to_sparse())
        self.register_buffer("rows", torch.eye(3).to_sparse_csr())
        whole = torch.arange(6.0)
        self.register_buffer("first", whole[:4])
        self.register_buffer("last", whole[2:])
        self.register_buffer("wave", torch.ones(3, dtype=torch.complex64))
        self.register_buffer("ready", torch.tensor(True))
        self.seen = None

    def get_extra_state(self):
        return {"seen": [1, (2.5, "x")], "t": torch.ones(2)}

    def set_extra_state(self, state):
        self.seen = state


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
@pytest.mark.filterwarnings("ignore:Sparse invariant checks are implicitly disabled")
def test_what_is_no_plain_tensor_is_kept(tmp_path):
    net = Odd()
    with torch.no_grad():
        net.emb.weight.copy_(Binary().project(net.emb.weight))
    export.save_quantized(tmp_path / "q", net.state_dict(), ["emb.weight"])
    other = Odd()
    other.load_state_dict(export.load_quantized(tmp_path / "q"))
    assert other.seen["seen"] == [1, (2.5, "x")]
    assert torch.equal(other.seen["t"], torch.ones(2))
    for name, value in net.state_dict().items():
        if isinstance(value, torch.Tensor):
            found = other.state_dict()[name]
            assert found.layout == value.layout
            assert torch.equal(found.to_dense(), value.to_dense()), name


@pytest.mark.parametrize("packed", [[], ["none", "rows"]])
def test_tensors_without_entries_are_written(packed, tmp_path):
    state = {"none": torch.empty(0), "rows": torch.empty(3, 0, dtype=torch.int64)}
    state["weight"] = torch.ones(2, 2)
    export.save_quantized(tmp_path / "net", state, packed)
    found = export.load_quantized(tmp_path / "net")
    assert found.keys() == state.keys()
    for name, tensor in state.items():
        assert torch.equal(found[name], tensor), name
        assert found[name].dtype == tensor.dtype, name


def test_names_that_collide_with_ours(tmp_path):
    signs = torch.tensor([-1.0, 1.0]).repeat(40, 20)
    state = {
        "emb": signs,
        "emb.codes": torch.arange(8.0),
        "emb.levels": torch.zeros(3),
        "emb.levels_": torch.ones(3),
        "emb.codes.codes": torch.arange(4.0),
        "": torch.tensor([2.0, 3.0]),
    }
    export.save_quantized(tmp_path / "q", state, ["emb"])
    loaded = export.load_quantized(tmp_path / "q")
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())


def test_plain_torch_reads_it_with_the_lines_of_the_page(tmp_path, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")
    (block,) = (b for b in page.split("```python\n")[1:] if "safe_open" in b)
    lines = block.split("```")[0]
    statements = [x for x in ast.walk(ast.parse(lines)) if isinstance(x, ast.Assign | ast.For)]
    assert len(statements) == 5
    assert "pqtheory" not in lines
    net = torch.nn.ModuleDict(
        {
            "emb": torch.nn.Embedding(70, 32, padding_idx=0),
            "lin": torch.nn.Linear(32, 70),
            "up": torch.nn.ConvTranspose2d(8, 40, 5),
            "conv": torch.nn.Conv2d(30, 20, 3),
            "again": torch.nn.Conv2d(30, 20, 3),
        }
    )
    net["lin"].weight = net["emb"].weight
    # equal, but not one: as in the layers of a Transformer, which torch copies
    net["again"].load_state_dict(net["conv"].state_dict())
    with torch.no_grad():
        net["emb"].weight.copy_(Ternary(0.5).project(net["emb"].weight))
        net["emb"].weight[net["emb"].weight == 0] = 0.5
        net["emb"].weight[0] = 0
        net["up"].weight.copy_(codebook_per(1, (8, 40, 5, 5), 3))
        net["conv"].weight.copy_(codebook_per(0, (20, 30, 3, 3), 2))
    packed = [f"{name}.weight" for name in ("emb", "up", "conv")]
    monkeypatch.chdir(tmp_path)
    export.save_quantized("net.safetensors", net.state_dict(), packed)
    assert len(export.QuantizedFile("net.safetensors")._packed) == 4
    expected = {name: value.clone() for name, value in net.state_dict().items()}
    for parameter in net.parameters():
        torch.nn.init.constant_(parameter, 9.0)
    exec(compile(lines, "docs/networks.md", "exec"), {"net": net})
    for name, value in net.state_dict().items():
        assert torch.equal(value, expected[name]), name
