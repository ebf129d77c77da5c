"""`map_fn`, `foldl`, `foldr`, `scan`: a function over the slices of a tensor along its first dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import array, constants, loops
from tracer.ops.tensor_array import TensorArray


@op("SymbolicGradient")
def _gradients_of_function(input: Any, Tout: Any, f: Any, name: str | None = None) -> Any:
    return [tensor.sizes for tensor in input[:len(Tout)]]


def _symbolic_gradient(input: Any, Tout: Any, f: Any, name: str | None = None) -> list[Tensor]:
    """The gradients of the inputs of a function of the graph, from its inputs and the gradients of what it gives.

    Args:
        input: its inputs, and then one gradient for each of its results.
        Tout: the types of its inputs.
        f: the function, by its name.
    """
    from tracer import instances, protos

    called = f if isinstance(f, protos.NameAttrList) else protos.NameAttrList(name=getattr(f, "name", f))
    outputs = _gradients_of_function(input, Tout, called, name=name)
    instances.expand(outputs[0].op)
    return outputs


def _elements(elems: Any) -> tuple[Tensor, Tensor, TensorArray]:
    elems = convert_to_tensor(elems, name="elems")
    count = array.shape(elems)[0]  # type: ignore[index]
    slices = TensorArray(dtype=elems.dtype, size=count, dynamic_size=False, infer_shape=True).unpack(elems)
    return elems, count, slices


def _checked(fn: Any) -> None:
    if not callable(fn):
        raise TypeError("fn must be callable.")


def _fold(fn: Callable, elems: Any, initializer: Any, name: str | None, default: str, backwards: bool,
          options: dict[str, Any]) -> Tensor:
    _checked(fn)
    with scopes.op_scope([elems], name, default):
        _, count, slices = _elements(elems)
        start: Any = count if backwards else 0
        if initializer is None:
            start = count - 1 if backwards else 1  # type: ignore[operator]
            total = slices.read(start if backwards else 0)
        else:
            total = convert_to_tensor(initializer)
        start = convert_to_tensor(start)

        def ahead(i: Tensor, total: Tensor) -> list[Any]:
            total = fn(total, slices.read(i))
            return [i + 1, total]  # type: ignore[operator]

        def back(i: Tensor, total: Tensor) -> list[Any]:
            i = i - 1  # type: ignore[operator]
            return [i, fn(total, slices.read(i))]

        if backwards:
            return loops.while_loop(lambda i, _: i > 0, back, [start, total], **options)[1]  # type: ignore[operator]
        return loops.while_loop(lambda i, _: i < count, ahead, [start, total], **options)[1]  # type: ignore[operator]


def foldl(fn: Callable, elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
          swap_memory: bool = False, name: str | None = None) -> Tensor:
    """Combines the slices of `elems` by `fn(so far, slice)`, first to last.

    >>> tf.foldl(lambda a, x: a + x, [1, 2, 3]).eval()
    6

    Args:
        fn: from the accumulator and a slice to the next accumulator.
        elems: the tensor.
        initializer: the accumulator to start from; the first slice by default.
        parallel_iterations, back_prop, swap_memory: as for `while_loop`.
    """
    return _fold(fn, elems, initializer, name, "foldl", False, _options(parallel_iterations, back_prop, swap_memory))


def foldr(fn: Callable, elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
          swap_memory: bool = False, name: str | None = None) -> Tensor:
    """Combines the slices of `elems` by `fn(so far, slice)`, last to first. Arguments as for `foldl`."""
    return _fold(fn, elems, initializer, name, "foldr", True, _options(parallel_iterations, back_prop, swap_memory))


def _options(parallel_iterations: int, back_prop: bool, swap_memory: bool) -> dict[str, Any]:
    return {"parallel_iterations": parallel_iterations, "back_prop": back_prop, "swap_memory": swap_memory}


def map_fn(fn: Callable, elems: Any, dtype: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
           swap_memory: bool = False, name: str | None = None) -> Tensor:
    """`fn` of each slice of `elems`, stacked.

    >>> tf.map_fn(lambda x: x * x, [1, 2, 3]).eval()
    array([1, 4, 9], dtype=int32)

    Args:
        fn: from a slice to a tensor.
        elems: the tensor.
        dtype: the type of what `fn` gives; that of `elems` by default.
        parallel_iterations, back_prop, swap_memory: as for `while_loop`.
    """
    _checked(fn)
    with scopes.op_scope([elems], name, "map"):
        elems, count, slices = _elements(elems)
        start = constants.constant(0)
        results = TensorArray(dtype=dtypes.as_dtype(dtype) if dtype else elems.dtype, size=count, dynamic_size=False,
                              infer_shape=True)

        def body(i: Any, results: TensorArray) -> list[Any]:
            results = results.write(i, fn(slices.read(i)))
            return [i + 1, results]

        _, results = loops.while_loop(lambda i, _: i < count, body, [start, results],
                                      **_options(parallel_iterations, back_prop, swap_memory))
        return _stacked(results, elems)


def _stacked(results: TensorArray, elems: Tensor) -> Tensor:
    stacked = results.pack()
    if elems.sizes is not None and stacked.sizes is not None:
        stacked.set_shape(shapes.TensorShape([elems.sizes[0], *stacked.sizes[1:]]))
    return stacked


def scan(fn: Callable, elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
         swap_memory: bool = False, name: str | None = None) -> Tensor:
    """Every intermediate result of `foldl`, stacked.

    >>> tf.scan(lambda a, x: a + x, [1, 2, 3]).eval()
    array([1, 3, 6], dtype=int32)

    Arguments as for `foldl`.
    """
    _checked(fn)
    with scopes.op_scope([elems], name, "scan"):
        elems, count, slices = _elements(elems)
        total = slices.read(0) if initializer is None else convert_to_tensor(initializer)
        start = constants.constant(1 if initializer is None else 0)
        results = TensorArray(dtype=total.dtype.base_dtype, size=count, dynamic_size=False, infer_shape=True)
        if initializer is None:
            results = results.write(0, total)

        def body(i: Any, total: Tensor, results: TensorArray) -> list[Any]:
            total = fn(total, slices.read(i))
            results = results.write(i, total)
            return [i + 1, total, results]

        _, _, results = loops.while_loop(lambda i, *_: i < count, body, [start, total, results],
                                         **_options(parallel_iterations, back_prop, swap_memory))
        return _stacked(results, elems)
