"""Which collectors are silent, lagging or missing records; pure."""
