"""The small problems on which optimizers are compared, and their runs."""

import numpy as np

STEPS = 10
INPUTS = np.array([[.5, -1, 2], [1.5, .25, -.75], [-2, 1, .5], [.125, 2, 1]], np.float32)
TARGETS = np.array([[1, -1], [0, 2], [.5, .5], [-1, 1]], np.float32)
WEIGHTS = np.array([[.25, -.5], [1, .75], [-.125, .5]], np.float32)
BIAS = np.array([.5, -.25], np.float32)
TABLE = np.array([[1, -1], [.5, .25], [-.75, 2], [.125, -.5], [0, 1.5], [-2, .375]], np.float32)
ROWS = np.array([4, 0, 2], np.int32)  # each once: 0.12 adds up repeated rows first, 0.8 took them one after the other
REPEATED = np.array([4, 0, 4, 4], np.int32)
ROW_TARGETS = np.array([[1, 0], [-.5, .5], [0, 2], [.25, -1]], np.float32)


def dense(tf):
    """A linear layer with a bias: dense gradients. Returns the loss and the variables."""
    weights, bias = tf.Variable(WEIGHTS, name="weights"), tf.Variable(BIAS, name="bias")
    error = tf.sub(tf.add(tf.matmul(tf.constant(INPUTS), weights), bias), tf.constant(TARGETS))
    return tf.reduce_sum(tf.mul(error, error)), [weights, bias]


def sparse(tf, rows=ROWS):
    """Rows of a table: sparse gradients."""
    table = tf.Variable(TABLE, name="table")
    error = tf.sub(tf.nn.embedding_lookup(table, tf.constant(rows)), tf.constant(ROW_TARGETS[:len(rows)]))
    return tf.reduce_sum(tf.mul(error, error)), [table]


def repeated(tf):
    """Rows of a table, some of them more than once."""
    return sparse(tf, REPEATED)


PROBLEMS = {"dense": dense, "sparse": sparse, "repeated": repeated}


def trajectory(tf, optimizer, problem, arguments, options):
    """Every variable, slots included, by name: its values before the first step and after each one."""
    loss, variables = PROBLEMS[problem](tf)
    step = getattr(tf.train, optimizer)(*arguments, **options).minimize(loss, var_list=variables)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        names = [variable.op.name for variable in tf.all_variables()]
        values = [session.run(tf.all_variables())]
        for _ in range(STEPS):
            session.run(step)
            values.append(session.run(tf.all_variables()))
    return {name: np.array([value[i] for value in values]) for i, name in enumerate(names)}
