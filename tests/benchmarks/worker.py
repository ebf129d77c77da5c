"""One engine with one model, in a process of its own: `python -m tests.benchmarks.worker ENGINE MODEL`.

The models are those of `tests.models`; a number after a name is how many steps it unrolls. The worker reads numbers of
steps, line by line, and answers each with the seconds that they took. It runs under Python 2.7 too, there as a file, for
the TensorFlow of the time.
"""

from __future__ import print_function

import importlib
import json
import os
import resource
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def prepare(engine):
    """Imports what the engine is made of."""
    if engine == 'tracer':
        import tracer.legacy
        from tracer.legacy import cache

        cache.enable()
        tracer.legacy.install()
    elif engine == 'tensorflow':
        from tests.benchmarks import adapter

        adapter.install()
    if engine == 'jax':
        import jax  # noqa: F401
    else:
        import tensorflow  # noqa: F401


def built(engine, model):
    """A function that makes one step and returns the loss."""
    name = model.rstrip('0123456789')
    sizes = {'steps': int(model[len(name):])} if name != model else {}
    if engine == 'jax':
        from tests.benchmarks import peer

        return peer.stepping(name, sizes)
    import tensorflow as tf

    made = importlib.import_module('tests.models.programs.' + name).build(**sizes)
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())
    tf.train.start_queue_runners(sess=sess)
    if made.step is not None:
        return lambda: made.step(sess)
    return lambda: sess.run(made.fetches, feed_dict=made.feeds)[1]


def tell(found):
    """An answer, on a line that nothing else prints like."""
    print('!' + json.dumps(found))
    sys.stdout.flush()


def main():
    engine, model = sys.argv[1:3]
    times = [time.time()]
    prepare(engine)
    times.append(time.time())
    step = built(engine, model)
    times.append(time.time())
    loss = float(step())
    times.append(time.time())
    found = dict(zip(['import', 'build', 'first'], [b - a for a, b in zip(times, times[1:])]), loss=loss)
    tell(found)
    for line in iter(sys.stdin.readline, ''):
        start = time.time()
        for _ in range(int(line)):
            loss = step()
        took = time.time() - start
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        tell({'seconds': took, 'loss': float(loss), 'memory': memory})
    os._exit(0)  # queue runners and all


if __name__ == '__main__':
    main()
