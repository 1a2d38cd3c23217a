"""The successors of ProxQuant as points of memory x regularizer, and what practice adds to them."""
