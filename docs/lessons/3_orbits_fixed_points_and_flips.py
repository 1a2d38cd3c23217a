# %% [markdown]
# # Lesson 3: orbits, fixed points and the law of the flips
#
# **The question.** In lesson 2 the signs of BinaryConnect did not come to rest. Do they ever? How often does a sign
# change, and does a smaller step size calm it? You need: lessons 1 and 2. 20 minutes.
#
# Two words for all that follows. A *flip* is a step after which a weight has another sign. The loss here is a *bowl*,
# $L(x) = \tfrac12 (x - x^\star)^2$ up to a constant: least at $x^\star$, with the slope $x - x^\star$.

# %%
from fractions import Fraction

import numpy as np

import pqtheory as pq
from pqtheory.claims import between, forall, positive, real
from pqtheory.evidence.base import Budget
from pqtheory.lessons import check


def bowl(least):
    """(x - least)^2 / 2, up to a constant."""
    return pq.problems.Quadratic([[Fraction(1)]], [-Fraction(least)])


def run(eta, start, least=Fraction(1, 5), steps=600):
    """BinaryConnect on the bowl."""
    return pq.simulate(
        pq.methods.BinaryConnect(eta), bowl(least), np.array([Fraction(start)]), steps
    )


# %% [markdown]
# ## An orbit
#
# Lesson 2's run again: $x^\star = 1/5$, $\eta = 1/2$. Here the next latent weight depends on the present one alone. So
# once a latent weight returns, everything after it returns, too: the run goes round for ever, in an *orbit*, and the
# number of steps of one round is its *period*. A computer can only see that two numbers are equal if nothing is
# rounded, which is why we calculate in fractions. `find_cycle` says where the first round begins, and the period;
# beside it are the last ten signs.

# %%
path = run(Fraction(1, 2), Fraction(1, 3))
pq.stability.find_cycle(path), [int(s) for s in path.quantized[-10:, 0]]

# %% [markdown]
# Five steps, three of them at $+1$, and four of five steps flip; this goes on for ever.
#
# **Predict**: with a step size ten times and a hundred times as small, how often does the sign flip in the long run?
# (Write your guess down.)

# %%
for eta in (Fraction(1, 2), Fraction(1, 20), Fraction(1, 200)):
    flips = pq.signs.flips_per_step(run(eta, Fraction(1, 3)).latent)
    print(f"step size {eta}: flips in {flips[:50].mean():.0%} of the first 50 steps, "
          f"in {flips[-300:].mean():.0%} of the last 300")  # fmt: skip

# %% [markdown]
# A small step size delays the first flip, as the way to 0 takes more steps, and calms nothing. Lesson 2 says why: the
# latent weight is the start minus $\eta$ times a sum of gradients, and these are taken at $-1$ or $+1$, wherever the
# latent weight is. Make start *and* step size a hundred times as small: then every latent weight becomes a hundred
# times as small, and every sign stays what it was.

# %%
small = run(Fraction(1, 200), Fraction(1, 300))
bool((small.quantized == path.quantized).all()), bool((100 * small.latent == path.latent).all())

# %% [markdown]
# ## How often
#
# Let $x^\star$ lie between two levels, *low* and *high*, and call its place between them
# $f = (x^\star - \text{low}) / (\text{high} - \text{low})$: 0 at low, 1 at high. A step moves $\theta$ by $-\eta$
# times (the level taken minus $x^\star$), and $\theta$ stays bounded; so the mean of the levels must be $x^\star$
# (exercise 2.3). As $f \cdot \text{high} + (1 - f) \cdot \text{low} = x^\star$, high is taken in a share $f$ of the
# steps, low in the rest. The rarer one of the two is never taken twice in a row, as we shall see; so each visit to it
# costs two changes, there and back:
# $$\text{level changes per step} = 2 \min(f,\, 1 - f).$$
# No step size in it. Measured beside predicted, for the levels $-1$ and $+1$:

# %%
for f in (Fraction(1, 10), Fraction(1, 3), Fraction(1, 2), Fraction(3, 5), Fraction(9, 10)):
    flips = pq.signs.flips_per_step(run(Fraction(1, 2), Fraction(1, 7), least=2 * f - 1).latent)
    print(f"f = {f}: measured {flips[-300:].mean():.3f}, predicted {float(2 * min(f, 1 - f)):.3f}")

# %% [markdown]
# * **3.1** By hand: $x^\star = -1/3$, levels $-1$ and $+1$. In which share of the steps does the sign flip?
# * **3.2** Put $x^\star$ where the sign flips in one step of four. (Any such place will do.)

# %%
check("3.1", "1")

# %% [markdown]
# ## True for all numbers
#
# The law rests on this: from some step on the latent weight stays in the *band*
# $-\eta (1 - x^\star) \le \theta < \eta (1 + x^\star)$. (Its ends are where one step leads from 0, down, and from just
# below 0, up.) That the band is kept is a sentence for the solver of lesson 1, for every step size and every $x^\star$
# strictly between the levels at once. `given` lists what is assumed: that $\theta$ is in the band.

# %%
sign = pq.sets.Binary().project  # the nearest of the levels -1 and +1
inside = between(-1, 1, open_low=True, open_high=True)  # without its two ends


@forall(
    theta=real,
    eta=positive,
    least=inside,
    given=lambda theta, eta, least: [-eta * (1 - least) <= theta, theta < eta * (1 + least)],
)
def keeps_the_band(theta, eta, least):
    """One step of BinaryConnect from within the band ends within it."""
    after = theta - eta * (sign(theta) - least)
    return (-eta * (1 - least) <= after) & (after < eta * (1 + least))


keeps_the_band(Budget()).kind

# %% [markdown]
# Where $\theta \ge 0$ high is taken, and the step leads down by $\eta (1 - x^\star)$. Say that high is the rarer level:
# $x^\star \le 0$. The band reaches up to $\eta (1 + x^\star)$, which is no more than that step: one step, and $\theta$
# is below 0. So high is never taken twice in a row; and if low is the rarer one, the same holds of it. That the band
# is reached from every start is a part of the claim `flip-law`.
#
# ## Break it
#
# Is the band as small as it can be? **Predict**: is it kept as well if its upper end is lowered to 99 %? Run the cell;
# then try a share of your own.

# %%
share = Fraction(99, 100)


@forall(
    theta=real,
    eta=positive,
    least=inside,
    given=lambda theta, eta, least: [
        -eta * (1 - least) <= theta,
        theta < share * eta * (1 + least),
    ],
)
def keeps_less(theta, eta, least):
    """The same with a lower upper end."""
    after = theta - eta * (sign(theta) - least)
    return (-eta * (1 - least) <= after) & (after < share * eta * (1 + least))


found = keeps_less(Budget())
found.kind, found.counterexample

# %% [markdown]
# ## More levels
#
# With $k$ *bits* a weight has $2^k$ levels: 1 bit is $-1, +1$; 2 bits, evenly spaced, are $-1, -1/3, 1/3, 1$. The
# method is the same, with the nearest level in place of the sign; it is then called the *straight-through* method.
# The law says that the number of levels does not matter either, only the place of $x^\star$ between its two
# neighbours: here $f = 3/10$, between the two levels in the middle.

# %%
for bits in (1, 2, 3):
    grid = pq.sets.UniformGrid(bits)
    low, high = grid.level_values[2 ** (bits - 1) - 1 : 2 ** (bits - 1) + 1]
    method = pq.methods.BinaryConnect(Fraction(1, 2), set=grid)
    least = low + Fraction(3, 10) * (high - low)
    many = pq.simulate(method, bowl(least), np.array([Fraction(2, 7)]), 230)
    changes = np.diff(many.quantized[-201:, 0]) != 0
    print(f"{bits} bits, between {low} and {high}: {changes.mean():.2f} changes a step")

# %% [markdown]
# One thing is new: a long step may lead past the two levels, to where a third one is taken. For a bowl
# $\tfrac{a}{2} (x - x^\star)^2$, whose slope changes by $a$ for each unit of the way, a step is
# $-\eta a\,(\text{level taken} - x^\star)$, so that what counts is the product $\eta a$. The band lies about the
# middle $M$ of low and high: $M - \eta a (\text{high} - x^\star) \le \theta < M + \eta a (x^\star - \text{low})$.
#
# * **3.3** "On evenly spaced levels, as many as one likes, for all $\eta a \le C$: a step from within the band ends
#   within it, and a step from outside does not lead past it to the other side." Name the largest $C$ for which that is
#   true. The solver judges your sentence, and the one for a $C$ slightly larger, which it must refute. (Paper first:
#   from just above a threshold between two levels, how far down does a step lead, and how far may it?)
#
# ## What few flips do not say
#
# *Momentum* is a common trick: each step repeats a share $\mu$ of the step before,
# $v \leftarrow \mu v + \text{slope}$, $\theta \leftarrow \theta - \eta v$. **Predict**: does it flip more or less
# often? And is it more often right?

# %%
for mu in (0.0, 0.5, 0.9):
    theta, v, signs = 1 / 3, 0.0, []
    for _ in range(5_000):
        signs.append(1 if theta >= 0 else -1)
        v = mu * v + (signs[-1] - 1 / 5)
        theta -= v / 2
    up, changed = np.mean(np.array(signs) > 0), np.mean(np.diff(signs) != 0)
    print(f"momentum {mu}: +1 in {up:.2f} of the steps, flips in {changed:.2f}")

# %% [markdown]
# Both levels are held as often as before, for longer at a time. Few flips are no sign that anything has been decided.
#
# ## Rest
#
# When does a sign stay for ever? With many weights, a *vertex* is a point whose coordinates are all $-1$ or $+1$, a
# corner of the box between them; BinaryConnect takes its gradients at vertices alone. It rests at the vertex $s$, a
# *fixed point*, if signs $s$ at one step mean signs $s$ at all later ones (the latent weights may go on moving). As
# long as they are $s$, the gradient is the same $g = \nabla L(s)$ in each step, and weight $i$ moves by $-\eta g_i$
# again and again. If that leads away from 0, or nowhere, the sign is safe; if it leads toward 0, the sign is lost in
# the end, however small the step size. So
# $$s \text{ is a fixed point} \iff s_i\, g_i \le 0 \text{ for every } i.$$
# This is Theorem 5.3 of the paper that ProxQuant is from, the method of lesson 4 (Bai, Wang and Liberty, 2019). It
# needs step sizes whose sum has no bound, such as constant ones. For the bowl above, and its two vertices:

# %%
pq.stability.is_fixed_point(bowl(Fraction(1, 5)), np.array([[-1.0], [1.0]]))

# %% [markdown]
# Neither is one: no start and no step size brings rest there. Now with two weights, where
# `pq.problems.Quadratic(A, b)` is $L(x) = \tfrac12 x \cdot A x + b \cdot x$, with the gradient $A x + b$. With one
# weight $A$ is the $a$ of above. `enumerate` looks at all four vertices and lists the fixed points, one in a row.
#
# **Predict**: which vertices are fixed points of $x_1 x_2$, that is of
# $A = \begin{pmatrix} 0 & 1 \\ 1 & 0 \end{pmatrix}$?

# %%
pq.evidence.fixed_points.enumerate(pq.problems.Quadratic([[0, 1], [1, 0]], [0, 0]))

# %% [markdown]
# * **3.4** Name $b_1, b_2$ for which $(+1, +1)$ is a fixed point of $x_1 x_2 + b_1 x_1 + b_2 x_2$, and the only one.
# * **3.5** "A bowl $\tfrac12 x^2 + b x$ has no fixed point, whatever $b$." That is false: name a $b$ that refutes it.
#
# ## A proof that there is none
#
# With 40 weights there are $2^{40}$ vertices, a million millions; nobody looks at all of them. A *certificate* is an
# argument, found by a computer and checked in whole numbers, that rules them all out. The one below, for a loss of
# random whole numbers, sets signs one by one and turns back as soon as some weight must be pushed toward 0, whatever
# the signs that are still open. Printed are what it found ("none"), whether that is proved, and the *nodes*: how many
# beginnings of vertices it looked at.

# %%
rng = np.random.default_rng(0)
upper = np.triu(rng.integers(-1, 2, (40, 40)), 1)
A = upper + upper.T + np.diag(rng.integers(0, 12, 40))
certificate = pq.evidence.fixed_points.certify_none(
    pq.problems.Quadratic(A, rng.integers(-5, 6, 40))
)
certificate.status, certificate.proved, certificate.nodes

# %% [markdown]
# On this loss BinaryConnect comes to rest from no start, and that is proved.
#
# A check that always says "none" would be worthless. **Break it**: choose $b = -A s$ for some vertex $s$. Then the
# gradient at $s$, $A s + b$, is 0, and $s$ is a fixed point. Does the check find it, as its `witness`?

# %%
s = 2.0 * rng.integers(0, 2, 40) - 1
planted = pq.evidence.fixed_points.certify_none(pq.problems.Quadratic(A, -A @ s))
planted.status, bool((planted.witness == s).all())

# %% [markdown]
# **What you know now.** BinaryConnect rests only at vertices where gradient descent would push no weight toward 0,
# and there may be none. Where it does not rest, a weight on a bowl changes its level in $2 \min(f, 1 - f)$ of the
# steps: the place of the least point between the levels says how often, and the step size does not. All of it:
# `pqtheory verify flip-law grid-oscillation bc-scale-invariance bc-fixed-points no-fixed-point`; `pqtheory show
# flip-law` is the proof.
