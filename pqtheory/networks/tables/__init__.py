"""What came of runs: result files, runs side by side, published figures beside ours."""
