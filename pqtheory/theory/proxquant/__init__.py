"""ProxQuant: convergence, fixed points, the metric of its prox."""
