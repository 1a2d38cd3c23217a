"""Files as they lie on people's disks: what writes each kind, and the weights that are in all of them."""

import argparse
import collections
import io
import pickle
import struct
import tarfile
import warnings
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn


def net(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Embedding(10, 6), nn.LSTM(6, 5), nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4))
    )


MATRICES = ["0.weight", "1.weight_ih_l0", "1.weight_hh_l0", "2.0.weight"]


def weights(seed=0):
    return net(seed).state_dict()


def write_legacy(state, file):
    torch.save(state, file, _use_new_zipfile_serialization=False)


def write_tar(state, file):
    """As versions before 0.2 wrote it; torch itself reads it."""
    storages, tensors = io.BytesIO(), io.BytesIO()
    keys = {name: i for i, name in enumerate(state)}
    kinds = {torch.float32: (torch.FloatStorage, torch.FloatTensor)}
    kinds[torch.int64] = (torch.LongStorage, torch.LongTensor)
    pickle.dump(len(state), storages, 2)
    pickle.dump(len(state), tensors, 2)
    for name, tensor in state.items():
        storage, kind = kinds[tensor.dtype]
        pickle.dump((1000 + keys[name], "cpu", storage), storages, 2)
        storages.write(struct.pack("<q", tensor.numel()) + tensor.numpy().tobytes())
        pickle.dump((keys[name], 1000 + keys[name], kind), tensors, 2)
        tensors.write(struct.pack("<ii", tensor.dim(), 0))
        for numbers in (tensor.shape, tensor.stride(), (0,)):
            tensors.write(struct.pack(f"<{len(numbers)}q", *numbers))
    pickle.dump([], storages, 2)

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return next((keys[n] for n, t in state.items() if t is value), None)

    content = io.BytesIO()
    Pickler(content, 2).dump(collections.OrderedDict(state))
    with tarfile.open(file, "w:", format=tarfile.PAX_FORMAT) as archive:
        for name, part in (("storages", storages), ("tensors", tensors), ("pickle", content)):
            info = tarfile.TarInfo(name)
            info.size = len(part.getvalue())
            archive.addfile(info, io.BytesIO(part.getvalue()))


def write_whole_model(state, file):
    model = net()
    model.load_state_dict(state)
    torch.save(model, file)


def write_distributed(state, folder):
    import torch.distributed.checkpoint as dcp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dcp.save(state, checkpoint_id=folder)


def nested(*keys, **beside):
    """A writer of a state_dict under these keys, with something else beside it."""

    def write(state, file):
        for i, key in enumerate(reversed(keys)):
            state = {key: state, **(beside if i == len(keys) - 1 else {})}
        torch.save(state, file)

    return write


def adam(state):
    model = net()
    optimizer = torch.optim.Adam(model.parameters())
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    optimizer.step()
    return optimizer.state_dict()


class Settings:
    """A class that a reader does not know."""

    def __init__(self):
        self.lr, self.table = 0.1, torch.ones(3, 3)


#: what writes a file of that name
WRITERS = {
    "plain.pt": lambda s, f: torch.save(s, f),
    "of a version before 1.6.pth": write_legacy,
    "of a version before 0.2.pt": write_tar,
    "ending.CKPT": lambda s, f: torch.save(s, f),
    "no ending": lambda s, f: torch.save(s, f),
    "whole model.pt": write_whole_model,
    "whole model, older.pt": lambda s, f: write_older_model(s, f),
    "model.safetensors": save_file,
    "MODEL.SAFETENSORS": save_file,
    "named like torch.bin": save_file,
    "arrays.npz": lambda s, f: np.savez(f, **{k: v.numpy() for k, v in s.items()}),
    "numpy in it.pt": lambda s, f: torch.save({k: v.numpy() for k, v in s.items()}, f),
    "parameters.pt": lambda s, f: torch.save(
        {k: nn.Parameter(v) if v.is_floating_point() else v for k, v in s.items()}, f
    ),
    "with gradients.pt": lambda s, f: torch.save(
        {k: v.requires_grad_() * 1 if v.is_floating_point() else v for k, v in s.items()}, f
    ),
    "state_dict.ckpt": nested("state_dict", epoch=1, callbacks={"best": torch.ones(2, 2)}),
    "model.pt": nested("model", optimizer=adam(None), args=argparse.Namespace(lr=0.1)),
    "unknown class.pt": nested("model", settings=Settings(), best=np.float64(0.5)),
    "one key.pt": nested("whatever", step=3, history=torch.ones(9)),
    "ema.pt": nested("ema", optim=adam(None), step=3),
    "params beside params_ema.pt": lambda s, f: torch.save(
        {"params": s, "params_ema": weights(9)}, f
    ),
    "model_state_dict.pt": nested("model_state_dict", optimizer_state_dict=adam(None)),
    "deep.pt": nested("checkpoint", "model", "module", step=1),
    "module.pt": nested("module", optimizer=[adam(None)], lr_scheduler={"t": torch.ones(2, 2)}),
    "history beside.pt": nested("net", losses=torch.ones(9, 3), step=torch.tensor(3)),
    "list.pt": lambda s, f: torch.save([3, {"model": s}], f),
    "rng beside.pt": nested("model", rng_state=torch.zeros(90, dtype=torch.uint8), scaler={}),
    "defaultdict.pt": lambda s, f: torch.save(collections.defaultdict(dict, model=s), f),
    "ddp.pt": lambda s, f: torch.save({f"module.{k}": v for k, v in s.items()}, f),
    "compiled.pt": lambda s, f: torch.save({f"_orig_mod.{k}": v for k, v in s.items()}, f),
    "compiled ddp.pt": lambda s, f: torch.save(
        {f"module._orig_mod.{k}": v for k, v in s.items()}, f
    ),
    "lightning.ckpt": lambda s, f: torch.save(
        {"state_dict": {f"network.{k}": v for k, v in s.items()}, "hyper_parameters": {"lr": 1}}, f
    ),
    "distributed": write_distributed,
    "distributed, nested": lambda s, f: write_distributed(
        {"model": s, "optim": adam(None), "step": 3}, f
    ),
    "noncontiguous.pt": lambda s, f: torch.save(
        {k: v.t().contiguous().t() if v.dim() == 2 else v for k, v in s.items()}, f
    ),
    "one storage.pt": lambda s, f: torch.save(one_storage(s), f),
    "one storage, older.pt": lambda s, f: write_legacy(one_storage(s), f),
    "compressed.pt": lambda s, f: write_compressed(s, f),
}


def write_older_model(state, file):
    model = net()
    model.load_state_dict(state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_legacy(model, file)


def one_storage(state):
    """Floats that are views of one storage, as an LSTM's on a GPU are."""
    floats = {k: v for k, v in state.items() if v.is_floating_point()}
    whole = torch.cat([v.reshape(-1) for v in floats.values()])
    parts = whole.split([v.numel() for v in floats.values()])
    views = {k: p.view(v.shape) for p, (k, v) in zip(parts, floats.items(), strict=True)}
    return {**state, **views}


def write_compressed(state, file):
    import zipfile

    plain = io.BytesIO()
    torch.save(state, plain)
    with (
        zipfile.ZipFile(plain) as source,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name))


def write(kind, state, folder: Path) -> Path:
    """The file or folder of that kind in a folder that is made."""
    folder.mkdir(parents=True, exist_ok=True)
    WRITERS[kind](state, folder / kind)
    return folder / kind
