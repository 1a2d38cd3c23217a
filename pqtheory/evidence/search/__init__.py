"""Search for a case that refutes: where cases come from, how far each is from refuting, how it is made simple."""
