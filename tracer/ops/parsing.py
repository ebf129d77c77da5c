"""Records as tensors: comma-separated values, raw bytes, and the Example messages of TFRecord files."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tracer import dtypes, scopes, shapes
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import array, control_flow


@op("DecodeRaw")
def decode_raw(bytes: Tensor, out_type: Any, little_endian: bool | None = None, name: str | None = None) -> Any:
    """The bytes of each string as numbers, along a new last dimension. All strings must be of one length.

    >>> tf.decode_raw(["\\x01\\x02"], tf.uint8).eval()
    array([[1, 2]], dtype=uint8)
    """
    return None if bytes.sizes is None else (*bytes.sizes, None)


@op("DecodeCSV")
def decode_csv(records: Tensor, record_defaults: Any, field_delim: str | None = None, name: str | None = None) -> Any:
    """The fields of comma-separated records, a tensor for each column.

    Fields in double quotes may hold delimiters, line ends and doubled quotes.

    >>> a, b = tf.decode_csv(["1,x", ",y"], [[0], [""]])

    Args:
        records: the records.
        record_defaults: for each column a list with the value that an empty field stands for; an empty one, of the
            column's type, when the field must not be empty.
        field_delim: the delimiter.
    """
    return [records.sizes] * len(record_defaults)


@op("DecodeJSONExample")
def decode_json_example(json_examples: Tensor, name: str | None = None) -> Any:
    """Example messages in JSON as the strings that `parse_example` takes."""
    return json_examples.sizes


@op("ParseExample")
def _parse_example(serialized: Tensor, names: Tensor, sparse_keys: Any, dense_keys: Any, dense_defaults: Any,
                   sparse_types: Any, dense_shapes: Any, name: str | None = None) -> Any:
    batch = shapes.rank(serialized.sizes, 1)[0]
    count = len(sparse_keys)
    return ([(None, 2)] * count + [(None,)] * count + [(2,)] * count
            + [(batch, *shape.sizes) for shape in dense_shapes])


@op("ParseSingleSequenceExample")
def _parse_single_sequence_example(
    serialized: Tensor, feature_list_dense_missing_assumed_empty: Tensor, context_sparse_keys: Any,
    context_dense_keys: Any, feature_list_sparse_keys: Any, feature_list_dense_keys: Any, context_dense_defaults: Any,
    debug_name: Tensor, context_sparse_types: Any = None, feature_list_dense_types: Any = None,
    context_dense_shapes: Any = None, feature_list_sparse_types: Any = None, feature_list_dense_shapes: Any = None,
    name: str | None = None,
) -> Any:
    shapes.rank(serialized.sizes, 0)
    context, lists = len(context_sparse_keys), len(feature_list_sparse_keys)
    return ([(None, 1)] * context + [(None,)] * context + [(1,)] * context
            + [shape.sizes for shape in context_dense_shapes or ()]
            + [(None, 2)] * lists + [(None,)] * lists + [(2,)] * lists
            + [(None, *shape.sizes) for shape in feature_list_dense_shapes or ()])


class VarLenFeature(NamedTuple):
    """A feature of any number of values: it becomes a `SparseTensor`."""

    dtype: Any


class FixedLenFeature(NamedTuple):
    """A feature of so many values as `shape` says: it becomes a tensor.

    Args:
        shape, dtype: the shape and type of the values in one Example.
        default_value: what stands for the feature where an Example lacks it; without one it must not be missing.
    """

    shape: Any
    dtype: Any
    default_value: Any = None


class FixedLenSequenceFeature(NamedTuple):
    """A list of features, each of so many values as `shape` says: it becomes a tensor with one dimension more.

    Args:
        shape, dtype: the shape and type of the values at one step.
        allow_missing: whether a list that is missing is an empty one.
    """

    shape: Any
    dtype: Any
    allow_missing: bool = False


class _Plan:
    """Features, sorted by key, in the form that the operations take."""

    def __init__(self, features: Mapping[str, Any] | None, kinds: tuple[type, ...]) -> None:
        self.sparse_keys: list[str] = []
        self.sparse_types: list[dtypes.DType] = []
        self.dense_keys: list[str] = []
        self.dense_types: list[dtypes.DType] = []
        self.dense_shapes: list[shapes.TensorShape] = []
        self.defaults: dict[str, Any] = {}
        self.optional: list[str] = []
        for key in sorted(features or {}):
            feature = (features or {})[key]
            if not isinstance(feature, kinds):
                raise ValueError(f"Invalid feature {key}:{feature}.")
            if not feature.dtype:
                raise ValueError(f"Missing type for feature {key}.")
            if isinstance(feature, VarLenFeature):
                self.sparse_keys.append(key)
                self.sparse_types.append(dtypes.as_dtype(feature.dtype))
                continue
            if feature.shape is None:
                raise ValueError(f"Missing shape for feature {key}.")
            self.dense_keys.append(key)
            self.dense_types.append(dtypes.as_dtype(feature.dtype))
            self.dense_shapes.append(shapes.as_shape(feature.shape))
            if getattr(feature, "default_value", None) is not None:
                self.defaults[key] = feature.default_value
            if getattr(feature, "allow_missing", False):
                self.optional.append(key)

    def default_tensors(self) -> list[Tensor]:
        """The defaults of the dense features; an empty tensor where there is none."""
        found = []
        for key, kind, shape in zip(self.dense_keys, self.dense_types, self.dense_shapes, strict=True):
            if key not in self.defaults:
                found.append(array.constant([], dtype=kind))
                continue
            label = "key_" + re.sub(r"[^A-Za-z0-9_.\-/]", "_", key)
            found.append(array.reshape(convert_to_tensor(self.defaults[key], dtype=kind, name=label), shape))
        return found

    def results(self, indices: Any, values: Any, sparse_shapes: Any, dense: Any) -> dict[str, Any]:
        """The outputs of an operation by key."""
        import tracer

        sparse = [tracer.SparseTensor(*parts) for parts in zip(indices, values, sparse_shapes, strict=True)]
        return dict(zip(self.sparse_keys + self.dense_keys, sparse + list(dense), strict=True))


def _also_by_keys(function: Callable) -> Callable:
    """A function that takes features as 0.5 and 0.6 named them, too: keys, types, defaults and shapes in lists."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = {name: kwargs.pop(name) for name in _LISTS if name in kwargs}
        if given:
            kwargs["features"] = _features(**given)
            if "names" in kwargs:
                kwargs["example_names"] = kwargs.pop("names")
        return function(*args, **kwargs)

    return call


_LISTS = ("sparse_keys", "sparse_types", "dense_keys", "dense_types", "dense_defaults", "dense_shapes")


def _features(sparse_keys: Any = None, sparse_types: Any = None, dense_keys: Any = None, dense_types: Any = None,
              dense_defaults: Any = None, dense_shapes: Any = None) -> dict[str, Any]:
    for keys, kinds, what in ((sparse_keys, sparse_types, "sparse"), (dense_keys, dense_types, "dense")):
        if len(keys or ()) != len(kinds or ()):
            raise ValueError(f"len({what}_keys) != len({what}_types): {len(keys or ())} vs. {len(kinds or ())}")
    sparse = zip(sparse_keys or (), sparse_types or (), strict=True)
    features: dict[str, Any] = {key: VarLenFeature(kind) for key, kind in sparse}
    sizes = dense_shapes or [()] * len(dense_keys or ())
    for key, kind, shape in zip(dense_keys or (), dense_types or (), sizes, strict=True):
        features[key] = FixedLenFeature(shape, kind, (dense_defaults or {}).get(key))
    return features


@_also_by_keys
def parse_example(serialized: Any, features: Mapping[str, Any], name: str | None = None,
                  example_names: Any = None) -> dict[str, Any]:
    """The features of a batch of Example messages, by key: tensors and `SparseTensor`s.

    >>> tf.parse_example(records, {"label": tf.FixedLenFeature([], tf.int64), "words": tf.VarLenFeature(tf.string)})

    Args:
        serialized: a vector of messages, as `SerializeToString` gives them.
        features: `FixedLenFeature` and `VarLenFeature` by key.
        example_names: a vector of names for error messages.

    Raises ValueError when there are no features, or one lacks its type or shape.
    """
    if not features:
        raise ValueError(f"Missing: features was {features}.")
    plan = _Plan(features, (VarLenFeature, FixedLenFeature))
    return _parse_batch(serialized, plan, example_names, name)


def _parse_batch(serialized: Any, plan: _Plan, names: Any, name: str | None) -> dict[str, Any]:
    given = [] if names is None else names
    with scopes.op_scope([serialized, given], name, "ParseExample"):
        defaults = plan.default_tensors()
        return plan.results(*_parse_example(
            serialized, given, plan.sparse_keys, plan.dense_keys, defaults, plan.sparse_types, plan.dense_shapes,
            name="ParseExample"))


@_also_by_keys
def parse_single_example(serialized: Any, features: Mapping[str, Any], name: str | None = None,
                         example_names: Any = None) -> dict[str, Any]:
    """The features of one Example message, by key. As `parse_example`, without the first dimension.

    Args:
        serialized: a scalar, the message.
        features: `FixedLenFeature` and `VarLenFeature` by key.
        example_names: a scalar, its name for error messages.
    """
    if not features:
        raise ValueError("Missing features.")
    plan = _Plan(features, (VarLenFeature, FixedLenFeature))
    with scopes.op_scope([serialized, example_names], name, "ParseSingleExample"):
        serialized = array.expand_dims(_scalar(serialized, "serialized", "Serialized"), 0)
        if example_names is not None:
            example_names = array.expand_dims(_scalar(example_names, "name", "ExampleNames"), 0)
        outputs = _parse_batch(serialized, plan, example_names, None)
        for key in plan.dense_keys:
            outputs[key] = array.squeeze(outputs[key], [0], name=f"Squeeze_{_label(key)}")
        for key in plan.sparse_keys:
            sparse = outputs[key]
            indices = array.slice(sparse.indices, [0, 1], [-1, -1], name=f"Slice_Indices_{_label(key)}")
            size = array.slice(sparse.shape, [1], [1], name=f"Squeeze_Shape_{_label(key)}")
            outputs[key] = type(sparse)(indices, sparse.values, size)
        return outputs


def _label(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.\-/]", "_", key)


def _scalar(value: Any, what: str, label: str) -> Tensor:
    """`value` as a tensor of shape (), which is checked in a run when it is not known now."""
    from tracer.ops import logic

    tensor = convert_to_tensor(value, name=what)
    if tensor.sizes is not None:
        if tensor.sizes != ():
            raise ValueError(f"Input {what} must be a scalar")
        return tensor
    check = control_flow.Assert(logic.equal(array.rank(tensor), 0), [f"Input {what} must be a scalar"],
                                name=f"{label}IsScalar")
    return control_flow.with_dependencies([check], tensor, name=f"{label}Dependencies")


def parse_single_sequence_example(
    serialized: Any, context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None, example_name: Any = None, name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The features of one SequenceExample message: those of its context, and those of its lists, each by key.

    Args:
        serialized: a scalar, the message.
        context_features: `FixedLenFeature` and `VarLenFeature` by key.
        sequence_features: `FixedLenSequenceFeature` and `VarLenFeature` by key.
        example_name: a scalar, its name for error messages.

    Raises ValueError when there are no features, or one lacks its type or shape.
    """
    if not (context_features or sequence_features):
        raise ValueError("Missing features.")
    context = _Plan(context_features, (VarLenFeature, FixedLenFeature))
    lists = _Plan(sequence_features, (VarLenFeature, FixedLenSequenceFeature))
    with scopes.op_scope([serialized, example_name], name, "ParseSingleSequenceExample"):
        defaults = context.default_tensors()
        debug_name = "" if example_name is None else example_name
        outputs = _parse_single_sequence_example(
            serialized, array_of_strings(lists.optional), context.sparse_keys, context.dense_keys, lists.sparse_keys,
            lists.dense_keys, defaults, debug_name, context.sparse_types, lists.dense_types, context.dense_shapes,
            lists.sparse_types, lists.dense_shapes, name="ParseSingleSequenceExample")
        return context.results(*outputs[:4]), lists.results(*outputs[4:])


def array_of_strings(items: list[str]) -> Any:
    """A list of strings as an array, even when it is empty."""
    import numpy as np

    found = np.empty(len(items), object)
    found[:] = items
    return found
