"""Measurements against peers, never part of the tests: `python -m tests.benchmarks [names]`."""
