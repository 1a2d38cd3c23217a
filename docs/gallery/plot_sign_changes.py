"""
Sign changes of a ResNet-20 on CIFAR-10 (the paper's sign-change curves)
========================================================================

How many of the signs differ from those of the full-precision network that training started from, by layer and in all,
with the test error on the right. These are our own runs of 20 epochs, from the results that come with the package;
:doc:`/cifar10` says what they are and what they are not. From run folders: ``pqtheory plot sign-flips runs/*``.
"""

from pqtheory.networks.metrics import error_of
from pqtheory.networks.tables.results import MEASURED, grouped, read_runs
from pqtheory.plotting.sign_curves import sign_curves

place = next(folder for folder in MEASURED if folder.is_dir())
runs = [run for run in read_runs(place, "cifar10") if run["settings"]["epochs"] == 20]
layers = ["conv.weight", "stages.2.2.conv2.weight", "all"]
curves, errors, freezes = {}, {}, {}
for group in grouped(runs):
    if group.method != "full-precision":
        name = f"{group.method}, {group.label}"
        of_layer = {layer: f"change_from_start, {layer}" for layer in layers}
        curves[name] = {k: [run["curves"][c] for run in group.runs] for k, c in of_layer.items()}
        measured = [run["curves"]["error"] for run in group.runs]
        epochs = [point["epoch"] for point in measured[0]]
        freezes[name] = group.runs[0]["settings"]["freeze_epoch"]
        errors[name] = epochs, [[error_of(point["test"]) for point in run] for run in measured]
figure = sign_curves(curves, layers, errors=errors, freezes=freezes)
