"""Models as programs of 2016 wrote them: each file's `build()` makes the graph and says what a step runs.

They use names and argument orders of TensorFlow 0.8 and run under Python 2.7 and 3.
"""

import collections


class Model(collections.namedtuple('Model', 'fetches feeds step')):
    """A step fetches these, the operation that trains first and the loss then, and feeds those.

    Where a step is more than one run, `step` is a function of the session that makes it and returns the loss.
    """

    __slots__ = ()

    def __new__(cls, fetches, feeds, step=None):
        return super(Model, cls).__new__(cls, fetches, feeds, step)
