r"""
Two functions that BinaryConnect cannot tell apart (the paper's Figure 1b)
==========================================================================

:math:`f_1` and :math:`f_{-1}` have the same derivatives at -1 and +1, and BinaryConnect asks for no others: its paths
on the two are one. ProxQuant, which asks where it is, ends at the right vertex of each. On the command line:
``pqtheory plot toy``; to drag it about: ``pqtheory lab``.
"""

import pqtheory as pq

figure = pq.plotting.toy(theta0=0.3, step_size=0.05, rate=0.02)

# %%
# With a rate above the threshold of the theorem :doc:`two-function-toy </theorems/two-function-toy>` the pull is too
# fast: ProxQuant ends at +1 on both.

theta0, eta = 0.3, 0.05
threshold = eta / (2 * theta0 - 3 * eta)
too_fast = pq.plotting.toy(theta0=theta0, step_size=eta, rate=1.5 * threshold)
