"""Records in `messages.json` how the real TensorFlow's errors at run time read.

Runs under Python 2.7 with TensorFlow 0.12.1:

    python2.7 tests/reference/record_messages.py

For each program of `recipes/failing.py`: the error's class, its message up to the node that TensorFlow appends, and the
type of the operation that it blames. Where the kernels of 0.8 say it otherwise, their wording is kept.
"""

import io
import json
import os
import sys

import tensorflow as tf

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from recipes import failing

tf.logging.set_verbosity(tf.logging.ERROR)  # most names of 0.8 are deprecated there

IN_0_8 = {  # as the C++ sources of 0.8 have it
    "argmax_dimension": "Minimum tensor rank: 2 but got: 2",
    "concat_dimension": "ConcatOp : Expected concatenating dimensions in the range [0, 2), but got 2",
    "in_top_k_out_of_range": "targets[1] is out of range",
    "matmul_shapes": "Matrix size-compatible: In[0]: [2,3], In[1]: [2,3]",
    "matmul_transposed_shapes": "Matrix size-compatible: In[0]: [2,3], In[1]: [2,4]",
    "matmul_vector": "In[1] is not a matrix",
    "mirror_pad_large": "paddings must be less thanthan the dimension size: 2, 0 not less than 2",
    "multinomial_rank": "Input logits should be a matrix, got shape: [3]",
    "queue_enqueue_closed": "FIFOQueue 'q' is closed.",
    "range_backwards": "Requires start <= limit: 4/3",
    "range_without_step": "Requires delta > 0: 0",
    "softmax_rank": "logits must be 2-dimensional",
    "sparse_cross_entropy_shapes":
        "logits first dimension must match labels size.  logits shape=[2,3] labels shape=[3]",
    "unpack_count": "Input shape must start with 2, got [3,2]",
}
TYPES_IN_0_8 = {"queue_enqueue_closed": "AbortedError"}
OPERATIONS_IN_0_8 = {"matmul_vector": "MatMul", "softmax_rank": "Softmax", "in_top_k_out_of_range": "InTopK"}


def main():
    messages = {}
    for name in sorted(failing.programs()):
        error = failing.error_of(tf, name)
        if error is None and name not in IN_0_8:
            raise SystemExit(name + " does not fail")
        message = IN_0_8.get(name) or error.message.split("\n\t [[Node: ")[0]
        kind = TYPES_IN_0_8.get(name) or (type(error).__name__ if error else "InvalidArgumentError")
        blamed = OPERATIONS_IN_0_8.get(name) or (error.op.type if error.op else None)
        messages[name] = {"type": kind, "message": message, "op": blamed}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "messages.json")
    with io.open(path, "w", encoding="utf-8") as file:  # noqa: UP020 - for Python 2
        text = json.dumps(messages, indent=1, sort_keys=True, separators=(",", ": "))
        file.write(text.decode("ascii") + u"\n" if isinstance(text, bytes) else text + u"\n")  # noqa: UP025


if __name__ == "__main__":
    main()
