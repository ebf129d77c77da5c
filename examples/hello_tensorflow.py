"""One neuron learns to answer 0 to an input of 1. Run it with

    python -m tracer examples/hello_tensorflow.py

Every step's scalars go to log_simple_stats; look at them with `tensorboard --logdir=log_simple_stats`.
"""
from __future__ import print_function

import tensorflow as tf

x = tf.constant(1.0, name='input')
w = tf.Variable(0.8, name='weight')
y = tf.mul(w, x, name='output')
y_ = tf.constant(0.0, name='correct_value')
loss = tf.pow(y - y_, 2, name='loss')
train_step = tf.train.GradientDescentOptimizer(0.025).minimize(loss)

for value in [x, w, y, y_, loss]:
    tf.scalar_summary(value.op.name, value)
summaries = tf.merge_all_summaries()

sess = tf.Session()
summary_writer = tf.train.SummaryWriter('log_simple_stats', sess.graph)

sess.run(tf.initialize_all_variables())
for i in range(100):
    if i % 20 == 0:
        print('before step {:3d}, y is {}'.format(i, sess.run(y)))
    summary_writer.add_summary(sess.run(summaries), i)
    sess.run(train_step)
print('after 100 steps, y is {}'.format(sess.run(y)))
summary_writer.close()
