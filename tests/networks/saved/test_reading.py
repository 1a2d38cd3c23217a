"""Every kind of file gives the same weights, in training and in ``signs``; what is no weights is said."""

import io
import os
import pickle
import warnings
from contextlib import suppress

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pqtheory.networks import optim
from pqtheory.networks.checkpoints import sign_series
from pqtheory.networks.export import save_quantized
from pqtheory.networks.saved import Checkpoint, aligned
from pqtheory.signs import SignTracker

from .files import MATRICES, WRITERS, net, weights, write, write_tar

pytestmark = pytest.mark.filterwarnings("ignore:.*TypedStorage is deprecated")


def read_by_plain_names(path, key=None):
    checkpoint = Checkpoint(path, key)
    called = aligned(list(weights()), checkpoint.names)
    return {name: checkpoint[other] for name, other in called.items()}, checkpoint


@pytest.mark.parametrize("kind", WRITERS)
def test_every_kind_of_file_gives_the_weights(kind, tmp_path):
    expected = weights()
    found, checkpoint = read_by_plain_names(write(kind, expected, tmp_path / "a"))
    assert found.keys() == expected.keys() == aligned(list(expected), checkpoint.names).keys()
    assert len(checkpoint.names) == len(expected)
    for name, value in expected.items():
        assert (found[name].dtype, found[name].shape) == (value.dtype, value.shape), name
        assert torch.equal(found[name], value), name
        assert not found[name].requires_grad


@pytest.mark.parametrize("kind", WRITERS)
def test_the_signs_are_those_of_a_tracker(kind, tmp_path):
    series = [weights(seed) for seed in range(3)]
    # names and layouts may change on the way
    paths = [
        write(k, s, tmp_path / str(i))
        for i, (k, s) in enumerate(zip(("plain.pt", kind, kind), series, strict=True))
    ]
    found = sign_series(paths)
    tracker = SignTracker({n: series[0][n] for n in MATRICES})
    expected = [tracker.update({n: s[n] for n in MATRICES}) for s in series[1:]]
    assert list(found.metrics) == [*MATRICES, "all"]
    for name in MATRICES:
        assert found.metrics[name] == [e[name] for e in expected]


def test_tensors_of_one_shape_are_no_ties_in_a_packed_archive(tmp_path):
    paths = []
    for seed in range(2):
        torch.manual_seed(seed)
        state = {"a": torch.randn(3, 4), "b": torch.randn(3, 4)}
        paths.append(write("compressed.pt", state, tmp_path / str(seed)))
    assert list(sign_series(paths).metrics) == ["a", "b", "all"]


def test_torch_reads_the_tar_file_that_these_tests_write(tmp_path):
    write_tar(weights(), tmp_path / "a.tar")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = torch.load(tmp_path / "a.tar", weights_only=False)
    assert all(torch.equal(found[n], v) for n, v in weights().items())


class Runs:
    """What a bad file would do."""

    def __reduce__(self):
        return os.mkdir, ("ran",)


@pytest.mark.parametrize("legacy", [False, True])
def test_nothing_in_a_file_is_run(tmp_path, monkeypatch, legacy):
    monkeypatch.chdir(tmp_path)
    content = {"model": weights(), "bad": Runs()}
    torch.save(content, "bad.pt", _use_new_zipfile_serialization=not legacy)
    assert Checkpoint("bad.pt").names == tuple(weights())
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / ".metadata").write_bytes(pickle.dumps(Runs()))
    with pytest.raises(ValueError, match="d: not a distributed checkpoint"):
        Checkpoint("d")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Runs(), 2))
    with pytest.raises(ValueError, match=r"plain\.pt: not a checkpoint of plain tensors"):
        Checkpoint("plain.pt")
    assert not (tmp_path / "ran").exists()


def test_a_pickle_cannot_change_what_reads_the_next_one(tmp_path):
    """BUILD on a function or a class that was looked up sets its attributes."""
    from pqtheory.networks.saved import pickles

    before = {name: known.__doc__ for name, known in pickles.TORCH.items()}
    for module, name in pickles.TORCH:
        # GLOBAL, then BUILD with (None, {"__doc__": "x"})
        state = b"N}X\x07\x00\x00\x00__doc__X\x01\x00\x00\x00xs\x86b."
        content = b"\x80\x02c" + f"{module}\n{name}\n".encode() + state
        with suppress(TypeError, AttributeError):
            next(pickles.read_pickles(io.BytesIO(content)))
    assert before == {name: known.__doc__ for name, known in pickles.TORCH.items()}


DTYPES = [
    *(torch.float16, torch.bfloat16, torch.float64, torch.int8, torch.int16),
    *(torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("ending", ["pt", "older", "safetensors"])
def test_odd_numbers_have_their_signs(dtype, ending, tmp_path):
    series = [(10 * weights(seed)["0.weight"]).to(dtype) for seed in range(3)]
    files = [tmp_path / f"{i}.{ending}" for i in range(3)]
    for value, file in zip(series, files, strict=True):
        if ending == "safetensors":
            save_file({"w": value}, file)
        else:
            torch.save({"w": value}, file, _use_new_zipfile_serialization=ending == "pt")
    assert torch.equal(Checkpoint(files[0])["w"].to(torch.float64), series[0].to(torch.float64))
    tracker = SignTracker({"w": series[0].to(torch.float64)})
    expected = [tracker.update({"w": value.to(torch.float64)})["w"] for value in series[1:]]
    found = sign_series(files)
    assert found.metrics["w"] == expected
    assert expected[0].flips > 0.3


@pytest.mark.parametrize(
    "name", ["upsampler", "Resampler", "random_features", "rng_net", "upscaler"]
)
def test_networks_beside_others_whose_names_are_like_a_sampler_s_are_weights(name, tmp_path):
    content = {"encoder": {"weight": torch.ones(2, 2)}, name: {"weight": torch.ones(3, 2)}}
    torch.save(
        {**content, "rng_state": torch.ones(9), "sampler": {"at": torch.ones(3)}}, tmp_path / "a"
    )
    assert Checkpoint(tmp_path / "a").names[:2] == ("encoder.weight", f"{name}.weight")
    torch.save({"encoder": content, name: {"a.weight": torch.ones(2, 2)}}, tmp_path / "b")
    with pytest.raises(ValueError, match=f"found 'encoder', '{name}'; choose one by key"):
        Checkpoint(tmp_path / "b")


class Shared(torch.Tensor):
    """Keeps its numbers in another tensor, as DTensor does."""

    def __new__(cls, local, rows):
        self = torch.Tensor._make_wrapper_subclass(cls, (rows, *local.shape[1:]), dtype=local.dtype)
        self._local_tensor = local
        return self

    @classmethod
    def __torch_dispatch__(cls, function, types, arguments=(), options=None):
        raise NotImplementedError


class OnDevice:
    """A tensor of an accelerator as torch pickles it."""

    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        numbers = self.tensor.float().numpy()
        make = torch._utils._rebuild_device_tensor_from_numpy
        return make, (numbers, self.tensor.dtype, "cpu", False)


def test_a_tensor_of_an_accelerator_and_one_that_is_whole_on_its_process_are_read(tmp_path):
    w = torch.randn(4, 3).bfloat16()
    torch.save({"a": OnDevice(w), "b": Shared(w, 4), "c": torch.nn.Parameter(w)}, tmp_path / "a.pt")
    found = Checkpoint(tmp_path / "a.pt")
    assert found.names == ("a", "b", "c")
    for name in found.names:
        assert found[name].dtype == w.dtype
        assert torch.equal(found[name], w)


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (
            lambda w: Shared(w, 8),
            "'b': a 'Shared' keeps its numbers in other tensors; save full_tensor",
        ),
        (lambda w: w.to("meta"), "'b': a tensor on the meta device has no numbers"),
    ],
    ids=["a part", "meta"],
)
def test_a_tensor_without_its_numbers_is_not_left_out_silently(odd, said, tmp_path):
    w = torch.randn(4, 3)
    torch.save({"a": w, "b": odd(w)}, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=f"a.pt: {said}"):
        sign_series([tmp_path / "a.pt"] * 2)
    assert list(sign_series([tmp_path / "a.pt"] * 2, only="a").metrics) == ["a", "all"]


@pytest.mark.filterwarnings("ignore:Sparse .* tensor support is in beta")
@pytest.mark.filterwarnings("ignore:Sparse invariant checks are implicitly disabled")
@pytest.mark.filterwarnings("ignore:.*quantiz.*deprecated", "ignore:.*torchao.*")
@pytest.mark.parametrize(
    "change",
    [
        lambda w: w.to_sparse(),
        lambda w: w.to_sparse_csr(),
        lambda w: w.to_sparse_csc(),
        lambda w: w.to_sparse_bsr((2, 3)),
        lambda w: torch.quantize_per_tensor(w, 0.1, 3, torch.qint8),
        lambda w: torch.quantize_per_channel(
            w, torch.linspace(0.05, 0.1, 10), torch.arange(10), 0, torch.quint8
        ),
        lambda w: w[::2, ::3],
        lambda w: w.t(),
        lambda w: torch.complex(torch.ones_like(w), w).conj().imag,
    ],
    ids=[
        *("coo", "csr", "csc", "bsr", "per tensor", "per channel"),
        *("slices", "transposed", "negated when read"),
    ],
)
def test_odd_layouts_are_read_as_they_are_meant(change, tmp_path):
    series = []
    for seed in range(2):
        dense = torch.where(weights(seed)["0.weight"].abs() < 0.4, 0, weights(seed)["0.weight"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            series.append(change(dense))
        torch.save({"w": series[-1], "b": torch.ones(3)}, tmp_path / f"{seed}.pt")
    expected = [w.dequantize() if w.is_quantized else w.to_dense().resolve_neg() for w in series]
    for seed, value in enumerate(expected):
        found = Checkpoint(tmp_path / f"{seed}.pt")["w"]
        torch.testing.assert_close(found, value, rtol=1e-6, atol=1e-6)
    tracker = SignTracker({"w": expected[0]})
    found = sign_series([tmp_path / "0.pt", tmp_path / "1.pt"])
    assert found.metrics["w"] == [tracker.update({"w": expected[1]})["w"]]


def test_numbers_without_signs_are_left_out_and_said(tmp_path):
    for seed in range(2):
        w = weights(seed)["0.weight"]
        content = {"w": w, "wave": w.to(torch.cfloat), "ids": torch.ones(3, 3, dtype=torch.int64)}
        torch.save({**content, "mask": w > 0, "code": w.to(torch.uint8)}, tmp_path / f"{seed}.pt")
    found = sign_series([tmp_path / "0.pt", tmp_path / "1.pt"])
    assert list(found.metrics) == ["w", "all"]
    assert found.without_signs == {"wave": "complex64"}


def test_quantized_networks_of_ours_are_read(tmp_path):
    signs = []
    for seed in range(2):
        model = net(seed)
        opt = optim.BinaryConnect(torch.optim.SGD(optim.split_parameters(model), lr=0.1))
        state, names = opt.export(model)
        save_quantized(tmp_path / f"{seed}.safetensors", state, names)
        signs.append(state)
    found = sign_series([tmp_path / "0.safetensors", tmp_path / "1.safetensors"])
    for name in MATRICES:
        changed = (signs[0][name] != signs[1][name]).double().mean().item()
        assert found.metrics[name][0].flips == changed
    assert torch.equal(Checkpoint(tmp_path / "0.safetensors")["0.weight"], signs[0]["0.weight"])


def test_tied_tensors_are_tracked_once(tmp_path):
    for seed, extra in ((0, True), (1, False)):
        w, v = weights(seed)["0.weight"], weights(seed)["2.0.weight"]
        tied = {"dec": w} if extra else {}
        torch.save({**tied, "emb": w, "v": v}, tmp_path / f"{seed}.pt")
    files = [tmp_path / "0.pt", tmp_path / "1.pt"]
    for order in (files, files[::-1]):
        assert list(sign_series(order).metrics) == ["emb", "v", "all"]
    # tied in both: one of them counts
    both = sign_series([files[0], files[0]])
    assert list(both.metrics) == ["dec", "v", "all"]
    assert both.metrics["all"][0].size == 60 + 20
    # no longer tied: both count
    w = weights(2)["0.weight"]
    torch.save({"dec": w, "emb": -w, "v": weights(2)["2.0.weight"]}, tmp_path / "2.pt")
    assert list(sign_series([files[0], tmp_path / "2.pt"]).metrics) == ["dec", "emb", "v", "all"]


def test_a_tensor_called_all_is_not_the_sum(tmp_path):
    for seed in range(2):
        content = {"all": weights(seed)["0.weight"], "w": weights(seed)["2.0.weight"]}
        torch.save(content, tmp_path / f"{seed}.pt")
    found = sign_series([tmp_path / "0.pt", tmp_path / "1.pt"])
    assert list(found.metrics) == ["all (a tensor)", "w", "all"]
    assert found.metrics["all"][0].size == 80


@pytest.mark.parametrize(
    ("content", "key", "said"),
    [
        (
            {"teacher": "weights", "student": "weights"},
            None,
            "one state_dict, found 'teacher', 'student'; choose",
        ),
        (
            {"teacher": "weights", "student": "weights"},
            "pupil",
            "no key 'pupil'; there are 'teacher', 'student'",
        ),
        ({"teacher": "weights", "step": 3}, "step", "expected a state_dict, got 3"),
        (
            {"teacher": "weights", "step": 3},
            "step.x",
            "no key 'step.x'; there are 'teacher', 'step'",
        ),
        ({"epoch": 3, "note": "x"}, None, "no tensors, keys 'epoch', 'note'; give a file"),
        ("optimizer", None, "the state of an optimizer, not weights"),
        (3, None, "expected a state_dict, got 3; save model.state_dict()"),
        ({f"k{i}": i for i in range(20)}, None, "'k11' and 8 more"),
    ],
)
def test_what_cannot_be_read_says_which_keys_there_are(content, key, said, tmp_path):
    file = tmp_path / "odd.pt"
    if content == "optimizer":
        content = torch.optim.Adam(net().parameters()).state_dict()
    if isinstance(content, dict):
        content = {k: weights() if v == "weights" else v for k, v in content.items()}
    torch.save(content, file)
    with pytest.raises(ValueError, match=r"odd\.pt: ") as caught:
        Checkpoint(file, key)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_key_says_where(tmp_path):
    file = tmp_path / "gan.pt"
    content = {"g": {"net": weights(1)}, "d": {"net": weights(2), "a.b": {"c": weights(3)}}}
    torch.save(content, file)
    for key, seed in (("g", 1), ("g.net", 1), ("d.net", 2), ("d.a.b", 3), ("d.a.b.c", 3)):
        found, _ = read_by_plain_names(file, key)
        if key == "g":
            found = {n: Checkpoint(file, key)[f"net.{n}"] for n in weights()}
        assert all(torch.equal(found[n], v) for n, v in weights(seed).items()), key
    save_file({f"ema.{n}": v for n, v in weights(4).items()}, tmp_path / "flat.safetensors")
    found, _ = read_by_plain_names(tmp_path / "flat.safetensors", "ema")
    assert torch.equal(found["0.weight"], weights(4)["0.weight"])


def test_a_layer_that_is_called_model_is_one_of_many(tmp_path):
    content = {
        "model": {"model": {"weight": torch.ones(2, 2)}, "head": {"weight": torch.ones(3, 2)}}
    }
    torch.save(content, tmp_path / "a.pt")
    assert Checkpoint(tmp_path / "a.pt").names == ("model.weight", "head.weight")


def test_modules_whose_names_are_like_an_optimizer_s_are_weights(tmp_path):
    content = {"sampler": {"weight": torch.ones(2, 2)}, "random": {"weight": torch.ones(3, 2)}}
    torch.save({"model": content}, tmp_path / "a.pt")
    assert Checkpoint(tmp_path / "a.pt").names == ("sampler.weight", "random.weight")


@pytest.mark.parametrize("kind", ["plain.pt", "of a version before 1.6.pth", "model.safetensors"])
def test_a_file_that_is_cut_off_is_an_error_that_names_it(kind, tmp_path):
    path = write(kind, weights(), tmp_path)
    whole = path.read_bytes()
    for size in (0, 1, 70, len(whole) // 3, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=rf"{path}: not a checkpoint of plain tensors"):
            Checkpoint(path)


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (b"GGUF\x03\x00", "a GGUF file"),
        (b"\x89HDF\r\n", "an HDF5 file"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "run git lfs pull"),
        (b"nothing", "begins like no file of torch"),
        (b"PK\x03\x04 and no more", "zip"),
        (b"\x80\x02K\x03.", "not a checkpoint"),
    ],
)
def test_foreign_files_are_named(begin, said, tmp_path):
    (tmp_path / "x.bin").write_bytes(begin)
    with pytest.raises(
        ValueError, match=rf"x\.bin: not a checkpoint of plain tensors: .*{said}|{said}"
    ):
        Checkpoint(tmp_path / "x.bin")


@pytest.mark.parametrize("more", [b"", pickle.dumps(1), pickle.dumps(1) * 2])
def test_pickles_of_others_are_told_however_many_there_are(more, tmp_path):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps({"w": np.ones((2, 2))}) + more)
    with pytest.raises(ValueError, match=r"x\.pkl: .*: a pickle, but not of torch\.save"):
        Checkpoint(tmp_path / "x.pkl")


def test_a_program_of_torchscript_says_what_to_do(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(torch.nn.Linear(3, 3)).save(str(tmp_path / "jit.pt"))
    with pytest.raises(ValueError, match=r"jit\.pt: .*TorchScript.*save torch\.jit\.load"):
        Checkpoint(tmp_path / "jit.pt")


def test_names_that_differ_by_wrappers_or_one_prefix_are_the_same():
    names = ["a.weight", "b.module.weight"]
    assert aligned(names, names) == {n: n for n in names}
    assert aligned(names, ["module.a.weight", "x"]) == {"a.weight": "module.a.weight"}
    assert aligned(["a._orig_mod.w"], ["module.a.w"]) == {"a._orig_mod.w": "module.a.w"}
    assert aligned(["fc.w", "fc.b"], ["net.fc.b", "net.fc.w", "net.head.w"]) == {
        "fc.w": "net.fc.w",
        "fc.b": "net.fc.b",
    }
    assert aligned(["net.fc.w", "net.fc.b"], ["fc.w", "fc.b"]) == {
        "net.fc.w": "fc.w",
        "net.fc.b": "fc.b",
    }
    # two that would become one stay two
    assert aligned(["a", "module.a"], ["a", "module.a"]) == {"a": "a", "module.a": "module.a"}
    assert aligned(["a"], ["b"]) == {}
    assert aligned([], ["b"]) == {}


def test_only_what_is_asked_for_is_read(tmp_path):
    """A damaged tensor is no hindrance to the others."""
    write("distributed", weights(), tmp_path)
    write("model.safetensors", weights(), tmp_path)
    checkpoint = Checkpoint(tmp_path / "distributed")
    for file in (tmp_path / "distributed").glob("*.distcp"):
        content = bytearray(file.read_bytes())
        content[-200:] = bytes(200)
        file.write_bytes(content)
    good = [n for n in MATRICES if is_readable(checkpoint, n)]
    assert good
    assert np.isfinite(checkpoint[good[0]].numpy()).all()


def is_readable(checkpoint, name):
    try:
        return torch.equal(checkpoint[name], weights()[name])
    except ValueError as error:
        return str(checkpoint.path) not in str(error)
