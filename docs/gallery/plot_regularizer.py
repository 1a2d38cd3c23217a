r"""
The W and its prox (the paper's Figure 2)
=========================================

Left the regularizer, 0 at the levels; right its prox, which moves a weight toward its nearer level by
:math:`\lambda` and no further, with a jump in the middle. On the command line: ``pqtheory plot regularizer``.
"""

import pqtheory as pq

figure = pq.plotting.regularizer(weights=(0.25, 0.5, 1.0))

# %%
# Any set with fixed levels will do, here the four levels of two bits.

W = pq.regularizers.DistanceL1(pq.sets.UniformGrid(2, -1.0, 1.0))
grid = pq.plotting.regularizer(W, weights=(0.05, 0.15), name="L1 distance to two bits")
