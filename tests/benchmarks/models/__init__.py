"""Models as programs of 2016 wrote them: each file's `build()` makes the graph and a session, and gives one step.

They use names and argument orders of TensorFlow 0.8 and run under Python 2.7 and 3. A step runs the training
operation, fetches the loss and returns it. `tests.benchmarks.by_hand` has the same models in JAX.
"""
