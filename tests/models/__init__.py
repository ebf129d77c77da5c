"""One set of models, for what compares us with others: `programs` as scripts of 2016, `by_hand` as one writes them in JAX.

`tests.benchmarks` measures their steps; `tests.emit` takes the programs out as JAX source, and compares that with what is
written by hand. Sizes are arguments: those of the benchmarks by default.
"""
