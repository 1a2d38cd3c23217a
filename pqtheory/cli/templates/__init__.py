"""Claim files to start one's own from: ``pqtheory claims --template NAME``."""
