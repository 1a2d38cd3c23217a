"""Mutation testing: what is cut, what a mutant is, which tests run its lines, how they run, and what is told of it."""
