r"""
The mean and the last iterate of ProxConnect, with what is proved of them
=========================================================================

A loss with kinks, a convex regularizer with kinks at three levels, gradients with noise: ProxConnect with the steps
:math:`\eta_j = R_0 / (2 G \sqrt j)`, in the mean over many runs. The mean of the iterates and the last one both come as
near the minimum as one likes; :doc:`/theorems/prox-connect-bound` says how near the first is after :math:`T` steps,
:doc:`/theorems/aprox-last-iterate` how near the second.
"""

import numpy as np
from matplotlib.figure import Figure

import pqtheory as pq
from pqtheory.schedules import Polynomial

R = pq.regularizers.PiecewiseAffine(pq.sets.Ternary(), (-1.0, -0.25, 0.25, 1.0))
problem, noise = pq.problems.TwoFunctionToy(1, noise=1.0), 1.0
G = np.sqrt(1 + noise**2)  # E g^2 <= G^2, as the slopes are -1 and +1
start, steps, runs = 0.9, 1000, 400


def F(x):
    return problem.value(x[..., None]) + R.value(x[..., None], axis=-1)


grid = np.linspace(-2, 2, 4001)
best = grid[np.argmin(F(grid))]
distance = abs(best - start)
eta = distance / (2 * G * np.sqrt(np.arange(1, steps + 1)))
method = pq.methods.ProxConnect(R, Polynomial(eta[0], power=-0.5, offset=1), 1.0)
path = pq.simulate(
    method, problem, np.full((runs, 1), start), steps, stochastic=True, fields=("latent",)
)
# p_1, p_2, ...: the prox's weight is the sum of the steps before it
weights = np.cumsum(eta)
p = np.stack([R.prox(theta, w) for theta, w in zip(path.latent[1:, :, 0], weights, strict=True)])
last = F(p).mean(axis=1) - F(best)
mean = np.cumsum(eta * last) / weights
T = np.arange(1, steps + 1)
bound_last = G * distance * (1 + 2 * np.cumsum(1 / T)) / np.sqrt(T)
bound_mean = distance**2 / (2 * weights) + 2 * G**2 * np.cumsum(eta**2) / weights
assert (last <= bound_last).all()
assert (mean <= bound_mean).all()

figure = Figure(figsize=(7, 4), layout="constrained")
axes = figure.subplots()
axes.loglog(T, bound_last, color="#0072B2", linestyle="--", label="bound of the last iterate")
axes.loglog(T, last, color="#0072B2", label="last iterate")
axes.loglog(T, bound_mean, color="#D55E00", linestyle=":", label="bound of the mean")
axes.loglog(T, mean, color="#D55E00", linestyle="-.", label="mean of the iterates")
axes.set(
    xlabel="steps T", ylabel="F - min F", title="Both come to the minimum, below what is proved"
)
axes.legend()
figure.set_label(
    f"F - min F of ProxConnect over {steps} steps, axes logarithmic: in the end {last[-1]:.2g} at the last iterate "
    f"and {mean[-1]:.2g} in the mean, below their bounds {bound_last[-1]:.2g} and {bound_mean[-1]:.2g}."
)
