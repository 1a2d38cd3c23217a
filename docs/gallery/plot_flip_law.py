r"""
How often a weight flips: the law and its measurement
=====================================================

One weight, straight-through on :math:`\frac12 (x - w)^2`. It cannot rest at :math:`w` and oscillates between the levels
around it, :math:`2 \min(f, 1 - f)` changes a step, :math:`f` being where :math:`w` lies between them
(:doc:`/theorems/flip-law`), whatever the step size.
"""

import numpy as np
from matplotlib.figure import Figure

import pqtheory as pq

targets = np.linspace(-0.95, 0.95, 39)
figure = Figure(figsize=(7, 4), layout="constrained")
axes = figure.subplots()
f = (targets + 1) / 2
axes.plot(targets, 2 * np.minimum(f, 1 - f), color="black", label="2 min(f, 1 - f)")
# the coordinates of this quadratic know nothing of each other: one run is an experiment for each target
problem = pq.problems.Quadratic(A=np.eye(len(targets)), b=-targets)
for step_size, marker in ((1.0, "o"), (0.1, "s"), (0.01, "^")):
    method = pq.methods.BinaryConnect(step_size)
    path = pq.simulate(method, problem, np.zeros(len(targets)), 2000)
    signs = np.where(path.latent >= 0, 1, -1)
    measured = (signs[1:] != signs[:-1]).mean(axis=0)
    axes.plot(targets, measured, marker, markersize=4, label=f"measured, step size {step_size:g}")
axes.set(
    xlabel="w", ylabel="changes a step", title="No step size calms a weight between two levels"
)
axes.legend()
figure.set_label(
    "Changes of the sign a step against the best weight w from -0.95 to 0.95: measured at three step sizes they lie on "
    "2 min(f, 1 - f), a roof of height 1 at w = 0."
)

# %%
# What a smaller step size does change is how long the start is remembered, not how often the sign changes after it.
