"""`TensorArray`: a list of tensors that loops write and read by index."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import array


@op("TensorArray")
def _tensor_array(size: Tensor, dtype: Any, dynamic_size: bool = False, clear_after_read: bool = True,
                  tensor_array_name: str = "", name: str | None = None) -> Any:
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
        infer_shape: whether all elements have one shape.
        name: the name of the operation.
    """

    def __init__(self, dtype: Any, size: Any = None, dynamic_size: bool | None = None,
                 clear_after_read: bool | None = None, tensor_array_name: str | None = None, handle: Any = None,
                 flow: Any = None, infer_shape: bool = True, name: str | None = None) -> None:
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
            self._handle = handle
            if flow is None:
                with scopes.colocate_with(handle.op):
                    flow = array.constant(0, dtype=dtypes.float32, name="flow")
                    flow = _start(handle, flow)
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
        other = TensorArray.__new__(TensorArray)
        other._dtype, other._handle, other._flow = self._dtype, self._handle, flow
        other._infer_shape, other._element = self._infer_shape, self._element
        return other

    def check_same_array(self, flow: Tensor) -> None:
        """Loop variables keep their array: what the body returns must be a later state of what it was given."""

    def grad(self, source: str, flow: Any = None) -> TensorArray:
        """The array of gradients with respect to the elements, below the name `source`."""
        raise NotImplementedError(
            "TensorArray.grad records TensorFlow's own gradient arrays; here `tf.gradients` differentiates through "
            "reads and writes by itself. Use tf.gradients with respect to what was written.")

    def _note(self, shape: shapes.TensorShape) -> None:
        if not self._infer_shape:
            return
        if not self._element:
            self._element.append(shape)
            return
        known = self._element[0]
        if not known.is_compatible_with(shape):
            raise ValueError(f"Inconsistent shapes: saw {shape} but expected {known} (and infer_shape=True)")
        self._element[0] = known.merge_with(shape)

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """The element at `index`."""
        value = _read(self._handle, index, self._flow, self._dtype, name=name or "TensorArrayRead")
        if self._element:
            value.set_shape(self._element[0])
        return value

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with `value` at `index`."""
        value = convert_to_tensor(value, name="value") if not isinstance(value, Tensor) else value
        flow = _write(self._handle, index, value, self._flow, name=name or "TensorArrayWrite")
        self._note(value.get_shape())
        return self.with_flow(flow)

    def pack(self, name: str | None = None) -> Tensor:
        """All elements, stacked along a new first dimension."""
        value = _pack(self._handle, self._flow, self._dtype, name=name or "TensorArrayPack")
        if self._element and self._element[0].ndims is not None:
            value.set_shape(shapes.TensorShape([None]).concatenate(self._element[0]))
        return value

    def concat(self, name: str | None = None) -> Tensor:
        """All elements, joined along their first dimension."""
        value, _ = _concat(self._handle, self._flow, self._dtype, name=name or "TensorArrayConcat")
        if self._element and self._element[0].ndims is not None:
            value.set_shape(shapes.TensorShape([None]).concatenate(self._element[0][1:]))
        return value

    def unpack(self, value: Any, name: str | None = None) -> TensorArray:
        """The array whose elements are the slices of `value` along its first dimension."""
        value = convert_to_tensor(value, dtype=self._dtype, name="value")
        flow = _unpack(self._handle, value, self._flow, name=name or "TensorArrayUnpack")
        if value.get_shape().ndims is not None:
            self._note(value.get_shape()[1:])
        return self.with_flow(flow)

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The array whose elements are the pieces of `value` of these lengths along its first dimension."""
        value = convert_to_tensor(value, dtype=self._dtype, name="value")
        lengths = convert_to_tensor(lengths, dtype=dtypes.int64, name="lengths")
        flow = _split(self._handle, value, lengths, self._flow, name=name or "TensorArraySplit")
        return self.with_flow(flow)

    def size(self, name: str | None = None) -> Tensor:
        """How many elements it has."""
        return _size(self._handle, self._flow, name=name or "TensorArraySize")

    def close(self, name: str | None = None) -> Any:
        """An operation that gives its memory back; here that happens by itself."""
        return _close(self._handle, name=name)


def _start(handle: Tensor, flow: Tensor) -> Tensor:
    """The flow of an array that nothing has been written to."""
    return handle.graph.add("TensorArrayStart", (handle, flow), {}, ((dtypes.float32, ()),), "start").outputs[0]
