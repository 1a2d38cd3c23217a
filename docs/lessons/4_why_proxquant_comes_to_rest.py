# %% [markdown]
# # Lesson 4: why ProxQuant comes to rest
#
# **The question.** BinaryConnect's signs may change for ever, at every step size (lesson 3). ProxQuant's stop. Why,
# how many changes can there be at most, and is the point where it stops the right one? You need: lessons 1 and 3. 20
# minutes.
#
# ProxQuant (Bai, Wang and Liberty, 2019; "the paper" below) takes the gradient where the weight *is*, and then lets the
# prox of lesson 1 pull:
# $$\theta_{t+1} = \operatorname{prox}_{w W}\bigl(\theta_t - \eta\, L'(\theta_t)\bigr), \qquad w = \eta \lambda.$$
# $\eta$ is the step size, and $\lambda$ the *strength* of the pull; mind that the prox's own weight is $w$, not
# $\lambda$. The weight itself is moved; there is no second, rounded one beside it. (The library calls what a method
# remembers `latent` here, too.)

# %%
from fractions import Fraction

import numpy as np

import pqtheory as pq
from pqtheory.claims import between, forall, positive, real
from pqtheory.evidence import worst_case
from pqtheory.evidence.base import Budget
from pqtheory.lessons import check

half = Fraction(1, 2)
W = pq.regularizers.DistanceL1(pq.sets.Binary())


def bowl(least):
    """(x - least)^2 / 2, up to a constant."""
    return pq.problems.Quadratic([[Fraction(1)]], [-Fraction(least)])


def run(problem, start, eta, strength, steps=12):
    """ProxQuant with the W."""
    method = pq.methods.ProxQuant(W, eta, strength)
    return pq.simulate(method, problem, np.array([Fraction(start)]), steps)


# %% [markdown]
# ## Two runs
#
# Both are on lesson 3's bowl, least at $1/5$, from $-1/3$. First ProxQuant with a weak pull, $\lambda = 1/10$. Beside
# the weight stands $F = L + \lambda W$, the loss and the pull together. **Predict**: how many flips?

# %%
problem, strength = bowl(Fraction(1, 5)), Fraction(1, 10)
path = run(problem, Fraction(-1, 3), half, strength)
energy = [problem.value(t) + strength * W.value(t) for t in path.latent]
for theta, F in zip(path.latent[:8, 0], energy, strict=False):
    print(f"weight {float(theta):+.4f}   F {float(F):.5f}")

# %% [markdown]
# One flip, and then the sign is at rest, while the weight closes in on $3/10$, where the slopes of $L$ and
# $\lambda W$, $x - 1/5$ and $-1/10$, cancel. And $F$ falls in every step. BinaryConnect's loss at the vertices that it
# takes does not:

# %%
straight = pq.simulate(pq.methods.BinaryConnect(half), problem, np.array([Fraction(-1, 3)]), 12)
[float(problem.value(q)) for q in straight.quantized]

# %% [markdown]
# ## The energy argument
#
# $F$ works like energy: it cannot fall below its least value, so if each flip costs some of it, there are only so many
# flips. How much does a step from $p$ to $q$ cost? Two facts:
#
# * $L$ is $\beta$-*smooth*: its slope changes by at most $\beta$ for each unit of the way ($\beta = 1$ for our bowl).
#   Then $L(q) \le L(p) + L'(p)\, (q - p) + \tfrac{\beta}{2} (q - p)^2$ (add the slope up on the way from $p$ to $q$).
# * $q$ minimises the prox's objective, so staying at $p$ is no better: with $y = p - \eta L'(p)$,
#   $\tfrac12 (q - y)^2 + w W(q) \le \tfrac12 (p - y)^2 + w W(p)$.
#
# Write $x = \eta \beta$ (from here on $x$ is this number and no point). By the first fact, and as
# $\eta F = \eta L + w W$, what $\eta F$ loses is at least
# $w (W(p) - W(q)) + (y - p)(q - p) - \tfrac{x}{2} (q - p)^2$ (put $\eta L'(p) = p - y$). The second says that
# $w (W(p) - W(q)) + (y - p)(q - p) \ge \tfrac12 (q - p)^2$ (put $q - y = (q - p) + (p - y)$ and multiply the square
# out). So $\eta F$ loses at least $\tfrac{1 - x}{2} (q - p)^2$. Let the solver say so, about the very prox that ran:

# %%
below_one = between(0, 1, open_low=True, open_high=True)


@forall(p=real, y=real, weight=positive, x=below_one)
def a_move_costs(p, y, weight, x):
    """What eta F loses is at least (1 - x) (q - p)^2 / 2."""
    q = W.prox(y, weight)
    lost = weight * (W.value(p) - W.value(q)) + (y - p) * (q - p) - x * (q - p) ** 2 / 2
    return lost >= (1 - x) * (q - p) ** 2 / 2


a_move_costs(Budget()).kind

# %% [markdown]
# ## Break it
#
# Gradient descent alone, without a pull, lowers a smooth loss for every $\eta \beta < 2$. **Predict**: does ProxQuant
# lower $F$ for these, too? Try other upper ends in place of 2.

# %%


@forall(p=real, y=real, weight=positive, x=between(0, 2, open_low=True, open_high=True))
def never_gains(p, y, weight, x):
    """F does not grow."""
    q = W.prox(y, weight)
    return weight * (W.value(p) - W.value(q)) + (y - p) * (q - p) - x * (q - p) ** 2 / 2 >= 0


found = never_gains(Budget())
found.kind, found.counterexample

# %% [markdown]
# Above $\eta \beta = 1$ it can even flip for ever, from level to level.
#
# * **4.1** On $\tfrac12 \theta^2$ (so $\beta = 1$), with $\eta = 3/2$: name a strength $\lambda$ at which a step
#   leads from $+1$ to $-1$, and the next one back.
#
# ## A flip is a long move
#
# The prox of the W jumps at 0: it leads to no point near 0, but at least $m = \min(w, 1)$ away.

# %%


@forall(theta=real, weight=positive)
def lands_away_from_zero(theta, weight):
    """|prox(theta)| >= min(weight, 1)."""
    landed = abs(W.prox(theta, weight))
    return (landed >= weight) | (landed >= 1)


lands_away_from_zero(Budget()).kind

# %% [markdown]
# So after the first step every flip leads from $-m$ or below to $m$ or above, or back: a move of $2 m$ at least. It
# costs at least $\tfrac{1 - x}{2} (2m)^2 = 2 (1 - x)\, m^2$ of $\eta F$, and $\eta (F_0 - F_\star)$ is all there is to
# spend, where $F_0$ is the value of $F$ at the start and $F_\star$ its least. The number of flips, of all weights at
# all times together, is
# $$N \le \frac{\eta\, (F_0 - F_\star)}{2 (1 - x)\, m^2}, \qquad x = \eta \beta < 1,\quad m = \min(\eta \lambda, 1).$$
# (Flips in the first step may begin nearer to 0 and cost less; the claim has these, too.)
#
# * **4.2** By hand: $\beta = 1$, $\eta = 1/2$, $\lambda = 1$, and $F_0 - F_\star = 3$. How many flips can there be at
#   most?
# * **4.3** "With $x = 1/2$, a flip from $|p| \ge m$ costs at least $c\, m^2$ of $\eta F$, whatever $p$, the slope and
#   $w$." Name the largest $c$ for which that is true: the solver judges your sentence, and one for a $c$ slightly
#   larger, which it must refute.

# %%
check("4.2", "10")

# %% [markdown]
# ## As sharp as can be
#
# A bound is *sharp* if some run reaches it: then no smaller one is true. This one does. Eight weights, all at $-1$, on
# $L = \sum_i \tfrac14 \theta_i^2 - \tfrac12 \theta_i$ (so $\beta = \tfrac12$), with $\eta = \lambda = 1$:

# %%
eight = np.array([Fraction(1)] * 8)
loss = pq.problems.Quadratic(np.diag(eight) * half, -half * eight)
together = pq.simulate(pq.methods.ProxQuant(W, Fraction(1), Fraction(1)), loss, -eight, 5)
# W is 0 at both ends of this run, so F is L there
spent = loss.value(together.latent[0]) - loss.value(together.latent[-1])
flipped = 8 * pq.signs.flips_per_step(together.latent).sum()
eta, x, m = 1, half, 1
print(f"{flipped:.0f} flips; at most {eta * spent / (2 * (1 - x) * m**2)}")

# %% [markdown]
# After the last flip each weight keeps its side, where the W is $|\theta - s|$ with the level $s$ of that side. For a
# convex $L$ (one whose slope never falls) $F$ is then convex, too, and the run converges: the claim
# `signs-identified`.
#
# ## How fast: the sharp constant
#
# A weight is at rest where $F$ has no slope. (At a level the W has a kink; there any slope between those of its two
# sides counts, and $G$ below is the smallest of them, in size.) The paper's Theorem 5.1 says how fast $G$ becomes
# small in $T$ steps with $\eta = 1 / (2 \beta)$, that is $x = \tfrac12$: at the end of the shortest of these steps,
# $$G^2 \le C\, \beta\, (F_0 - F_\star), \qquad C = 18 / T \text{ by the usual proof.}$$
# Is that sharp? What a run has for $G^2 / (\beta (F_0 - F_\star))$ is a lower bound for $C$; `on_the_line` looks for a
# run with one weight for which it is large (0.5 is $x$):

# %%
for steps in (1, 2, 4, 10):
    reached = worst_case.on_the_line(0.5, steps, "smallest-step").ratio()
    print(f"T = {steps:2}: a run reaches {reached:.4f}; the usual proof allows {18 / steps:.4f}")

# %% [markdown]
# **Predict** a formula for what a run reaches. (Divide 18 by each of these numbers, and compare with $T$.)
#
# From the other side, a *semidefinite program*, a kind of optimization that computers solve with a certificate, looks
# at all smooth losses and all pulls at once and bounds every run from above. If both meet, the constant is sharp; for
# $T = 4$:

# %%
above = worst_case.prox_gradient(0.5, 4, "smallest-step").value
below = worst_case.on_the_line(0.5, 4, "smallest-step").ratio()
round(above, 5), round(below, 5)

# %% [markdown]
# * **4.4** What is the sharp $C$ for $T = 7$?
#
# ## Rest is not yet right
#
# The first run above closed in on $1/5 + \lambda = 3/10$: no level. With $\lambda = 4/5$ in place of $1/10$ that would
# be $+1$, the level at which the loss is lower. **Predict**: from the same start, $-1/3$, does it get there?

# %%
[f"{float(t):+.3f}" for t in run(problem, Fraction(-1, 3), half, Fraction(4, 5)).latent[:, 0]]

# %% [markdown]
# It stays on the side where it began, and closes in on $1/5 - \lambda = -3/5$, although $+1$ has the lower loss. The
# pull can hold a weight anywhere. Even a vertex $s$ is kept by ProxQuant whenever the slope there is no larger than the
# pull, $|L'(s)| \le \lambda$, and the step is too short to carry the weight across 0. For a pull that is strong enough,
# and short steps, *every* vertex is a place of rest.
#
# * **4.5** On the same bowl, least at $1/5$, with $\eta = 1/2$: from which strength $\lambda$ on does ProxQuant keep
#   the wrong vertex, $-1$? (The least such $\lambda$.)
#
# So the paper begins with no pull at all and lets it grow slowly: after $t$ steps, $\lambda_t = \text{rate} \cdot t$.
# How slowly? It shows two functions, $f_1(x) = |x + \tfrac12| - \tfrac12$ and
# $f_{-1}(x) = |x - \tfrac12| - \tfrac12$, with the same slopes at $-1$ and $+1$; but $f_1$ is lower at $-1$, and
# $f_{-1}$ at $+1$. BinaryConnect, which asks for slopes at the levels alone, takes the same path on both (the middle of
# the picture). ProxQuant at a low rate tells them apart (right):

# %%
pq.plotting.toy()

# %% [markdown]
# On $f_1$, from $\theta_0 = 1/2$ with $\eta = 1/10$, a low rate lets the weight cross 0 in time, and it ends at $-1$;
# a high rate pulls it to $+1$ before.

# %%


def end(rate):
    """Where ProxQuant ends on f_1."""
    growing = pq.schedules.Linear(rate)  # the strength after t steps is rate * t
    return run(
        pq.problems.TwoFunctionToy(1), half, Fraction(1, 10), growing, steps=int(2 / rate) + 20
    ).latent[-1, 0]


[(str(rate), int(end(rate))) for rate in (Fraction(1, 20), Fraction(1, 10), Fraction(1, 5))]

# %% [markdown]
# * **4.6** Find the *threshold rate*: the least at which it ends at the wrong level, $+1$. (Take two rates that end
#   differently, and try the one midway between; again and again; then guess the fraction.)
#
# **What you know now.** ProxQuant comes to rest because every flip is a long move and every move costs energy; the
# numbers of both bounds are sharp. That it rests says nothing about where: the rate must be below a threshold for
# that. All of it: `pqtheory verify proxquant-flips-finitely-often signs-identified proxquant-convergence
# proxquant-fixed-points two-function-toy`.
