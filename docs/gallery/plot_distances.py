"""
How far weights are from their levels when they are frozen
==========================================================

ProxQuant's are nearly there, so that freezing changes little; BinaryConnect's latent weights, of which only the signs
count, are anywhere. From the results that come with the package; of run folders: ``pqtheory plot distances runs/*``.
"""

from pqtheory.networks.tables.results import MEASURED, grouped, read_runs
from pqtheory.plotting.distances import distances

place = next(folder for folder in MEASURED if folder.is_dir())
runs = [run for run in read_runs(place, "cifar10") if run["settings"]["epochs"] == 20]
found = {
    f"{group.method}, {group.label}": [run["distance_at_freeze"] for run in group.runs]
    for group in grouped(runs)
    if group.method != "full-precision"
}
figure = distances(found)
