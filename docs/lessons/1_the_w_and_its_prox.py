# %% [markdown]
# # Lesson 1: the W and its prox, by hand in fractions
#
# **The question.** A weight must end at -1 or +1. How can a step pull it there gently, a little at a time, without
# ever deciding too early? You need: derivatives, and absolute values. 15 minutes.
#
# Why must it? A neural network is trained by gradient descent on its *weights*, some millions of numbers. To make it
# small and fast one allows each weight a few values only, the *levels*: with the two levels -1 and +1 a weight takes
# one bit in place of 32, and multiplying by it is a change of sign. Such a network is *quantized*. Gradient descent
# makes small steps, and between -1 and +1 there is no small step: that is the difficulty of all five lessons.
#
# Everything here is exact: numbers are fractions, and what the code says is what you find on paper. Run the cells one
# after the other, as a notebook (`pqtheory lessons open 1 --out lesson-1.ipynb`) or in an editor that knows cells: what
# a cell's last line is worth is shown below it. Where it says **predict**, stop and write your guess down first.

# %%
from fractions import Fraction

import numpy as np

import pqtheory as pq
from pqtheory.claims import forall, positive, real
from pqtheory.evidence.base import Budget

half, quarter = Fraction(1, 2), Fraction(1, 4)
# where the levels are (a *set*; its scale 1 means -1 and +1), and how far a weight is from them (a *regularizer*;
# L1: by absolute values)
W = pq.regularizers.DistanceL1(pq.sets.Binary())
W

# %% [markdown]
# ## A function that is 0 at the levels
#
# $W(x) = \min(|x - 1|, |x + 1|)$ is the distance to the nearer level. Its graph is a W: it touches the ground at both
# levels, has a peak of height 1 midway between them, at $x = 0$, and its four lines have the slopes $\pm 1$. The
# library takes arrays, here of one number.

# %%
[(x, W.value(np.array([Fraction(x)]))) for x in (-2, -1, 0, 1, 2)]

# %% [markdown]
# ## The prox
#
# Minimising W at once gives the nearest level: no gentleness there. Instead stay near where you are, at $\theta$, and
# pay for W:
# $$\operatorname{prox}_{wW}(\theta) = \operatorname{argmin}_x\ \tfrac12 (x - \theta)^2 + w\,W(x).$$
# (argmin: the $x$ at which what follows, the *objective*, is least. Prox is short for proximal operator.) The number
# $w > 0$ says how hard W pulls; the library calls it the `weight` of the prox, which is not a weight of the network.
#
# Say that $\theta > 0$. Then no $x < 0$ is best: $-x$ has the same W and is nearer to $\theta$. Between 0 and +1,
# $W(x) = 1 - x$, so the slope of the objective is $x - \theta - w$: it is 0 at $x = \theta + w$, if that is not beyond
# +1, where W rises again.
#
# **Predict** before you run the next cell: where does $\theta = 1/2$ go with $w = 1/4$? And with $w = 3/4$?

# %%
[W.prox(np.array([half]), w)[0] for w in (quarter, Fraction(3, 4))]

# %% [markdown]
# It moves by $w$ toward its level, but not past it. (That is called *soft thresholding toward the levels*.) Now by
# hand, with other numbers; the checker says right, or not yet, with a hint. Answers are numbers such as `3/4` or
# `0.75`, several of them with commas between. The cell below gives a wrong one; put yours in its place, or ask at the
# command line, `pqtheory lessons check 1.1 ANSWER`.
#
# * **1.1** Where does $\theta = 2/5$ go with $w = 1/4$?
# * **1.2** From which $w$ on is $3/10$ taken the whole way to its level? (The least such $w$.)

# %%
from pqtheory.lessons import check

check("1.1", "0")

# %% [markdown]
# ## Two answers
#
# Midway between the levels neither is the nearer one. The objective at $\theta = 0$ is the same for $x$ and $-x$, so
# the minimisers, the points where it is least, come in pairs. `prox_set` has all of them; `prox` must choose, and takes
# the larger one. In the same way the sign of 0 is +1 in all lessons.

# %%
W.prox_set(Fraction(0), quarter), W.prox(np.array([Fraction(0)]), quarter)[0]

# %% [markdown]
# * **1.3** Name all minimisers at $\theta = 0$ for $w = 1/2$, with a comma between them.
# * **1.4** The levels are now -1, 0, +1, and W is the distance to the nearest of the three. Name all minimisers at
#   $\theta = 1/2$ for $w = 1/8$.

# %% [markdown]
# The picture of it all: left the W; right its prox for three weights $w$. Flat at the levels, where a weight has
# arrived; a jump at 0, where the two answers are. (The picture calls any regularizer $R$, here the W, and the prox's
# weight $\lambda$ in place of $w$.)

# %%
pq.plotting.regularizer(weights=(0.25, 0.5, 1.0))

# %% [markdown]
# ## True for all numbers
#
# Examples are no proof. A sentence about *all* $\theta$ and *all* $w > 0$ is handed to a *solver*: a program that
# decides formulas about real numbers, by a proof or by a *counterexample*, numbers for which the formula is false.
# `forall` says what the variables are; the function below it returns what must be true of them (`&` is "and", `|` is
# "or"). The solver is given the very code that ran above, with letters in place of the numbers. `Budget()` is the time
# it may take.


# %%
@forall(theta=real, weight=positive)
def moves_by_at_most_the_weight(theta, weight):
    """|prox(theta) - theta| <= weight."""
    moved = W.prox(theta, weight) - theta
    return (moved <= weight) & (-moved <= weight)


found = moves_by_at_most_the_weight(Budget())
found.kind

# %% [markdown]
# ## Break it
#
# Change the sentence and watch the answer: is the prox always *above* $\theta$, or at it, where
# $\theta > 0$? Then make up sentences of your own.


# %%
@forall(theta=positive, weight=positive)
def goes_up(theta, weight):
    """prox(theta) >= theta."""
    return W.prox(theta, weight) >= theta


found = goes_up(Budget())
found.kind

# %% [markdown]
# * **1.5** Refuted: find a counterexample of your own with $w = 1/4$, a $\theta > 0$ that the prox moves *down*. (When
#   you have one, look at the solver's: `found.counterexample`.)
#
# **What you know now.** The prox of the W moves a weight by $w$ toward its level and no further; at the midpoint
# between two levels there are two answers; and a sentence about all numbers can be handed to a solver, which answers
# with a proof or a counterexample. A *claim* is such a sentence that the library keeps with its proof, and with false
# sentences beside it that the same check must refute. This lesson's is `w-prox`: at the command line, `pqtheory verify
# w-prox` proves it anew.
