# %% [markdown]
# # Lesson 1: the W and its prox, by hand in fractions
#
# **The question.** A weight must end at -1 or +1. How can a step pull it there gently, a little at a time, without
# ever deciding too early? You need: derivatives, and absolute values. 15 minutes.
#
# Everything here is exact: numbers are fractions, and what the code says is what you find on paper.

# %%
from fractions import Fraction

import numpy as np

import pqtheory as pq
from pqtheory.claims import forall, positive, real
from pqtheory.evidence.base import Budget

half, quarter = Fraction(1, 2), Fraction(1, 4)
W = pq.regularizers.DistanceL1(pq.sets.Binary())
W

# %% [markdown]
# ## A function that is 0 at the levels
#
# $W(x) = \min(|x - 1|, |x + 1|)$ is the distance to the nearer level. Its graph is a W: 0 at both levels, 1 in the
# middle, slope 1 toward a level everywhere else.

# %%
[(x, W.value(np.array([Fraction(x)]))) for x in (-2, -1, 0, 1, 2)]

# %% [markdown]
# ## The prox
#
# Minimising W at once gives the nearest level: no gentleness there. Instead stay near where you are, and pay for W:
# $$\operatorname{prox}_{wW}(\theta) = \operatorname{argmin}_x\ \tfrac12 (x - \theta)^2 + w\,W(x).$$
# To the left of +1, on its side of the W, the slope of the objective is $x - \theta - w$: it is 0 at $x = \theta + w$.
#
# **Predict** before you run the next cell: where does $\theta = 1/2$ go with $w = 1/4$? And with $w = 3/4$?

# %%
[W.prox(np.array([half]), w)[0] for w in (quarter, Fraction(3, 4))]

# %% [markdown]
# It moves by $w$ toward its level and stops there: the W is *soft-thresholding toward the levels*. Check it by hand
# against other numbers:
#
# * **1.1** Where does $\theta = 2/5$ go with $w = 1/4$? `pqtheory lessons check 1.1 ANSWER`, or `check("1.1", "...")`.
# * **1.2** From which weight on is $3/10$ taken the whole way to its level?

# %%
from pqtheory.lessons import check

check("1.1", "0")

# %% [markdown]
# ## Two answers
#
# In the middle nobody knows which level is the nearer one. The objective at $\theta = 0$ is the same for $x$ and $-x$,
# so the minimisers come in pairs; `prox` takes the larger one, as sign(0) = +1.

# %%
W.prox_set(Fraction(0), quarter), W.prox(np.array([Fraction(0)]), quarter)[0]

# %% [markdown]
# * **1.3** Name all minimisers at $\theta = 0$ for $w = 1/2$, with a comma between them.
# * **1.4** The levels are now -1, 0, +1. Name all minimisers at $\theta = 1/2$ for $w = 1/8$.

# %%
pq.plotting.regularizer(weights=(0.25, 0.5, 1.0))

# %% [markdown]
# ## True for all numbers
#
# Examples are no proof. A sentence about *all* $\theta$ and *all* $w > 0$ is handed to a solver, which reads the very
# code that ran above.


# %%
@forall(theta=real, weight=positive)
def moves_by_at_most_the_weight(theta, weight):
    """|prox(theta) - theta| <= weight."""
    moved = W.prox(theta, weight) - theta
    return (moved <= weight) & (-moved <= weight)


found = moves_by_at_most_the_weight(Budget())
found.kind, found.note

# %% [markdown]
# ## Break it
#
# Change the sentence and watch the answer: is the prox always *above* $\theta$ where $\theta > 0$?


# %%
@forall(theta=positive, weight=positive)
def goes_up(theta, weight):
    """prox(theta) >= theta."""
    return W.prox(theta, weight) >= theta


found = goes_up(Budget())
found.kind, found.counterexample

# %% [markdown]
# * **1.5** Find a counterexample of your own with $w = 1/4$: a $\theta > 0$ that the prox moves *down*.
#
# **What you know now.** The prox of the W moves a weight by $w$ toward its level and no further; at a midpoint there
# are two answers; and a sentence about all numbers can be handed to a solver, which answers with a proof or a
# counterexample. All of it at once: `pqtheory verify w-prox`.
