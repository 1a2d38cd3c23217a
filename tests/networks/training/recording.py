"""What a CUDA graph is, on the CPU: operations on tensors are written down with the tensors themselves, and done again.

Numbers from the host stay what they were while recording, and the host may not read a tensor.
"""

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only

READS = (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default)


class _Tape(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.operations, self.kept = [], {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function in READS:
            raise AssertionError(f"the host reads a tensor while recording: {function}")
        for t in tree_flatten((args, kwargs))[0]:
            if isinstance(t, torch.Tensor):
                storage = t.untyped_storage()
                if storage._cdata not in self.kept:
                    self.kept[storage._cdata] = storage, storage.clone()
        out = function(*args, **kwargs)
        for t in tree_flatten(out)[0]:
            if isinstance(t, torch.Tensor):
                storage = t.untyped_storage()
                # what is made here need not be put back
                self.kept.setdefault(storage._cdata, (storage, None))
        # a parameter may be given other memory later on
        held = tree_map_only(torch.Tensor, torch.Tensor.detach, (args, kwargs, out))
        self.operations.append((function, *held))
        return out


def record(function):
    """Record without doing; gives what does it."""
    tape, random = _Tape(), torch.get_rng_state()
    with tape:
        function()
    torch.set_rng_state(random)
    for storage, before in tape.kept.values():
        if before is not None:
            storage.copy_(before)

    @torch.no_grad()
    def replay():
        for operation, args, kwargs, out in tape.operations:
            again = operation(*args, **kwargs)
            pairs = zip(tree_flatten(out)[0], tree_flatten(again)[0], strict=True)
            for kept, new in pairs:
                if isinstance(kept, torch.Tensor) and kept.data_ptr() != new.data_ptr():
                    kept.copy_(new)

    return replay
