"""`TensorArray`: a list of tensors that loops write and read by index."""

from __future__ import annotations

import copy
from typing import Any

from tracer import dtypes, scopes, shapes, static
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import array, constants, math
from tracer.ops.conditional import common
from tracer.ops.contexts import Frame, Written

_WRITES = frozenset({"TensorArrayWrite", "TensorArrayUnpack", "TensorArraySplit"})


@op("TensorArray")
def _tensor_array(size: Tensor, dtype: Any, dynamic_size: bool = False, clear_after_read: bool = True,
                  tensor_array_name: str = "", name: str | None = None) -> Any:
    return ()


@op("TensorArrayGrad")
def _grad(handle: Tensor, flow_in: Tensor, source: str, name: str | None = None) -> Any:
    return ()


@op("TensorArrayWrite")
def _write(handle: Tensor, index: Tensor, value: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    shapes.rank(index.sizes, 0)
    return ()


@op("TensorArrayRead")
def _read(handle: Tensor, index: Tensor, flow_in: Tensor, dtype: Any, name: str | None = None) -> Any:
    shapes.rank(index.sizes, 0)
    return None


@op("TensorArrayPack")
def _pack(handle: Tensor, flow_in: Tensor, dtype: Any, name: str | None = None) -> Any:
    return None


@op("TensorArrayUnpack")
def _unpack(handle: Tensor, value: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    return ()


@op("TensorArrayConcat")
def _concat(handle: Tensor, flow_in: Tensor, dtype: Any, name: str | None = None) -> Any:
    return [None, (None,)]


@op("TensorArraySplit")
def _split(handle: Tensor, value: Tensor, lengths: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    return ()


@op("TensorArraySize")
def _size(handle: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    return ()


@op("TensorArrayClose")
def _close(handle: Tensor, name: str | None = None) -> Any:
    return []


class TensorArray:
    """A list of tensors of one type, each written once. Every write gives a new `TensorArray` to go on with.

    >>> ta = tf.TensorArray(tf.float32, size=2)
    >>> ta.write(0, 1.0).write(1, 2.0).pack().eval()
    array([1., 2.], dtype=float32)

    Args:
        dtype: the type of its elements.
        size: how many there are: an int32 tensor of shape ().
        dynamic_size: whether writing beyond the end makes it longer.
        clear_after_read: whether an element can be read only once; by default it can.
        tensor_array_name: the name in error messages.
        handle: that of another one, to be the same array; then without size and name.
        flow: where to go on; the new array by default.
        infer_shape: whether all elements must have one shape. Without, that is known where all written ones have it.
        name: the name of the operation.
    """

    def __init__(self, dtype: Any, size: Any = None, dynamic_size: bool | None = None,
                 clear_after_read: bool | None = None, tensor_array_name: str | None = None, handle: Any = None,
                 flow: Any = None, infer_shape: bool = False, name: str | None = None) -> None:
        if handle is not None and tensor_array_name:
            raise ValueError("Cannot construct with both handle and tensor_array_name")
        if handle is not None and not isinstance(handle, Tensor):
            raise TypeError("Handle must be a Tensor")
        if handle is None and size is None:
            raise ValueError("Size must be provided if handle is not provided")
        if handle is not None and size is not None:
            raise ValueError("Cannot provide both a handle and size at the same time")
        if handle is not None and (dynamic_size is not None or clear_after_read is not None):
            raise ValueError("Cannot provide both a handle and dynamic_size or clear_after_read at the same time")
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._infer_shape = infer_shape
        self._element: list[Any] = []  # the shape of the elements, once known; shared by all that go on with it
        with scopes.op_scope([handle, size, flow], name, "TensorArray") as scope:
            if handle is None:
                handle = _tensor_array(size, self._dtype, bool(dynamic_size),
                                       True if clear_after_read is None else clear_after_read,
                                       tensor_array_name or "", name=scope)
            if flow is None:
                with scopes.colocate_with(handle.op):
                    flow = _start(handle, constants.constant(0, dtype=dtypes.float32))
            self._handle = handle
            self._flow = flow

    @property
    def flow(self) -> Tensor:
        """The tensor that stands for all writes so far."""
        return self._flow

    @property
    def dtype(self) -> dtypes.DType:
        """The type of its elements."""
        return self._dtype

    @property
    def handle(self) -> Tensor:
        """The reference to the array."""
        return self._handle

    def with_flow(self, flow: Tensor) -> TensorArray:
        """The same array, as it is when `flow` has been computed."""
        other = TensorArray(self._dtype, handle=self._handle, flow=flow, infer_shape=self._infer_shape)
        other._element = self._element
        return other

    def _written(self, flow: Tensor) -> TensorArray:
        """The same array after a write. TensorFlow makes a constant here that nothing uses, and counts it."""
        with scopes.op_scope([self._handle], None, "TensorArray"), scopes.colocate_with(self._handle.op):
            constants.constant(0, dtype=dtypes.float32)
        other = copy.copy(self)
        other._flow = flow
        return other

    def grad(self, source: str, flow: Any = None, name: str | None = None) -> TensorArray:
        """An array for the gradients with respect to the elements; what is written twice to it is summed.

        `tf.gradients` needs none: it differentiates through reads and writes by itself.
        """
        flow = self._flow if flow is None else flow
        with scopes.op_scope([self._handle], name, "TensorArrayGrad"), scopes.colocate_with(self._handle):
            handle = _grad(self._handle, flow, source)
            with scopes.control_dependencies([handle]):
                flow = array.identity(flow, name="gradient_flow")
            return TensorArray(self._dtype, handle=handle, flow=_start(handle, flow), infer_shape=self._infer_shape)

    def _note(self, shape: shapes.TensorShape) -> None:
        if not self._element:
            self._element.append(shape)
            return
        known = self._element[0]
        if not self._infer_shape:
            self._element[0] = shapes.TensorShape(common(known.sizes, shape.sizes))
            return
        if not known.is_compatible_with(shape):
            raise ValueError(f"Inconsistent shapes: saw {shape} but expected {known} (and infer_shape=True)")
        self._element[0] = known.merge_with(shape)

    def _may_grow(self) -> bool:
        """Whether a loop may yet write what it has not said the shape of."""
        region = self._flow.op.region
        while region is not None and not isinstance(region, Frame):
            region = region.parent
        return region is not None

    def _flow_to_read(self) -> Tensor:
        """Where to read. Gradients of one source are one array, whichever object wrote what is waited for."""
        from tracer.raw.arrays import array_of

        if self._flow.op.type != "TensorArrayStart" or self._handle.op.type != "TensorArrayGrad":
            return self._flow
        own = array_of(self._handle)
        written = [op for op in self._flow.graph._controls_for(()) if op.type in _WRITES and array_of(op.inputs[0]) == own]
        last = [op for op in written if not any(other.inputs[-1].op is op for other in written)]
        return last[0].outputs[0] if len(last) == 1 else self._flow

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """The element at `index`."""
        value = _read(self._handle, index, self._flow_to_read(), self._dtype, name=name or "TensorArrayRead")
        if self._element and (self._infer_shape or not self._may_grow()):
            value.set_shape(self._element[0])
        return value

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with `value` at `index`."""
        value = convert_to_tensor(value, name="value") if not isinstance(value, Tensor) else value
        flow = _write(self._handle, index, value, self._flow, name=name or "TensorArrayWrite")
        self._note(value.get_shape())
        return self._written(flow)

    def pack(self, name: str | None = None) -> Tensor:
        """All elements, stacked along a new first dimension."""
        value = _pack(self._handle, self._flow_to_read(), self._dtype, name=name or "TensorArrayPack")
        if self._element and self._element[0].ndims is not None:
            value.set_shape(shapes.TensorShape([None]).concatenate(self._element[0]))
        return value

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """The elements at `indices`, stacked (from 0.11 on)."""
        from tracer.ops import indexing

        return indexing.gather(self.pack(), indices, name=name or "TensorArrayGather")

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with the slices of `value` along its first dimension at `indices` (from 0.12 on)."""
        from tracer.ops import later_arrays

        value = convert_to_tensor(value, dtype=self._dtype, name="value")
        flow = later_arrays.scatter(self._handle, indices, value, self._flow,
                                                 name=name or "TensorArrayScatter")
        if value.get_shape().ndims is not None:
            self._note(value.get_shape()[1:])
        return self._written(flow)

    def concat(self, name: str | None = None) -> Tensor:
        """All elements, joined along their first dimension."""
        value, _ = _concat(self._handle, self._flow_to_read(), self._dtype, name=name or "TensorArrayConcat")
        if self._element and self._element[0].ndims is not None:
            value.set_shape(shapes.TensorShape([None]).concatenate(self._element[0][1:]))
        return value

    def unpack(self, value: Any, name: str | None = None) -> TensorArray:
        """The array whose elements are the slices of `value` along its first dimension."""
        value = convert_to_tensor(value, dtype=self._dtype, name="value")
        flow = _unpack(self._handle, value, self._flow, name=name or "TensorArrayUnpack")
        if value.get_shape().ndims is not None:
            self._note(value.get_shape()[1:])
        elif not self._infer_shape:
            self._note(value.get_shape())
        return self._written(flow)

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The array whose elements are the pieces of `value` of these lengths along its first dimension."""
        value = convert_to_tensor(value, dtype=self._dtype, name="value")
        lengths = math.to_int64(lengths)
        flow = _split(self._handle, value, lengths, self._flow, name=name or "TensorArraySplit")
        self._note_pieces(value, lengths)
        return self._written(flow)

    def _note_pieces(self, value: Tensor, lengths: Tensor) -> None:
        """The shape of the elements that `value` is split into: none is known where their lengths differ."""
        if value.get_shape().ndims is None:
            if not self._infer_shape:
                self._note(value.get_shape())
            return
        known = static.constant_value(lengths)
        same = known is not None and known.ndim == 1 and len(known) > 0 and (known == known[0]).all()
        if known is None or same or not self._infer_shape:
            first = int(known[0]) if same else None  # type: ignore[index]
            self._note(shapes.TensorShape([first]).concatenate(value.get_shape()[1:]))

    def size(self, name: str | None = None) -> Tensor:
        """How many elements it has."""
        return _size(self._handle, self._flow, name=name or "TensorArraySize")

    def close(self, name: str | None = None) -> Any:
        """An operation that gives its memory back; here that happens by itself."""
        return _close(self._handle, name=name)


def _GetGradSource(op_or_tensor: Any) -> str:
    """The `source` of the gradient array that an operation belongs to: its name up to the innermost gradients' scope."""
    return gradient_source(op_or_tensor.name)


def gradient_source(name: str) -> str:
    """The same by a name, of an operation or a scope."""
    words = name.split("/")
    found = [i for i, word in enumerate(words) if word.startswith("gradients")]
    if not found:
        raise ValueError(f"Expected op/tensor name to start with gradients (excluding scope), got: {name}")
    return "/".join(words[:found[-1] + 1])


def _start(handle: Tensor, flow: Tensor) -> Tensor:
    """The flow of an array that nothing has been written to. In TensorFlow's graphs `flow` itself is that."""
    graph = handle.graph
    op = graph.add("TensorArrayStart", (handle, flow), {}, ((dtypes.float32, ()),), "start")
    graph._written[op] = Written("", (flow,), (), {})
    return op.outputs[0]
