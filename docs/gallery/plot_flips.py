"""
Sign flips of any paths
=======================

What the paper's title picture shows, on a random quadratic from 200 starts: BinaryConnect goes on flipping, ProxQuant
stops. :doc:`/theorems/proxquant-flips-finitely-often` proves it for a fixed strength; here the strength grows.
"""

import numpy as np

import pqtheory as pq

W = pq.regularizers.DistanceL1(pq.sets.Binary())
problem = pq.problems.Quadratic.random(dim=6, condition=10.0, seed=0)
starts = np.random.default_rng(0).normal(size=(200, 6))
methods = {
    "BinaryConnect": pq.methods.BinaryConnect(step_size=0.1),
    "ProxQuant": pq.methods.ProxQuant(W, step_size=0.1, strength=pq.schedules.Linear(1e-2)),
}
paths = {name: pq.simulate(method, problem, starts, 200) for name, method in methods.items()}
figure = pq.plotting.flips(paths)

# %%
# The same paths by how many signs differ from those of the start.

change = pq.plotting.flips(paths, metric="change_from_start")
