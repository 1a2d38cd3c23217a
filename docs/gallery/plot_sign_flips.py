"""
Sign flips on handwritten digits
================================

A small network on scikit-learn's digits, trained here: from one full-precision warm start the same steps at full
precision, by BinaryConnect and by ProxQuant. Two seeds and 40 epochs; ``pqtheory plot sign-flips`` has five and 100.
"""

import pqtheory as pq
from pqtheory.digits import DigitsSettings, run_digits

result = run_digits(DigitsSettings(seeds=2, epochs=40))
figure = pq.plotting.sign_flips(result)
