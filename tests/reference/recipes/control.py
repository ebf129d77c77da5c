"""Recipes with conditionals, loops, folds, scans and TensorArrays."""


def branches(tf, pred, x, y):
    """One of two sums, and both inputs."""
    return tf.cond(pred, lambda: [x + y, x * x, y], lambda: [x - y, y * y * y, x])


def nested_branches(tf, x, y):
    """A conditional in each branch of another."""
    def inner(value):
        return tf.cond(tf.reduce_sum(y) > 1, lambda: value * y, lambda: value + 2 * y)

    return tf.cond(tf.reduce_sum(x) > 0, lambda: inner(x) + 1, lambda: tf.exp(inner(-x)))


def unread_branch(tf, pred, x):
    """A branch that does not use x."""
    return tf.cond(pred, lambda: x * 3, lambda: tf.ones_like(x))


def gathered_or_whole(tf, pred, table):
    """Rows of a table, or sums of it."""
    return tf.cond(pred, lambda: tf.gather(table, [1, 1]), lambda: 2 * table[0:2, 0:2])


def cases(tf, x, first, second):
    """The first true one of two, or the default."""
    return tf.case([(first, lambda: x * 2), (second, lambda: x * x)], default=lambda: -x)


def power(tf, x, times):
    """x ** times, by a loop that counts."""
    return tf.while_loop(lambda i, total: i < times, lambda i, total: (i + 1, total * x),
                         [tf.constant(0), tf.ones_like(x)])[1]


def squared_until(tf, x, scale):
    """A loop whose number of trips depends on the values."""
    return tf.while_loop(lambda v: tf.reduce_sum(v) < 1000, lambda v: v * v * scale, [x])


def steps_until(tf, x, rate):
    """A loop that says how long it took."""
    return tf.while_loop(lambda i, v: tf.reduce_sum(tf.abs(v)) > .01, lambda i, v: (i + 1, v * rate),
                         [tf.constant(0), x])


def no_trips(tf, x):
    """A loop that never runs its body."""
    return tf.while_loop(lambda i, v: i < 0, lambda i, v: (i + 1, v * v), [tf.constant(0), x])


def nested_loops(tf, x, y):
    """A loop in a loop, the inner one as long as the outer has come."""
    def outer(i, total):
        _, inside = tf.while_loop(lambda j, v: j < i, lambda j, v: (j + 1, v * y + total), [tf.constant(0), x])
        return i + 1, total + inside

    return tf.while_loop(lambda i, total: i < 4, outer, [tf.constant(0), tf.zeros_like(x)])[1]


def nested_open_loops(tf, x, y):
    """A loop of unknown length in another."""
    def outer(total):
        inside = tf.while_loop(lambda v: tf.reduce_sum(v) < 4, lambda v: v * y, [total])
        return inside * y

    return tf.while_loop(lambda total: tf.reduce_sum(total) < 30, outer, [x])


def branch_in_loop(tf, x, y):
    """Even and odd trips differ."""
    def body(i, v):
        even = tf.equal(i - 2 * (i // 2), 0)
        return i + 1, tf.cond(even, lambda: v * y, lambda: v + y)

    return tf.while_loop(lambda i, v: i < 5, body, [tf.constant(0), x])[1]


def loop_in_branch(tf, pred, x, y):
    """A loop that only one branch has."""
    def looped():
        return tf.while_loop(lambda v: tf.reduce_sum(v) < 100, lambda v: v * y + 1, [x])

    return tf.cond(pred, looped, lambda: x * y)


def growing(tf, x, times):
    """A loop variable that grows."""
    return tf.while_loop(lambda i, v: i < times, lambda i, v: (i + 1, tf.concat(0, [v, v[0:1] * 2])),
                         [tf.constant(0), x])[1]


def shared(tf, x):
    """Several values, used after the loop and by one another."""
    a, b = tf.while_loop(lambda a, b: tf.reduce_sum(a) < 100, lambda a, b: (a * (a + b), a + b), [x, 2 * x])
    return [a * b, b]


def without_gradient(tf, x):
    """A loop that passes no gradient, beside what does."""
    looped = tf.while_loop(lambda v: tf.reduce_sum(v) < 100, lambda v: v * v + 1, [x], back_prop=False)
    return looped + x * 3


def many_trips(tf, x):
    """More trips than states are kept."""
    return tf.while_loop(lambda v: tf.reduce_sum(v) < 100, lambda v: v * 1.01 + .001 * v * v, [x])


def counted_trips(tf, x):
    """Many trips of a known number."""
    return tf.while_loop(lambda i, v: i < 300, lambda i, v: (i + 1, v * .99 + .01 * tf.cos(v)),
                         [tf.constant(0), x])[1]


def mapped(tf, x, y):
    """A function of each slice."""
    return tf.map_fn(lambda row: row * row + y, x)


def mapped_to(tf, x):
    """Another type than that of the slices."""
    return tf.map_fn(lambda row: tf.cast(row, tf.int32), x, dtype=tf.int32)


def folded(tf, x, first):
    """The four folds of one tensor."""
    step = lambda total, row: total * 2 + row * row  # noqa: E731
    return [tf.foldl(step, x), tf.foldr(step, x), tf.foldl(step, x, initializer=first),
            tf.foldr(step, x, initializer=first)]


def scanned(tf, x, first):
    """A scan with and without a first value."""
    step = lambda total, row: total * row + row  # noqa: E731
    return [tf.scan(step, x), tf.scan(step, x, initializer=first)]


def summed_variable(tf, x):
    """A variable that each trip adds to, and its value in the end."""
    total = tf.Variable(x, validate_shape=False)
    total.set_shape = None

    def body(i):
        with tf.control_dependencies([tf.assign_add(total, x)]):
            return tf.add(i, 1)

    steps = tf.while_loop(lambda i: i < 3, body, [tf.constant(0)], parallel_iterations=1)
    with tf.control_dependencies([steps]):
        return [steps, tf.identity(total)]


def assigned_in_branch(tf, pred, x):
    """A variable that one branch assigns."""
    value = tf.Variable(1.0)
    done = tf.cond(pred, lambda: tf.assign(value, x), lambda: tf.identity(value))
    with tf.control_dependencies([done]):
        return [done, value + 0]


def chosen(tf, start, sizes):
    """The elements written, read, packed and joined."""
    array = tf.TensorArray(tf.float32, 3, clear_after_read=False)
    array = array.write(0, start).write(1, start * 2).write(2, start * start)
    return [array.read(1), array.pack(), array.concat(), array.size()]


def written_in_loop(tf, x, y):
    """Elements written in a loop, each reading the one before."""
    def body(i, array, last):
        value = last * y + tf.gather(x, i)
        return i + 1, array.write(i, value), value

    _, array, last = tf.while_loop(lambda i, array, last: i < 3, body,
                                   [tf.constant(0), tf.TensorArray(tf.float32, 3), y])
    return [array.pack(), last]
