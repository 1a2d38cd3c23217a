r"""All minimisers of J(x) = (x - t)^2 / 2 + w S(x), for any codebook: the theorem, from what t, x and p see.

Let a be the level nearest to t, A = |t - a|, h half the gap of t, p the prox, and d the distance of x to its own level.

* x is on the side of a where t is, or between the middle of the gap and its other end: then |x - t| >= |d - A|, and d is
  the distance of a point in the half gap of t, where no J is less than J(p).
* Or |x - t| > A: then J(x) > A^2 / 2 = J(a) >= J(p).
"""

from collections.abc import Callable, Sequence
from typing import Any

from pqtheory.claims import Cases, ForAll, every, forall, implies, nonnegative, positive, real
