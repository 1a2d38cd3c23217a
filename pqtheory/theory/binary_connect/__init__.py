"""BinaryConnect: dual averaging, fixed points, averages."""
