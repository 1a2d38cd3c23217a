"""One short script per figure or table of the paper, and the results they wrote."""

from pathlib import Path

#: where they write
RESULTS = Path(__file__).parent / "results"
