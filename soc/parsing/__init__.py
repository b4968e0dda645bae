"""Bytes of one record → fields, log source, layer, ECS; pure."""
