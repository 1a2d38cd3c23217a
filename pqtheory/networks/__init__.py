"""Real networks: torch optimizers from the same two ideas as the array methods. Needs torch."""
