"""Prox operators: closed forms, ties, codebooks, smoothing, alternation."""
