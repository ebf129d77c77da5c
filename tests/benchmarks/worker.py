"""One engine with one model, in a process of its own: `python -m tests.benchmarks.worker ENGINE MODEL`.

It reads numbers of steps, line by line, and answers each with the seconds that they took. It runs under Python 2.7 too,
there as a file, for the TensorFlow of the time.
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


def tell(found):
    """An answer, on a line that nothing else prints like."""
    print('!' + json.dumps(found))
    sys.stdout.flush()


def main():
    engine, model = sys.argv[1:3]
    times = [time.time()]
    prepare(engine)
    times.append(time.time())
    folder = 'by_hand' if engine == 'jax' else 'models'
    step = importlib.import_module('tests.benchmarks.%s.%s' % (folder, model)).build()
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
