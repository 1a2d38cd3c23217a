"""Lazy iterations: oscillation, and what they minimise."""
