"""Random operations with fixed seeds."""


def seeded(tf, name, *args, **kwargs):
    """One operation of its own and of the graph's seed."""
    tf.set_random_seed(1)
    return getattr(tf, name)(*args, seed=7, **kwargs)


def runs_on(tf, name, *args):
    """Two operations, the second seeded by the number of operations before it."""
    tf.set_random_seed(5)
    return [getattr(tf, name)(*args), getattr(tf, name)(*args, seed=2)]
