"""Fixed points of BinaryConnect, s in {-1, +1}^dim with s_i grad L(s)_i <= 0 for all i: all, one, or certainly none.

================  ===========================================================================
enumerate         all of them, by looking at every vertex; exact for quadratics
certify_none      a certificate that a quadratic has none, or a fixed point, or "undecided"
search_signs      one, or that there is none, by branch and bound over sign vectors; exact
find_fixed_point  one fixed point of a quadratic, by mixed-integer programming
================  ===========================================================================

References
----------
Bai, Wang, Liberty, *ProxQuant* (arXiv 1810.00861), Definition 5.1 and Theorem 5.3.
"""

from pqtheory.evidence.fixed_points.certification import Certificate, certify_none, find_fixed_point
from pqtheory.evidence.fixed_points.enumeration import enumerate
from pqtheory.evidence.fixed_points.sign_search import Searched, search_signs

__all__ = [
    "Certificate",
    "Searched",
    "certify_none",
    "enumerate",
    "find_fixed_point",
    "search_signs",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
