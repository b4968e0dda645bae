"""The edge towards people: pages and the JSON API of the same names."""
