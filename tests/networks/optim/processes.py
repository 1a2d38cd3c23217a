"""Two processes of torch.distributed on the CPU, with a function that each of them runs."""

import os
import traceback

import torch


def _work(rank, function, path, arguments):
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{path}/rendezvous", rank=rank, world_size=2
    )
    code = 0
    try:
        function(rank, path, *arguments)
        torch.distributed.barrier()
    except BaseException:
        traceback.print_exc()
        code = 1
    # the threads of the process group do not always survive the interpreter's own end
    os._exit(code)


def in_two_processes(function, path, *arguments):
    """Run ``function(rank, path, *arguments)`` in both; an error in one is an error here."""
    torch.multiprocessing.spawn(_work, (function, str(path), arguments), nprocs=2)
