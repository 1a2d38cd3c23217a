"""
To which vertex each start leads
================================

Basins on an indefinite quadratic in two coordinates: BinaryConnect has starts that lead nowhere, ProxQuant has none
here. On the command line: ``pqtheory plot basins``.
"""

import pqtheory as pq

figure = pq.plotting.basins(resolution=81, steps=300)
