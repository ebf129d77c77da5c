"""Recipes of the harness's own test."""


def square_of_sum(tf, x, y):
    """(x + y) squared, and the sum itself."""
    total = tf.add(x, y)
    return [tf.mul(total, total), total]


def product_with_variable(tf, x):
    """x @ w, of a variable w."""
    w = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    return tf.matmul(x, w)


def first_of_two(tf, x, y):
    """x: nothing flows from y."""
    return tf.add(x, tf.mul(x, x))
