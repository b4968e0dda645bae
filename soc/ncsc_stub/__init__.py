"""A stand-in for the national centre, a program of its own; shares no code with the client."""
