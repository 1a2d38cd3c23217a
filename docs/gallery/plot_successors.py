"""
The successors beside ProxQuant
===============================

Methods are points of memory x map: some of the registry on one quadratic, in the mean over the same 100 starts. Which
of them come to rest, and when, is a matter of their schedules as much as of the method.
"""

import numpy as np

import pqtheory as pq

problem = pq.problems.Quadratic.random(dim=5, condition=10.0, seed=3)
starts = np.random.default_rng(1).normal(size=(100, 5))
paths = {}
for name in ("binaryconnect", "proxquant", "binaryrelax", "parq", "proxconnect", "dampened"):
    method = pq.methods.REGISTRY[name]
    paths[method.label] = signs = pq.signs.PathSigns()
    pq.simulate(method(0.05), problem, starts, 150, record=signs, fields=())
figure = pq.plotting.flips(paths)

# %%
# Flips in the last 50 steps, in percent of the weights and of the steps:

for label, signs in paths.items():
    print(f"{label:15} {100 * np.mean(signs.flips_per_step[-50:]):6.2f}")
