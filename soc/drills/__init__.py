"""Drills: scenario, player through real collectors, score."""
