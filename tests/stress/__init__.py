"""Long trials of what must never go wrong, run by hand: `python -m tests.stress NAME --trials 1000`.

The tests run a few of each kind.
"""
