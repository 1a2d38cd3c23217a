# %% [markdown]
# # Lesson 2: BinaryConnect is dual averaging, in ten lines
#
# **The question.** The method that most quantized networks are trained by takes the gradient at the *rounded* weights
# and subtracts it from the *unrounded* ones. That looks like a mistake that happens to work. Is it? You need: lesson
# 1, and gradient descent. 15 minutes.
#
# The *loss* $L$ is what is minimised; here it has one weight and is a parabola, so that all can be followed by hand.
# With many weights both methods below do the same to each of them. `Quadratic(A, b)` is $\tfrac12 A x^2 + b x$; as it
# is made for many weights, `A` is a matrix, here of one row and one column, and `b` a list:

# %%
from fractions import Fraction

import numpy as np

import pqtheory as pq

problem = pq.problems.Quadratic([[Fraction(1)]], [Fraction(-1, 5)])  # x^2 / 2 - x / 5, least at 1/5
start, eta = Fraction(1, 3), Fraction(1, 2)
problem  # its gradients could be noisy, as those of a network are: here noise is 0

# %% [markdown]
# ## BinaryConnect
#
# The method, with the levels $-1$ and $+1$, is called BinaryConnect. Its unrounded weight $\theta_t$ is the *latent*
# weight, its rounded one, $\operatorname{sign} \theta_t$, the *quantized* weight, which the network works with;
# $\eta$ is the step size, and $t$ counts the steps:
# $$\theta_{t+1} = \theta_t - \eta\, L'(\operatorname{sign} \theta_t).$$
# In plain Python, from $\theta_0 = 1/3$ with $\eta = 1/2$; the slope is $L'(s) = s - 1/5$:

# %%
theta, latent = start, []
for _ in range(6):
    latent.append(theta)
    s = 1 if theta >= 0 else -1
    theta = theta - eta * (s - Fraction(1, 5))
latent

# %% [markdown]
# **Predict**: will it come to rest? At $+1$ the slope is $4/5$, at $-1$ it is $-6/5$, and at neither is it 0.
#
# The library does the same: `simulate` takes a method, a problem, a start (an array with one number for each weight)
# and a number of steps, and records `latent` and `quantized` weights, a row for each step. Printed is whether both
# agree, and in which share of the last 100 steps the sign has changed.

# %%
bc = pq.simulate(pq.methods.BinaryConnect(eta), problem, np.array([start]), 200)
bc.latent[:6, 0].tolist() == latent, float(pq.signs.flips_per_step(bc.latent)[-100:].mean())

# %% [markdown]
# In four of five steps the sign changes: no rest. The latent weight swings about 0, since a step from 0 or above
# leads down and one from below 0 leads up.
#
# ## Dual averaging
#
# Dual averaging, a method of Nesterov's, comes from elsewhere: it minimises over a set of allowed points, here the two
# levels, and takes its gradients there, $g_k = L'(s_k)$. It remembers the *sum* of all of them so far, each times the
# step size. Its next point $s_t$ is the allowed one that lies most against this sum, without going too far from the
# start:
# $$s_t = \operatorname{argmin}_{s \in \{-1, +1\}}\ \Big\langle \sum_{k<t} \eta\, g_k,\ s \Big\rangle
# + \tfrac12 (s - \theta_0)^2.$$
# ($\langle a, s \rangle$ is the product $a s$; with many weights, the sum of such products. At a tie $+1$ is taken.)

# %%
total, chosen = Fraction(0), []
for _ in range(6):
    s = min((1, -1), key=lambda s: total * s + Fraction(1, 2) * (s - start) ** 2)
    chosen.append(s)
    total = total + eta * (s - Fraction(1, 5))
chosen, [1 if theta >= 0 else -1 for theta in latent]

# %% [markdown]
# The same signs. On $\{-1, +1\}$ the square $s^2$ is 1, so that the objective is $(\sum \eta g - \theta_0)\, s$ plus
# a number that does not depend on $s$: it is least at $s = \operatorname{sign}(\theta_0 - \sum \eta g)$. As long as
# both methods have taken the same signs, they have taken the same gradients; then $\theta_0 - \sum \eta g$ is what
# BinaryConnect calls $\theta_t$, and the next sign is the same, too. So the latent weight is no weight: it is the start
# minus $\eta$ times a sum of gradients. All 200 steps:

# %%
dual = pq.simulate(pq.methods.DualAveraging(pq.sets.Binary(), eta), problem, np.array([start]), 200)
bool((dual.quantized == bc.quantized).all())

# %% [markdown]
# Exercises, all with $L(x) = x^2/2 - x/4$, $\theta_0 = 1/8$, $\eta = 1/2$:
#
# * **2.1** By hand: what is $\theta_4$? Mind a step at which it is exactly 0.
# * **2.2** What is dual averaging's sum $\sum_{k<4} \eta\, g_k$?
# * **2.3** In the long run, which share of the steps is spent at $+1$? (A step moves $\theta$ by $-\eta (s - 1/4)$.
#   What must the mean of the signs $s$ be for $\theta_t$ to stay bounded?)

# %%
from pqtheory.lessons import check

check("2.3", "1")

# %% [markdown]
# ## Break it
#
# The identity holds for any gradients and step sizes, but not for every trick of practice. *Clip* the latent weights to
# $[-c, c]$, as is often done: one that would leave the interval is put at its end, and the sum is forgotten in part.
# **Predict**: does that change signs? How many of the 201 (the start's and 200 more) differ? Try other values of
# `clip`, up to 1.

# %%
clipped = pq.simulate(
    pq.methods.BinaryConnect(eta, clip=Fraction(1, 10)), problem, np.array([start]), 200
)
int((clipped.quantized != bc.quantized).sum())

# %% [markdown]
# * **2.4** In the setting of the exercises above, name a $c$ for which the signs differ within the first 8 steps.
#
# **What you know now.** BinaryConnect is no hack: it is dual averaging, exactly, and its latent weights are sums of
# gradients. It need not come to rest, but its signs are right on average: their mean tends to where this $L$ is
# least. All of it: `pqtheory verify bc-is-dual-averaging bc-average`.
