r"""
One step of BinaryConnect and of ProxQuant (the paper's Figure 1a)
==================================================================

Both start at :math:`\theta_t` and subtract a gradient. BinaryConnect takes it at the nearest vertex, of which it keeps
nothing; ProxQuant takes it where it is, and keeps what its prox has moved: two memories for one gradient step
(:doc:`/ideas/eager_and_lazy`). On the command line: ``pqtheory plot one-step``.
"""

import pqtheory as pq

figure = pq.plotting.one_step()

# %%
# Between the two: the lazy prox has ProxQuant's map and BinaryConnect's memory. The gradient is taken at a point
# that is not kept, and no longer at a vertex.

W = pq.regularizers.DistanceL1(pq.sets.Binary())
lazy = {
    "LazyProx": pq.methods.LazyProx(W, step_size=0.6, strength=0.36),
    "ProxQuant": pq.methods.ProxQuant(W, step_size=0.6, strength=0.6),
}
both = pq.plotting.one_step(lazy)
