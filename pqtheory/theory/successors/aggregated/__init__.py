"""What the pages on ProxConnect and AProx share: one step, and its sum over a run, with noise in the gradients."""
