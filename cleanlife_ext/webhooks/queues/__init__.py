"""Whoever does the queueing instead of a worker of ours."""
