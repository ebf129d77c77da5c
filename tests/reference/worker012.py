"""Answers a request of `record.py` with what the real TensorFlow 0.12.1 computes; runs under Python 2.7.

    python2.7 worker012.py REQUEST ANSWER FOLDER_OF_RECIPES

The request lists calls. The answer lists, for each, the values of all outputs and the gradients of the outputs,
weighed by `codec.cotangent`, with respect to each array argument of a float or complex type; or the error.
"""

from __future__ import print_function  # noqa: UP010 - for Python 2

import importlib
import operator
import os
import sys

import numpy as np
import tensorflow as tf

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import codec

tf.logging.set_verbosity(tf.logging.ERROR)  # most names of 0.8 are deprecated there

RENAMED = {
    "batch_cholesky": "cholesky",
    "batch_fft": "fft", "batch_fft2d": "fft2d", "batch_fft3d": "fft3d",
    "batch_ifft": "ifft", "batch_ifft2d": "ifft2d", "batch_ifft3d": "ifft3d",
    "batch_matrix_band_part": "matrix_band_part", "batch_matrix_determinant": "matrix_determinant",
    "batch_matrix_diag": "matrix_diag", "batch_matrix_diag_part": "matrix_diag_part",
    "batch_matrix_inverse": "matrix_inverse", "batch_matrix_solve": "matrix_solve",
    "batch_matrix_solve_ls": "matrix_solve_ls", "batch_matrix_triangular_solve": "matrix_triangular_solve",
    "image.per_image_whitening": "image.per_image_standardization",
    "inv": "reciprocal",
    "list_diff": "setdiff1d", "listdiff": "setdiff1d",
}


def find(path):
    """The function that a request calls `path`: TensorFlow's, Python's operator, or a recipe of ours."""
    if path.startswith("recipe:"):
        module, name = path[len("recipe:"):].split(".")
        recipe = getattr(importlib.import_module(module), name)
        return lambda *args, **kwargs: recipe(tf, *args, **kwargs)
    if path.startswith("operator."):
        return getattr(operator, path[len("operator."):])
    if path.startswith("raw."):
        return raw(path[len("raw."):])
    found = tf
    for part in RENAMED.get(path, path).split("."):
        found = getattr(found, part)
    return found


def raw(name):
    """The generated wrapper of one operation."""
    for module in ("array", "data_flow", "linalg", "logging", "math", "nn", "sparse", "state", "string"):
        generated = importlib.import_module("tensorflow.python.ops.gen_%s_ops" % module)
        for spelling in (name, "_" + name):
            if hasattr(generated, spelling):
                return getattr(generated, spelling)
    raise AttributeError("no operation has the wrapper " + name)


def flatten(output):
    """The tensors of a call's result, in order."""
    if output is None:
        return []
    if isinstance(output, (list, tuple)) and not isinstance(output, (tf.SparseTensor, tf.IndexedSlices)):
        return [tensor for item in output for tensor in flatten(item)]
    if isinstance(output, tf.SparseTensor):
        return [output.indices, output.values, output.shape]
    if isinstance(output, tf.IndexedSlices):
        return [output.values, output.indices]
    return [tf.convert_to_tensor(output)]


def evaluate(request, reader, writer):
    """The answer to one call."""
    with tf.Graph().as_default(), tf.device("/cpu:0"), tf.Session() as session:
        tf.set_random_seed(1)
        floats = []

        def tensor(value):
            made = tf.constant(value, dtype=tf.string) if value.dtype == object else tf.constant(value)
            if value.dtype.kind in "fc":
                floats.append(made)
            return made

        def given(value):
            return codec.substitute(reader.decode(value), tensor, tf.SparseTensor, tf.as_dtype)

        try:
            function = find(request["function"])
        except AttributeError as error:
            return {"missing": str(error)}
        try:
            args = [given(value) for value in request["args"]]
            kwargs = {str(key): given(request["kwargs"][key]) for key in sorted(request["kwargs"])}
            outputs = flatten(function(*args, **kwargs))
            if tf.all_variables():
                session.run(tf.initialize_all_variables())
            values = [np.asarray(value) for value in session.run(outputs)]
        except Exception as error:
            message = getattr(error, "message", None) or str(error)
            if message.startswith("No OpKernel was registered"):  # some have kernels for GPUs only
                return {"missing": message.splitlines()[0]}
            return {"error": [type(error).__name__, message]}
        answer = {"values": [writer.encode(typed(value, output))
                             for value, output in zip(values, outputs)]}  # noqa: B905
        if request["gradient"]:
            answer["gradients"] = differentiate(session, outputs, values, floats, writer)
        return answer


def typed(value, output):
    """`value` as an array of its tensor's type; strings as objects."""
    return value.astype(object) if output.dtype.base_dtype == tf.string else value


def differentiate(session, outputs, values, floats, writer):
    """The gradient by each float argument, None where there is none, or the error."""
    weighed = [(output, codec.cotangent(value.shape, value.dtype))
               for output, value in zip(outputs, values)  # noqa: B905
               if value.dtype.kind in "fc"]
    if not weighed or not floats:
        return None
    try:
        gradients = tf.gradients([output for output, _ in weighed], floats,
                                 [tf.constant(weight, output.dtype.base_dtype) for output, weight in weighed])
        answer = []
        for gradient in gradients:
            if gradient is None:
                answer.append(None)
                continue
            slices = isinstance(gradient, tf.IndexedSlices)
            value = session.run(tf.convert_to_tensor(gradient))
            answer.append({"slices": slices, "value": writer.encode(np.asarray(value))})
        return answer
    except Exception as error:
        return {"error": [type(error).__name__, getattr(error, "message", None) or str(error)]}


def main(request_path, answer_path, recipes):
    sys.path.insert(0, recipes)
    reader, writer, answers = codec.Reader(request_path), codec.Writer(), []
    for request in reader.index:
        print(request["name"])  # the last name printed is the one that crashed, if one did
        sys.stdout.flush()
        answers.append(evaluate(request, reader, writer))
    writer.save(answer_path, answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
