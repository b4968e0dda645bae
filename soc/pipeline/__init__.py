"""One run_<stage> per stage: the only concurrency, and the only broad except."""
