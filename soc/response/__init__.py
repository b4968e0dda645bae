"""Playbooks: model, linter, conditions and the machine; pure."""
