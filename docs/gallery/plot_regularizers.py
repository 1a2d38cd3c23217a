"""
Every kind of regularizer
=========================

One slot, many regularizers: distance, half its square, the smooth neighbour of the W, PARQ's bump, the convex pieces of
its theory, and the indicator, whose prox is the projection.
"""

import pqtheory as pq

B, T = pq.sets.Binary(), pq.sets.Ternary()
R = pq.regularizers

squared = pq.plotting.regularizer(R.DistanceL2(B), name="half the squared distance (BinaryRelax)")

# %%
# Distances of three levels: the W with one more.

ternary = pq.plotting.regularizer(R.DistanceL1(T), weights=(0.1, 0.3), name="distance to -1, 0, 1")

# %%
# What Theorem 5.1 asks for, a gradient everywhere, costs a corner of the W.

smoothed = pq.plotting.regularizer(R.SmoothedL1(B, 0.25), name="the smoothed W")

# %%
# The bump is highest between the levels; at the strength 1 and beyond its prox is the projection.

bump = pq.plotting.regularizer(R.Bump(T), weights=(0.25, 0.5, 0.75), name="bump (PARQ's map)")

# %%
# A convex regularizer with corners at the levels.

pieces = R.PiecewiseAffine(T, (-2.0, -0.5, 0.5, 2.0))
affine = pq.plotting.regularizer(pieces, name="piecewise affine (PARQ's theory)")

# %%
# And the indicator.

indicator = pq.plotting.regularizer(R.Indicator(T), weights=(1.0,), name="indicator (projection)")
