"""Sources: where a collector reads; one module per protocol."""
