"""Seconds per epoch of ResNet-20 at batch 128: plain PyTorch, recorded steps, several seeds side by side; one device.

    python -m experiments.throughput --device cuda --data-dir DIR --seeds 1 --seeds 4 --out results/throughput.json

Training alone, after a first epoch that is not counted; the last row has measurements and checkpoints too. Writes the
numbers with where they come from, and a Markdown table beside them.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor, nn

from experiments import RESULTS
from pqtheory._files import write_whole
from pqtheory.networks.data import Images, load
from pqtheory.networks.models import REGISTRY
from pqtheory.networks.tasks.image_batches import DeviceImages, ImageBatches
from pqtheory.networks.training import RunFolder, Settings, preset
from pqtheory.networks.training.graphs import own_stream
from pqtheory.networks.training.loop import begin
from pqtheory.networks.training.run import Run
from pqtheory.provenance import provenance, write_json

METHODS = ("full-precision", "binaryconnect", "proxquant")
FILE = "throughput.json"


def measure(
    *,
    device: str,
    data_dir: str | None = None,
    seeds: Sequence[int] = (1, 2, 4, 8),
    epochs: int = 3,
    data: str = "cifar10",
    model: str = "resnet20",
    batch_size: int = 128,
    on_row: Callable[[str], None] = print,
) -> dict[str, Any]:
    """All rows; what fails says why in its row."""
    on = torch.device(device)
    images = load(data, data_dir)
    on_device = DeviceImages(images, on)
    shared = {"data": data, "model": model, "batch_size": batch_size, "augment": data == "cifar10"}

    def chosen(method: str, **changes: Any) -> Settings:
        return preset("corrected", method, epochs=300, **shared, **changes)

    def plain(**options: bool) -> float:
        return _timed(
            [_plain(chosen("full-precision"), images, on, on_device, **options)], epochs, on
        )

    def recorded(count: int, method: str, **changes: Any) -> float:
        runs = []
        for seed in range(count):
            active = own_stream(on)
            with active():
                run = Run(
                    chosen(method, seed=seed, **changes), images, RunFolder("none"), on, on_device
                )
            runs.append((run.losses, active))
        return _timed(runs, epochs, on)

    one, held_out = len(images.train), len(images.train) // 10
    wanted: list[tuple[str, int, Callable[[], float]]] = [
        ("plain PyTorch, float32", one, plain),
        ("plain PyTorch, channels last, bfloat16", one, lambda: plain(last=True, amp=True)),
    ]
    wanted += [(f"recorded, {m}", one, lambda m=m: recorded(1, m)) for m in METHODS]
    wanted += [
        (f"recorded, proxquant, {n} side by side", n * one, lambda n=n: recorded(n, "proxquant"))
        for n in seeds
        if n > 1
    ]
    wanted += [
        ("recorded, proxquant, bfloat16", one, lambda: recorded(1, "proxquant", amp=True)),
        (
            "recorded, proxquant, with measurements",
            one - held_out,
            lambda: _whole(chosen("proxquant", held_out=held_out), images, on, on_device),
        ),
    ]
    if on.type == "cuda":
        # the compiler needs tools that a machine may lack, so it comes last
        wanted.append(
            ("plain PyTorch, torch.compile", one, lambda: plain(last=True, compiled=True))
        )
    rows = []
    for name, trained, work in wanted:
        row: dict[str, Any] = {"what": name, "images": trained}
        try:
            row["seconds_per_epoch"] = work()
            row["images_per_second"] = trained / row["seconds_per_epoch"]
        except Exception as error:
            row["failed"] = f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
        rows.append(row)
        on_row(_line(row))
    return {
        "device": torch.cuda.get_device_name(on) if on.type == "cuda" else "cpu",
        "epochs": epochs,
        **shared,
        "rows": rows,
        "provenance": provenance(),
    }


def _plain(
    settings: Settings,
    images: Images,
    on: torch.device,
    on_device: DeviceImages,
    last: bool = False,
    amp: bool = False,
    compiled: bool = False,
) -> tuple[Callable[[int], Iterator[Tensor]], Callable[[], Any]]:
    batches = ImageBatches(images, on, settings.batch_size, settings.augment, 0, on_device)
    net = REGISTRY[settings.model](images.train.shape[1], images.classes).to(on)
    layout = torch.channels_last if last else torch.contiguous_format
    net = net.to(memory_format=layout)
    forward = torch.compile(net) if compiled else net
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)

    def losses(epoch: int) -> Iterator[Tensor]:
        for x, y in batches.epoch(epoch):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast(on.type, torch.bfloat16, enabled=amp):
                loss = nn.functional.cross_entropy(forward(x.contiguous(memory_format=layout)), y)
            loss.backward()
            optimizer.step()
            yield loss.detach()

    return losses, own_stream(on)


def _timed(
    runs: Sequence[tuple[Callable[[int], Iterator[Tensor]], Callable[[], Any]]],
    epochs: int,
    on: torch.device,
) -> float:
    """Seconds of an epoch of all runs, step by step in turn."""
    began = 0.0
    for epoch in range(epochs + 1):
        going = [(losses(epoch), active) for losses, active in runs]
        while going:
            left = []
            for steps, active in going:
                with active():
                    if next(steps, None) is not None:
                        left.append((steps, active))
            going = left
        if epoch == 0:
            _wait(on)
            began = time.perf_counter()
    _wait(on)
    return (time.perf_counter() - began) / epochs


def _whole(settings: Settings, images: Images, on: torch.device, on_device: DeviceImages) -> float:
    with tempfile.TemporaryDirectory() as place, own_stream(on)():
        folder = RunFolder(place)
        run = Run(settings, images, folder, on, on_device)
        begin(run, folder, settings, images, resume=False)
        run.train_epoch(None)
        began = time.perf_counter()
        run.train_epoch(None)
        _wait(on)
        return time.perf_counter() - began


def _wait(on: torch.device) -> None:
    if on.type == "cuda":
        torch.cuda.synchronize(on)


def table(content: dict[str, Any]) -> str:
    """The rows in Markdown."""
    head = f"{content['model']}, batch {content['batch_size']}, on {content['device']}\n\n"
    head += "| what | seconds per epoch | images per second, all runs |\n|---|---|---|\n"
    return head + "".join(_line(row) + "\n" for row in content["rows"])


def _line(row: dict[str, Any]) -> str:
    if "failed" in row:
        return f"| {row['what']} | {row['failed']} | |"
    return f"| {row['what']} | {row['seconds_per_epoch']:.3f} | {row['images_per_second']:,.0f} |"


def write(file: Path, content: dict[str, Any]) -> None:
    """The numbers, and the table beside them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file.with_suffix(".md"), table(content).encode())
    write_json(file, content)


@click.command()
@click.option("--device", default="cuda", show_default=True)
@click.option("--data-dir", help="Else the variable PQTHEORY_DATA.")
@click.option("--seeds", type=click.IntRange(min=1), multiple=True, default=(1, 2, 4, 8))
@click.option("--epochs", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--data", default="cifar10", show_default=True, help="digits for a dry run.")
@click.option("--model", default="resnet20", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS / FILE, show_default=True)
def main(
    device: str,
    data_dir: str | None,
    seeds: tuple[int, ...],
    epochs: int,
    data: str,
    model: str,
    out: Path,
) -> None:
    """Measure, say and write."""
    content = measure(
        device=device,
        data_dir=data_dir,
        seeds=seeds,
        epochs=epochs,
        data=data,
        model=model,
        on_row=click.echo,
    )
    write(out, content)


if __name__ == "__main__":
    main()
