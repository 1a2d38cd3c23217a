# %% [markdown]
# # Lesson 2: BinaryConnect is dual averaging, in ten lines
#
# **The question.** The straight-through method takes the gradient at the *rounded* weights and adds it to the
# *unrounded* ones. That looks like a mistake that happens to work. Is it? You need: lesson 1, and gradient descent.
# 15 minutes.

# %%
from fractions import Fraction

import numpy as np

import pqtheory as pq

problem = pq.problems.Quadratic([[Fraction(1)]], [Fraction(-1, 5)])  # x^2 / 2 - x / 5, least at 1/5
start, eta = Fraction(1, 3), Fraction(1, 2)
problem

# %% [markdown]
# ## BinaryConnect
#
# $\theta_{t+1} = \theta_t - \eta\, L'(\operatorname{sign} \theta_t)$. Ten lines, without any library:

# %%
theta, latent = start, []
for _ in range(6):
    latent.append(theta)
    s = 1 if theta >= 0 else -1
    theta = theta - eta * (s - Fraction(1, 5))
latent

# %% [markdown]
# **Predict**: will it come to rest? At $+1$ the slope is $4/5$, at $-1$ it is $-6/5$, and nowhere is it 0.

# %%
bc = pq.simulate(pq.methods.BinaryConnect(eta), problem, np.array([start]), 200)
bc.latent[:6, 0].tolist() == latent, pq.signs.flips_per_step(bc.latent)[-100:].mean()

# %% [markdown]
# ## Dual averaging
#
# Nesterov's method remembers the *sum* of all gradients and asks in each step for the best level against it:
# $$s_t = \operatorname{argmin}_{s \in \{-1, +1\}}\ \Big\langle \sum_{k<t} \eta\, g_k,\ s \Big\rangle
# + \tfrac12 (s - \theta_0)^2.$$

# %%
total, chosen = Fraction(0), []
for _ in range(6):
    s = min((1, -1), key=lambda s: total * s + Fraction(1, 2) * (s - start) ** 2)
    chosen.append(s)
    total = total + eta * (s - Fraction(1, 5))
chosen, [1 if theta >= 0 else -1 for theta in latent]

# %% [markdown]
# The same signs. On $\{-1, +1\}$ the square $s^2$ is 1, so that the objective is $(\sum \eta g - \theta_0)\, s$ and a
# number: it is least at $s = \operatorname{sign}(\theta_0 - \sum \eta g)$, and $\theta_0 - \sum \eta g$ is what
# BinaryConnect calls $\theta_t$. So the latent weight is no weight: it is the start minus a sum of gradients.

# %%
dual = pq.simulate(pq.methods.DualAveraging(pq.sets.Binary(), eta), problem, np.array([start]), 200)
bool((dual.quantized == bc.quantized).all())

# %% [markdown]
# Exercises, all with $L(x) = x^2/2 - x/4$, $\theta_0 = 1/8$, $\eta = 1/2$:
#
# * **2.1** By hand: what is $\theta_4$? Mind a step at which it is exactly 0.
# * **2.2** What is dual averaging's sum $\sum_{k<4} \eta\, g_k$?
# * **2.3** In the long run, which share of the steps is spent at $+1$? (What must the mean of the signs be for
#   $\theta_t$ to stay bounded?)

# %%
from pqtheory.lessons import check

check("2.3", "1")

# %% [markdown]
# ## Break it
#
# The identity holds for any gradients and steps, but not for every trick of practice. Clip the latent weights to
# $[-c, c]$, as is often done: the sum is forgotten in part.

# %%
clipped = pq.simulate(
    pq.methods.BinaryConnect(eta, clip=Fraction(1, 10)), problem, np.array([start]), 200
)
int((clipped.quantized != bc.quantized).sum())

# %% [markdown]
# * **2.4** In the setting of the exercises, name a $c$ for which the signs differ within the first 8 steps.
#
# **What you know now.** BinaryConnect is no hack: it is dual averaging, exactly, and its latent weights are sums of
# gradients. It need not come to rest, but its signs are right on average. All of it: `pqtheory verify
# bc-is-dual-averaging bc-average`.
