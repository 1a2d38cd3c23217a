"""
A training run at a glance, and several
=======================================

What ``pqtheory train`` and ``pqtheory sweep`` draw into their folders. Here a small network on the digits, six epochs
from a random start, by BinaryConnect and by ProxQuant: too few to compare the two.
"""

import tempfile
from pathlib import Path

from pqtheory.networks.tables.curves import curve_rows
from pqtheory.networks.tables.summary import rows
from pqtheory.networks.training import RunFolder, preset, train
from pqtheory.networks.training.build import load_data
from pqtheory.plotting.run_curves import run_curves
from pqtheory.plotting.sweep_curves import sweep_curves

with tempfile.TemporaryDirectory() as place:
    folders = []
    for method in ("binaryconnect", "proxquant"):
        settings = preset("corrected", method, epochs=6)
        folder = RunFolder(Path(place) / method)
        train(settings, load_data(settings), folder)
        folders.append(folder.path)
    figure = run_curves(folder.metrics(), settings.freeze_epoch, "ProxQuant")
    found = curve_rows(rows(folders))

# %%
# Runs that differ in their seed alone are one line, with a band where there are several.

several = sweep_curves(found)
