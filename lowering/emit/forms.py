"""Operations whose rules are written for speed, or for the last bit, in the form in which a person would write them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from lowering.emit import layers
from lowering.emit.expressions import Expr, UnquotableError, record
from lowering.rules.slicing import places_of


def call(head: str, function: Callable, *args: Any, **kwargs: Any) -> Any:
    """A recorded call."""
    return record("call", head, args, kwargs, function)


def layer(function: Callable, *args: Any) -> Any:
    """A recorded call of a function that is quoted."""
    return record("call", f"lowering.emit.layers:{function.__name__}", args, {}, function)


class Raw:
    """A function by its name, as an argument."""

    def __init__(self, text: str, function: Any) -> None:
        self.text, self.function = text, function


class Given(Raw):
    """An argument of the function that is being written, by its name: nothing that another function can hold."""

    def __init__(self, name: str) -> None:
        super().__init__(name, None)


def reshape(tensor: Any, shape: Any) -> Any:
    sizes = tuple(int(size) for size in np.ravel(shape))
    if -1 not in sizes or np.ndim(shape) != 1:
        raise UnquotableError("no size is left open")
    return call("jnp.reshape", jnp.reshape, tensor, sizes)


def relu(features: Any) -> Any:
    return call("jax.nn.relu", jax.nn.relu, features)


def _floating(x: Any) -> bool:
    return np.issubdtype(x.dtype, np.floating)


def max_pool(input: Any, *, ksize: list[int], strides: list[int], padding: str, data_format: str = "NHWC") -> Any:
    if _floating(input) and _over_places(ksize, strides):
        return layer(layers.max_pool, input, tuple(ksize[1:3]), tuple(strides[1:3]), padding)
    low = -np.inf if _floating(input) else np.iinfo(input.dtype).min
    return _window(input, low, "max", ksize, strides, padding)


def avg_pool(value: Any, *, ksize: list[int], strides: list[int], padding: str, data_format: str = "NHWC") -> Any:
    if not _over_places(ksize, strides):
        if padding == "VALID":
            return _window(value, 0.0, "add", ksize, strides, padding) / float(np.prod(ksize))
        raise UnquotableError("it pools over the batch or the channels")
    whole = padding == "VALID" or all(map(_is_whole, value.shape[1:3], ksize[1:3], strides[1:3]))
    return layer(layers.avg_pool if whole else layers.avg_pool_padded, value, tuple(ksize[1:3]), tuple(strides[1:3]))


def _is_whole(size: int, window: int, stride: int) -> bool:
    """Whether windows fill an axis without reaching over its border."""
    return (-(-size // stride) - 1) * stride + window <= size


def _over_places(ksize: list[int], strides: list[int]) -> bool:
    return all(sizes[0] == sizes[3] == 1 for sizes in (ksize, strides))


def _window(x: Any, start: Any, name: str, ksize: list[int], strides: list[int], padding: str) -> Any:
    function = getattr(lax, name)

    def real(x: Any, start: Any, _: Any, *rest: Any) -> Any:
        return lax.reduce_window(x, start, function, *rest)

    return call("lax.reduce_window", real, x, start, Raw(f"lax.{name}", function), tuple(ksize), tuple(strides), padding)


def arg_max(input: Any, dimension: Any) -> Any:
    return call("jnp.argmax", jnp.argmax, input, int(dimension))


def arg_min(input: Any, dimension: Any) -> Any:
    return call("jnp.argmin", jnp.argmin, input, int(dimension))


def mod(x: Any, y: Any) -> Any:
    return call("jnp.fmod", jnp.fmod, x, y)


def ctc_loss(inputs: Any, labels_indices: Any, labels_values: Any, sequence_length: Any, *,
             preprocess_collapse_repeated: bool, ctc_merge_repeated: bool) -> Any:
    """The loss; what TensorFlow's own gradient of it reads is computed by nobody here."""
    if preprocess_collapse_repeated or not ctc_merge_repeated:
        raise UnquotableError("optax, whose loss it would be, collapses no labels before and always merges those of steps")
    return layer(layers.ctc_loss, inputs, labels_indices, labels_values, sequence_length)


def conv2d(input: Any, filter: Any, *, strides: list[int], padding: str, data_format: str) -> Any:
    if data_format == "NHWC":
        return layer(layers.conv2d, input, filter, tuple(strides[1:3]), padding)
    return call("lax.conv_general_dilated", lax.conv_general_dilated, input, filter, tuple(strides[2:]), padding,
                dimension_numbers=(data_format, "HWIO", data_format))


def depthwise_conv2d_native(input: Any, filter: Any, *, strides: list[int], padding: str) -> Any:
    return layer(layers.depthwise_conv2d, input, filter, tuple(strides[1:3]), padding)


def lrn(input: Any, *, depth_radius: int, bias: float, alpha: float, beta: float) -> Any:
    return layer(layers.local_response_normalization, input, int(depth_radius), float(np.float32(bias)),
                 float(np.float32(alpha)), float(np.float32(beta)))


def softmax_cross_entropy_with_logits(features: Any, labels: Any) -> Any:
    change = call("jax.nn.softmax", jax.nn.softmax, features) - labels
    return layer(layers.softmax_cross_entropy, features, labels), change


def sparse_softmax_cross_entropy_with_logits(features: Any, labels: Any) -> Any:
    path = "optax.softmax_cross_entropy_with_integer_labels"
    softmax = call("jax.nn.softmax", jax.nn.softmax, features)
    change = softmax - call("jax.nn.one_hot", jax.nn.one_hot, labels, features.shape[1])
    return call(path, optax.softmax_cross_entropy_with_integer_labels, features, labels), change


def pow(x: Any, y: Any) -> Any:
    if not isinstance(x, Expr) and np.ndim(x) == 0 and x > 0 and isinstance(y, Expr) and _floating(y):
        return record("binary", "**", (float(x), y), {}, operator.pow)
    if isinstance(y, Expr) or not _floating(x) or np.ndim(y):
        raise UnquotableError("the exponent is computed")
    number = y.item()
    return record("binary", "**", (x, int(number) if number == int(number) else number), {}, operator.pow)


def _real(name: str, module: str, function: Callable) -> Callable:
    """The function where the argument is real; of complex numbers, the rule knows what TensorFlow makes of them."""
    def form(x: Any) -> Any:
        if np.issubdtype(x.dtype, np.complexfloating):
            raise UnquotableError("it is complex")
        return call(f"{module}.{name}", function, x)

    return form


def minimum(x: Any, y: Any) -> Any:
    return call("jnp.minimum", jnp.minimum, x, y)


def maximum(x: Any, y: Any) -> Any:
    return call("jnp.maximum", jnp.maximum, x, y)


def inv(x: Any) -> Any:
    return 1 / x


def gather(params: Any, indices: Any) -> Any:
    return _array(params)[indices]


def _array(x: Any) -> Any:
    """A constant as an array that expressions can be indices of."""
    return x if isinstance(x, Expr) else call("jnp.asarray", jnp.asarray, x)


def _rows(ref: Any, indices: Any, updates: Any, verb: str) -> Any:
    return getattr(_array(ref).at[indices], verb)(updates)


def scatter_add(ref: Any, indices: Any, updates: Any) -> Any:
    return _rows(ref, indices, updates, "add")


def scatter_sub(ref: Any, indices: Any, updates: Any) -> Any:
    return _rows(ref, indices, -updates, "add")


def scatter_update(ref: Any, indices: Any, updates: Any) -> Any:
    return _rows(ref, indices, updates, "set")


def strided_slice_grad(shape: Any, begin: Any, end: Any, strides: Any, dy: Any, **masks: int) -> Any:
    sizes = tuple(int(size) for size in shape)
    index, dynamic = places_of(sizes, begin, end, strides, **masks)
    if dynamic:
        raise UnquotableError("its places depend on the data")
    return call("jnp.zeros", jnp.zeros, sizes, dy.dtype).at[tuple(index)].set(dy)


def printed(input: Any, data: Any, *, message: str, first_n: int, summarize: int) -> Any:
    if first_n != -1:
        raise UnquotableError("it stops printing after some runs")
    return layer(layers.printed, input, message.replace("{", "{{").replace("}", "}}"), list(data))


def l2_loss(t: Any) -> Any:
    return call("jnp.sum", jnp.sum, t ** 2) / 2


def sparse_apply_adagrad(var: Any, accum: Any, lr: Any, grad: Any, indices: Any) -> Any:
    return layer(layers.rows_by_adagrad, var, accum, lr, grad, indices)


def sparse_apply_momentum(var: Any, accum: Any, lr: Any, grad: Any, indices: Any, momentum: Any) -> Any:
    return layer(layers.rows_by_momentum, var, accum, lr, grad, indices, momentum)


def sparse_apply_rms_prop(var: Any, ms: Any, mom: Any, *settings: Any) -> Any:
    return layer(layers.rows_by_rms_prop, var, ms, mom, *settings)


def sparse_apply_adadelta(var: Any, accum: Any, accum_update: Any, *settings: Any) -> Any:
    return layer(layers.rows_by_adadelta, var, accum, accum_update, *settings)


def sparse_apply_ftrl(var: Any, accum: Any, linear: Any, *settings: Any) -> Any:
    return layer(layers.rows_by_ftrl, var, accum, linear, *settings)


def square(x: Any) -> Any:
    return x ** 2


FORMS: dict[str, Callable] = {
    "Abs": _real("abs", "jnp", jnp.abs), "Elu": _real("elu", "jax.nn", jax.nn.elu),
    "Sign": _real("sign", "jnp", jnp.sign), "Softplus": _real("softplus", "jax.nn", jax.nn.softplus),
    "ArgMax": arg_max, "ArgMin": arg_min, "AvgPool": avg_pool, "Conv2D": conv2d,
    "DepthwiseConv2dNative": depthwise_conv2d_native, "Gather": gather, "Inv": inv, "L2Loss": l2_loss, "LRN": lrn,
    "MaxPool": max_pool, "Mod": mod, "Pow": pow, "Print": printed, "Relu": relu,
    "Reshape": reshape, "ScatterAdd": scatter_add, "ScatterSub": scatter_sub,
    "ScatterUpdate": scatter_update, "StridedSliceGrad": strided_slice_grad,
    "SoftmaxCrossEntropyWithLogits": softmax_cross_entropy_with_logits,
    "SparseSoftmaxCrossEntropyWithLogits": sparse_softmax_cross_entropy_with_logits,
    "SparseApplyAdadelta": sparse_apply_adadelta, "SparseApplyAdagrad": sparse_apply_adagrad,
    "SparseApplyFtrl": sparse_apply_ftrl, "SparseApplyMomentum": sparse_apply_momentum,
    "SparseApplyRMSProp": sparse_apply_rms_prop, "Square": square}
"""A form that does not fit raises `UnquotableError`, or is given what is no expression: then the rule is taken."""
LAID_OUT = {"CTCLoss": ctc_loss}
"""What something is laid out for on the host before a run: with all of it in the module."""
EXTREMES = {"Minimum": minimum, "Maximum": maximum}
"""What is differentiated in another way than JAX does: for what is not differentiated."""
