"""
Latent and quantized weights over the steps
===========================================

BinaryConnect and ProxQuant on a quadratic in three coordinates: lines are the latent weights, strips the quantized
ones. On the command line: ``pqtheory plot trajectory``.
"""

import pqtheory as pq

figure = pq.plotting.trajectory()

# %%
# Any methods of the registry, on any problem.

methods = {
    pq.methods.REGISTRY[name].label: pq.methods.REGISTRY[name](0.1)
    for name in ("lazyprox", "binaryrelax", "parq")
}
others = pq.plotting.trajectory(methods, pq.problems.Quadratic.random(dim=3, seed=1))
