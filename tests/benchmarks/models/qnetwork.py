"""Q-learning with replay: one run for each of four moves, then one that learns from 32 remembered ones."""

import numpy as np
import tensorflow as tf


def network(x, scope):
    with tf.variable_scope(scope):
        for i, (inputs, outputs) in enumerate([(4, 64), (64, 64), (64, 2)]):
            w = tf.get_variable('w%d' % i, [inputs, outputs], initializer=tf.random_normal_initializer(stddev=0.1))
            b = tf.get_variable('b%d' % i, [outputs], initializer=tf.constant_initializer(0.01))
            x = tf.matmul(x, w) + b
            x = tf.nn.relu(x) if i < 2 else x
    return x


def build():
    rng = np.random.RandomState(0)
    memory = rng.rand(1000, 4).astype(np.float32)
    state = tf.placeholder(tf.float32, [None, 4])
    action = tf.placeholder(tf.float32, [None, 2])
    reward = tf.placeholder(tf.float32, [None])
    values = network(state, 'q')
    chosen = tf.argmax(values, 1)
    loss = tf.reduce_mean(tf.square(reward - tf.reduce_sum(tf.mul(values, action), reduction_indices=1)))
    train = tf.train.RMSPropOptimizer(0.00025, 0.99).minimize(loss)
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())

    def step():
        for _ in range(4):
            sess.run(chosen, feed_dict={state: memory[rng.randint(1000)][None]})
        at = rng.randint(0, 1000, 32)
        best = sess.run(values, feed_dict={state: memory[at]}).max(1)
        moves = np.eye(2, dtype=np.float32)[rng.randint(0, 2, 32)]
        return sess.run([train, loss], feed_dict={state: memory[at], action: moves, reward: 1 + 0.99 * best})[1]

    return step
