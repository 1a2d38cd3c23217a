"""Several processes: replicas stay equal, shards are mapped as the whole is, and their state is one state."""

import copy
from dataclasses import asdict

import pytest
import torch
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.nn.parallel import DistributedDataParallel

from pqtheory import methods
from pqtheory.networks import optim
from pqtheory.networks.export import load_quantized, save_quantized
from pqtheory.networks.tracking import OptimizerCodes
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import AlternatingDistance, FittedBump
from pqtheory.schedules import Linear
from pqtheory.sets import ScaledBinary, Ternary

from .optimizers import PAIRS, Net, W, adam, batches, train
from .processes import in_two_processes
from .test_moves import EVERY, latents, same

EVERYTHING = StateDictOptions(full_state_dict=True, cpu_offload=True)


def equal_on_both(tensors):
    for t in tensors:
        both = [torch.empty_like(t), torch.empty_like(t)]
        torch.distributed.all_gather(both, t.detach().contiguous())
        if not torch.equal(*both):
            return False
    return True


def _replicas(rank, path):
    _frozen_replicas(rank)
    for name in EVERY:
        for after in (False, True):
            for seed in (0, rank):
                torch.manual_seed(seed)
                net = Net()
                net.norm = nn.Identity()
                first = [v.clone() for v in net.parameters()]
                if not after:
                    model = DistributedDataParallel(net)
                opt = PAIRS[name][1](adam(net))
                if after:
                    model = DistributedDataParallel(net)
                data = [(x[rank::2], y[rank::2]) for x, y in batches(3)]
                train(model, opt, data)
                what = f"{name}, wrapped {'after' if after else 'before'}, seed {seed}"
                assert equal_on_both(latents(opt)), what
                assert equal_on_both(net.parameters()), what
                # those of the first process, and not what it showed
                if rank == 0:
                    moved = (latents(opt)[0] - first[0]).abs().max()
                    assert moved < 0.1 or name == "proxquant", what
                opt.freeze()
                train(model, opt, data)
                assert equal_on_both(net.parameters()), what


def _frozen_replicas(rank):
    """Codes at the start are those of the first process too."""
    torch.manual_seed(rank)
    net = Net()
    net.norm = nn.Identity()
    opt = optim.BinaryConnect(adam(net), Ternary(0.1), freezing=optim.Freezing(0.005))
    model = DistributedDataParallel(net)
    train(model, opt, [(x[rank::2], y[rank::2]) for x, y in batches(6)])
    for name in ("oscillation_code", "oscillation_mean_code", "oscillation_frozen"):
        assert equal_on_both([opt.state[p][name].float() for p, _ in opt.latent_parameters()]), name
    assert bool(opt.state[net.conv.weight]["oscillation_frozen"].any())


def test_replicas_stay_equal_whichever_was_made_first(tmp_path):
    in_two_processes(_replicas, tmp_path)


#: elementwise, by rows, by the whole tensor; eager and lazy
SHARDED = {
    "proxquant": lambda base: optim.ProxQuant(base, W, Linear(0.02)),
    "binaryconnect": lambda base: optim.BinaryConnect(base, Ternary(0.2), clip=0.5),
    "binaryrelax, rows": lambda base: optim.BinaryRelax(base, 0.5, set=ScaledBinary(-1)),
    "binaryconnect, tensor": lambda base: optim.BinaryConnect(base, ScaledBinary()),
    "proxquant, columns": lambda base: optim.ProxQuant(base, AlternatingMultiBit(2, axis=0), 0.5),
    "lazyprox, tensor": lambda base: optim.LazyProx(base, AlternatingMultiBit(2), 0.5),
    "bop": lambda base: optim.QuantizingOptimizer(base, methods.Bop, threshold=0.0),
    "frozen, dampened": lambda base: optim.BinaryConnect(
        base, Ternary(0.2), dampening=-0.3, freezing=optim.Freezing(0.005)
    ),
    "frozen, pulled": lambda base: optim.QuantizingOptimizer(
        base,
        methods.EagerPull,
        regularizer=AlternatingDistance(AlternatingMultiBit(2)),
        strength=0.1,
        freezing=optim.Freezing(0.005),
    ),
    "refitted, columns": lambda base: optim.QuantizingOptimizer(
        base,
        methods.LazyProx,
        regularizer=FittedBump(AlternatingMultiBit(2, axis=0)),
        strength=Linear(0.1),
        refit_every=2,
    ),
}


#: what needs nothing but codes, a number for each weight, and values
METRICS = ("flips", "oscillating", "near_threshold", "long_paths")


def small():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 7), nn.Tanh(), nn.Linear(7, 3)).double()


def images(count):
    g = torch.Generator().manual_seed(2)
    return [
        (
            torch.randn(8, 6, generator=g, dtype=torch.float64),
            torch.randint(0, 3, (8,), generator=g),
        )
        for _ in range(count)
    ]


def _shards(rank, path):
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.tensor import DTensor

    mesh = init_device_mesh("cpu", (2,))
    for name, wrap in SHARDED.items():
        net = small()
        for layer in (net[0], net[2]):
            fully_shard(layer, mesh=mesh)
        fully_shard(net, mesh=mesh)
        opt = wrap(adam(net))
        codes = OptimizerCodes(opt, net.named_parameters(), METRICS)
        # every process has the same data, so that the mean over them is that of one
        train(net, opt, images(3))
        seen = {layer: asdict(m) for layer, m in codes.update().items()}
        again = OptimizerCodes(opt, net.named_parameters(), METRICS)
        again.load_state_dict(codes.state_dict())
        assert again.update()["all"].flips == 0, name
        of_part = codes.tracker.codes("0.weight")
        assert of_part.size < net[0].weight.numel() or rank == 0
        assert isinstance(net[0].weight, DTensor)
        if name.startswith(("binary", "lazy")):
            assert isinstance(opt.state[net[0].weight]["latent"], DTensor), name
        # what is not shared is not copied
        saved = copy.deepcopy(
            {
                "model": get_model_state_dict(net, options=EVERYTHING),
                "opt": get_optimizer_state_dict(net, opt, options=EVERYTHING),
            }
        )
        sharded = copy.deepcopy((get_model_state_dict(net), get_optimizer_state_dict(net, opt)))
        with opt.quantized():
            levels = get_model_state_dict(net, options=EVERYTHING)
        train(net, opt, images(5)[3:])
        end = {
            "levels": levels,
            "codes": seen,
            "after": get_model_state_dict(net, options=EVERYTHING),
            "latent": [v.full_tensor() if isinstance(v, DTensor) else v for v in latents(opt)],
        }
        if rank == 0:
            torch.save({**saved, "end": end}, f"{path}/{name}.pt")
        # back into a fresh one, sharded as it was
        net = small()
        fully_shard(net, mesh=mesh)
        again = wrap(adam(net))
        set_model_state_dict(net, sharded[0])
        set_optimizer_state_dict(net, again, sharded[1])
        train(net, again, images(5)[3:])
        assert again.steps == 5
        if name.startswith(("binary", "lazy")):
            with pytest.raises(ValueError, match=r"0\.weight: .*set_optimizer_state_dict$"):
                again.load_state_dict(wrap(adam(small())).state_dict())
        found = [v.full_tensor() if isinstance(v, DTensor) else v for v in latents(again)]
        assert same(found, end["latent"]), name
        again.freeze()
        held = [v.to_local() for v in latents(again)]
        train(net, again, images(1))
        assert same(held, [v.to_local() for v in latents(again)]), name
        state, packed = again.export(net)
        file = f"{path}/{rank}.safetensors"
        with pytest.raises(TypeError, match=r"^0\.weight: expected a whole tensor.* full_tensor"):
            save_quantized(file, state, packed)
        state = {n: v.full_tensor() if isinstance(v, DTensor) else v for n, v in state.items()}
        save_quantized(file, state, packed)
        assert load_quantized(file).keys() == state.keys()


def test_shards_train_as_the_whole_and_go_on_in_one_process(tmp_path):
    in_two_processes(_shards, tmp_path)
    for name, wrap in SHARDED.items():
        saved = torch.load(tmp_path / f"{name}.pt", weights_only=True)
        net = small()
        opt = wrap(adam(net))
        codes = OptimizerCodes(opt, net.named_parameters(), METRICS)
        train(net, opt, images(3))
        seen = {layer: asdict(m) for layer, m in codes.update().items()}
        assert seen == _near(saved["end"]["codes"]), name
        for key, value in saved["model"].items():
            torch.testing.assert_close(net.state_dict()[key], value, rtol=0, atol=1e-9)
        with opt.quantized():
            for key, value in saved["end"]["levels"].items():
                torch.testing.assert_close(net.state_dict()[key], value, rtol=0, atol=1e-9)
        # from two processes to one, bit for bit
        torch.manual_seed(4)
        net = small()
        opt = wrap(adam(net))
        set_model_state_dict(net, saved["model"])
        set_optimizer_state_dict(net, opt, saved["opt"])
        assert opt.steps == 3
        for key, value in saved["model"].items():
            assert torch.equal(net.state_dict()[key], value), (name, key)
        state = get_optimizer_state_dict(net, opt)["state"]
        for key, values in saved["opt"]["state"].items():
            for kind, value in values.items():
                assert torch.equal(state[key][kind], value), (name, key, kind)
        train(net, opt, images(5)[3:])
        for a, b in zip(latents(opt), saved["end"]["latent"], strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-9)


def _near(found):
    """The same but for how lengths of paths are rounded."""
    return {
        layer: {
            name: pytest.approx(v) if name == "path_ratio" and v is not None else v
            for name, v in metrics.items()
        }
        for layer, metrics in found.items()
    }


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("name", EVERY)
def test_the_state_by_names_goes_into_a_fresh_optimizer(net, name, flat):
    options = StateDictOptions(flatten_optimizer_state_dict=flat)
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(3))
    state = copy.deepcopy(get_optimizer_state_dict(net, opt, options=options))
    torch.manual_seed(8)
    other = Net()
    again = PAIRS[name][1](adam(other))
    assert get_optimizer_state_dict(other, again, options=options).keys() == state.keys()
    assert again.steps == 0
    other.load_state_dict(net.state_dict())
    set_optimizer_state_dict(other, again, state, options=options)
    assert again.steps == 3
    assert same(latents(opt), latents(again))
    assert train(net, opt, batches(2)) == train(other, again, batches(2))


def _flattened(rank, path):
    from torch.distributed.fsdp import FullyShardedDataParallel

    for originals in (True, False):
        net = FullyShardedDataParallel(
            nn.Sequential(nn.Linear(6, 4)), use_orig_params=originals, device_id=torch.device("cpu")
        )
        for name in EVERY:
            group = {"params": list(net.parameters()), "quantize": True}
            base = torch.optim.SGD([group], lr=0.1)
            before = copy.copy(base.param_groups[0])
            with pytest.raises(ValueError, match=r"group 0: parameter 0: FSDP1 .*fully_shard") as e:
                PAIRS[name][1](base)
            assert "\n" not in str(e.value)
            assert base.param_groups[0] == before


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_fsdp1_is_refused_in_one_line(tmp_path):
    in_two_processes(_flattened, tmp_path)
