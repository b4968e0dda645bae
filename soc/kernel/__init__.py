"""Kernel: time, errors, ids, text folding, channels and logs; imports nothing of ours."""
