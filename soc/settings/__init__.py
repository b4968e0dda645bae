"""Settings of the centre: one TOML file, every error at once."""
