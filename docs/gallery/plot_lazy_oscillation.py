r"""
A lazy prox that cycles with period two (the paper's Theorem 5.2)
=================================================================

On :math:`x^2/2` with the smoothed W a lazy step jumps between :math:`+a` and :math:`-a` for ever
(:doc:`/theorems/lazy-oscillation` has :math:`a` in closed form); ProxQuant, with the same prox and the same strength,
comes to rest.
"""

import numpy as np
from matplotlib.figure import Figure

import pqtheory as pq

smoothed = pq.regularizers.SmoothedL1(pq.sets.Binary(), 0.25)
problem = pq.problems.Quadratic(A=np.eye(1), b=np.zeros(1))
eta, strength, epsilon = 0.2, 0.5, 0.25
a = strength * eta / max(2 - eta, 2 * strength + (2 - eta) * epsilon)
methods = {
    "LazyProx": pq.methods.LazyProx(smoothed, eta, strength),
    "ProxQuant": pq.methods.ProxQuant(smoothed, eta, strength),
}
figure = Figure(figsize=(7, 4), layout="constrained")
axes = figure.subplots()
for name, method in methods.items():
    path = pq.simulate(method, problem, np.array([0.7]), 60)
    colour = pq.methods.REGISTRY[name.lower()].colour
    axes.plot(path.latent[:, 0], ".-", color=colour, label=name)
axes.axhline(a, color="grey", linestyle=":")
axes.axhline(-a, color="grey", linestyle=":", label="the orbit of the theorem")
axes.set(
    xlabel="step", ylabel="latent weight", title="Lazy: a cycle of two steps. Eager: a fixed point"
)
axes.legend()
figure.set_label(
    f"Latent weight over 60 steps: LazyProx jumps between {a:.3g} and {-a:.3g} for ever, ProxQuant comes to rest."
)
