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
from tracer.variables import Variable
from tracer.younger import nest


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


class _Slices:
    """The slices of a tensor along its first dimension; from 0.10 on, of each of the tensors of a structure."""

    def __init__(self, elems: Any, nested: bool) -> None:
        self._structure = elems if nested else None
        flat = nest.flatten(elems) if nested else [elems]
        self.tensors = [convert_to_tensor(part, name="elems") for part in flat]
        self.count: Any = array.shape(self.tensors[0])[0]  # type: ignore[index]
        self._arrays = [TensorArray(dtype=part.dtype, size=self.count, dynamic_size=False, infer_shape=True).unpack(part)
                        for part in self.tensors]

    def read(self, i: Any) -> Any:
        """The slice at `i`, or the structure of slices."""
        found = [slices.read(i) for slices in self._arrays]
        return found[0] if self._structure is None else nest.pack_sequence_as(self._structure, found)


def _nested(elems: Any, *others: Any) -> bool:
    """Whether `elems` is a structure of tensors, as from 0.10 on, where 0.8 would have made one tensor of it.

    A tuple is one; a list is when what goes with it is no single thing, or when no tensor can be made of it.
    """
    if not nest.is_sequence(elems) or not any(isinstance(part, Tensor | Variable) for part in nest.flatten(elems)):
        return False
    if isinstance(elems, tuple) or any(map(nest.is_sequence, others)):
        return True
    known = [part for part in nest.flatten(elems) if isinstance(part, Tensor | Variable)]
    first = known[0]
    return any(part.dtype.base_dtype is not first.dtype.base_dtype or
               not part.get_shape().is_compatible_with(first.get_shape()) for part in known)


def _checked(fn: Any) -> None:
    if not callable(fn):
        raise TypeError("fn must be callable.")


def _accumulator(initializer: Any) -> Any:
    """An accumulator to start from: a tensor, or from 0.10 on a structure of them."""
    parts = nest.flatten(initializer)
    if isinstance(initializer, tuple) or (
            isinstance(initializer, list) and any(isinstance(part, Tensor | Variable) for part in parts)):
        return nest.pack_sequence_as(initializer, [convert_to_tensor(part) for part in parts])
    return convert_to_tensor(initializer)


def _flattened(made: Any, accumulator: Any) -> list[Any]:
    """The parts of the next accumulator. Where it is one tensor, 0.8 made one of a list of tensors too."""
    return nest.flatten(made) if nest.is_sequence(accumulator) else [convert_to_tensor(made)]


def _fold(fn: Callable, elems: Any, initializer: Any, name: str | None, default: str, backwards: bool,
          options: dict[str, Any]) -> Any:
    _checked(fn)
    with scopes.op_scope(nest.flatten(elems), name, default):
        slices = _Slices(elems, _nested(elems, initializer))
        count, start = slices.count, slices.count if backwards else 0
        if initializer is None:
            start = count - 1 if backwards else 1
            total = slices.read(start if backwards else 0)
        else:
            total = _accumulator(initializer)
        start = convert_to_tensor(start)

        def step(i: Any, *parts: Tensor) -> list[Any]:
            at = i - 1 if backwards else i
            made = fn(nest.pack_sequence_as(total, parts), slices.read(at))
            return [at if backwards else i + 1, *_flattened(made, total)]

        def goes_on(i: Any, *_: Tensor) -> Any:
            return i > 0 if backwards else i < count

        found = loops.while_loop(goes_on, step, [start, *nest.flatten(total)], **options)
        return nest.pack_sequence_as(total, found[1:])


def foldl(fn: Callable, elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
          swap_memory: bool = False, name: str | None = None) -> Any:
    """Combines the slices of `elems` by `fn(so far, slice)`, first to last.

    >>> tf.foldl(lambda a, x: a + x, [1, 2, 3]).eval()
    6

    Args:
        fn: from the accumulator and a slice to the next accumulator.
        elems: the tensor; from 0.10 on also a tuple of tensors, whose slices `fn` gets as a tuple.
        initializer: the accumulator to start from; the first slice by default. From 0.10 on also a tuple.
        parallel_iterations, back_prop, swap_memory: as for `while_loop`.
    """
    return _fold(fn, elems, initializer, name, "foldl", False, _options(parallel_iterations, back_prop, swap_memory))


def foldr(fn: Callable, elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
          swap_memory: bool = False, name: str | None = None) -> Any:
    """Combines the slices of `elems` by `fn(so far, slice)`, last to first. Arguments as for `foldl`."""
    return _fold(fn, elems, initializer, name, "foldr", True, _options(parallel_iterations, back_prop, swap_memory))


def _options(parallel_iterations: int, back_prop: bool, swap_memory: bool) -> dict[str, Any]:
    return {"parallel_iterations": parallel_iterations, "back_prop": back_prop, "swap_memory": swap_memory}


def map_fn(fn: Callable, elems: Any, dtype: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
           swap_memory: bool = False, name: str | None = None, infer_shape: bool = True) -> Any:
    """`fn` of each slice of `elems`, stacked.

    >>> tf.map_fn(lambda x: x * x, [1, 2, 3]).eval()
    array([1, 4, 9], dtype=int32)

    Args:
        fn: from a slice to a tensor.
        elems: the tensor; from 0.10 on also a tuple of tensors, whose slices `fn` gets as a tuple.
        dtype: the type of what `fn` gives; that of `elems` by default. From 0.10 on types, for several tensors.
        parallel_iterations, back_prop, swap_memory: as for `while_loop`.
        infer_shape: whether all results must be of one shape, which is noted then; from 0.12 on.
    """
    _checked(fn)
    with scopes.op_scope(nest.flatten(elems), name, "map"):
        slices = _Slices(elems, _nested(elems, dtype))
        count, tensors = slices.count, slices.tensors
        start = constants.constant(0)
        kinds = nest.flatten(dtype) if dtype else [part.dtype for part in tensors]
        results = [TensorArray(dtype=dtypes.as_dtype(kind), size=count, dynamic_size=False, infer_shape=infer_shape)
                   for kind in kinds]

        def body(i: Any, *results: TensorArray) -> list[Any]:
            made = fn(slices.read(i))
            values = nest.flatten(made) if len(results) > 1 or nest.is_sequence(dtype) else [made]
            return [i + 1, *(array.write(i, value) for array, value in zip(results, values, strict=True))]

        _, *results = loops.while_loop(lambda i, *_: i < count, body, [start, *results],
                                       **_options(parallel_iterations, back_prop, swap_memory))
        stacked = [_stacked(array, tensors[0]) for array in results]
        if dtype:
            return nest.pack_sequence_as(dtype, stacked)
        return nest.pack_sequence_as(elems, stacked) if len(stacked) > 1 else stacked[0]


def _stacked(results: TensorArray, elems: Tensor) -> Tensor:
    stacked = results.pack()
    if elems.sizes is not None and stacked.sizes is not None:
        stacked.set_shape(shapes.TensorShape([elems.sizes[0], *stacked.sizes[1:]]))
    return stacked


def scan(fn: Callable, elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
         swap_memory: bool = False, name: str | None = None, infer_shape: bool = True) -> Any:
    """Every intermediate result of `foldl`, stacked.

    >>> tf.scan(lambda a, x: a + x, [1, 2, 3]).eval()
    array([1, 3, 6], dtype=int32)

    Arguments as for `foldl`; `infer_shape` as for `map_fn`.
    """
    _checked(fn)
    with scopes.op_scope(nest.flatten(elems), name, "scan"):
        slices = _Slices(elems, _nested(elems, initializer))
        count = slices.count
        first = slices.read(0) if initializer is None else _accumulator(initializer)
        flat = nest.flatten(first)
        start = constants.constant(1 if initializer is None else 0)
        results = [TensorArray(dtype=part.dtype.base_dtype, size=count, dynamic_size=False, infer_shape=infer_shape)
                   for part in flat]
        if initializer is None:
            results = [array.write(0, part) for array, part in zip(results, flat, strict=True)]

        def body(i: Any, *parts: Any) -> list[Any]:
            made = _flattened(fn(nest.pack_sequence_as(first, parts[:len(flat)]), slices.read(i)), first)
            written = [array.write(i, part) for array, part in zip(parts[len(flat):], made, strict=True)]
            return [i + 1, *made, *written]

        found = loops.while_loop(lambda i, *_: i < count, body, [start, *flat, *results],
                                 **_options(parallel_iterations, back_prop, swap_memory))
        return nest.pack_sequence_as(first, [_stacked(array, slices.tensors[0]) for array in found[1 + len(flat):]])
