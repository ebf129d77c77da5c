"""Examples as the protobuf messages that TFRecord files hold, and raw bytes, turned into tensors."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from lowering.host import layouts, messages, tensors
from lowering.host.strings import objects
from lowering.registry import lowers
from tracer import dtypes, errors

_LISTS = {dtypes.int64: "int64_list", dtypes.float32: "float_list", dtypes.string: "bytes_list"}
_KINDS = {"bytes_list": layouts.BYTES, "float_list": layouts.FLOATS, "int64_list": layouts.INTEGERS}
_MANY = 32  # so many values are read from the encoded message at once instead of one by one


class _Wanted(NamedTuple):
    """One feature to look for: its key, type, and (where it is dense) shape and default."""

    key: bytes
    name: str
    kind: dtypes.DType
    list_name: str
    shape: tuple[int, ...]
    size: int
    default: Any


def _dense(keys: list[Any], types: Any, shapes: Any, defaults: list[Any] | None) -> list[_Wanted]:
    wanted = []
    for d, (key, kind, shape) in enumerate(zip(keys, types, shapes, strict=True)):
        sizes = shape.sizes
        default = None if defaults is None or not np.size(defaults[d]) else np.asarray(defaults[d])
        if default is not None and default.shape != sizes:
            raise errors.InvalidArgumentError(
                None, None, f"def_value[{d}].shape() == {_shape(default.shape)} != dense_shapes_[{d}] == {_shape(sizes)}")
        # An array of no dimensions would stand as such among strings.
        wanted.append(_one(key, kind, sizes, None if default is None else default[()]))
    return wanted


def _one(key: Any, kind: dtypes.DType, shape: tuple[int, ...] = (), default: Any = None) -> _Wanted:
    wanted = _feature(key if isinstance(key, bytes) else np.asarray(key, object).item(), kind.name, shape)
    return wanted if default is None else wanted._replace(default=default)


@functools.lru_cache(1024)
def _feature(key: bytes, kind_name: str, shape: tuple[int, ...]) -> _Wanted:
    kind = dtypes.as_dtype(kind_name)
    return _Wanted(key, key.decode(errors="replace"), kind, _LISTS[kind], shape, math.prod(shape), None)


def _shape(sizes: Any) -> str:
    return f"[{','.join(map(str, sizes))}]"


def _invalid(message: str) -> errors.OpError:
    return errors.InvalidArgumentError(None, None, message)


def _parsed(kind: str, data: bytes) -> Any:
    try:
        return messages.parse(kind, data)
    except ValueError:
        raise _invalid(f"Could not parse example input, value: '{data.decode(errors='replace')}'") from None


def _values(feature: Any, wanted: _Wanted) -> Any:
    """The values of a feature: an array of numbers, or a list of strings."""
    held = getattr(feature, wanted.list_name)
    if wanted.kind is dtypes.string:
        return held.value
    count = len(held.value)
    if count < _MANY:
        return np.array(held.value[:], wanted.kind.array_dtype)
    encoded = held.SerializeToString()
    if wanted.kind is dtypes.float32:
        return np.frombuffer(encoded, "<f4", count, len(encoded) - 4 * count)
    _, start = messages.read_varint(encoded, 1)
    return tensors.decoded(np.frombuffer(encoded, np.uint8, offset=start)).view(np.int64)


def _check_type(feature: Any, wanted: _Wanted, where: str) -> None:
    if feature.WhichOneof("kind") != wanted.list_name:
        raise _invalid(f"{where}.  Data types don't match. Expected type: {_c_name(wanted.kind)}  Feature is: {feature}")


def _c_name(kind: dtypes.DType) -> str:
    return "float" if kind is dtypes.float32 else kind.name


def _fill(out: np.ndarray, index: int, feature: Any, wanted: _Wanted, name: str) -> None:
    """Puts a feature's values at `index` of a dense result."""
    values = _values(feature, wanted)
    if len(values) != wanted.size:
        what = "bytes" if wanted.kind is dtypes.string else _c_name(wanted.kind)
        colon, size = ("", "Values") if wanted.kind is dtypes.string else (":", "values")
        raise _invalid(f"Name: {name}, Key{colon} {wanted.name}, Index: {index}.  Number of {what} values != expected.  "
                       f"{size} size: {len(values)} but output shape: {_shape(wanted.shape)}")
    if wanted.kind is dtypes.string:
        out[index] = values[0] if wanted.shape == () else objects(list(values), wanted.shape)
    else:
        out[index] = values[0] if wanted.shape == () else values.reshape(wanted.shape)


def _joined(parts: list[Any], kind: dtypes.DType) -> np.ndarray:
    if kind is dtypes.string:
        return objects([item for part in parts for item in part])
    return np.concatenate(parts) if parts else np.empty(0, kind.array_dtype)


def _sparse(rows: list[Any], kind: dtypes.DType) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices, values and shape of rows of differing length."""
    lengths = np.array([len(row) for row in rows], np.int64)
    total = int(lengths.sum())
    indices = np.empty((total, 2), np.int64)
    indices[:, 0] = np.repeat(np.arange(len(rows)), lengths)
    indices[:, 1] = np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    longest = int(lengths.max()) if len(rows) else 0
    return indices, _joined([row for row in rows if len(row)], kind), np.array([len(rows), longest], np.int64)


def _empty(kind: dtypes.DType) -> Any:
    return [] if kind is dtypes.string else np.empty(0, kind.array_dtype)


class _Examples:
    """Features to look for in a batch of examples."""

    def __init__(self, sparse_keys: list[Any], dense_keys: list[Any], dense_defaults: list[Any], *, sparse_types: Any,
                 Tdense: Any, dense_shapes: Any) -> None:
        self.dense = _dense(dense_keys, Tdense, dense_shapes, dense_defaults)
        self.sparse = [_one(key, kind) for key, kind in zip(sparse_keys, sparse_types, strict=True)]
        self.layouts = layouts.Layouts([
            *((wanted.key, _KINDS[wanted.list_name], wanted.size == 1 and wanted.shape == ()) for wanted in self.dense),
            *((wanted.key, _KINDS[wanted.list_name], False) for wanted in self.sparse)])

    def parse(self, serialized: Any, names: Any) -> list[Any]:
        """The sparse features' indices, values and shapes; the dense features."""
        serialized, names = np.asarray(serialized, object), np.asarray(names, object)
        if serialized.ndim != 1:
            raise _invalid(f"Expected serialized to be a vector, got shape: {_shape(serialized.shape)}")
        if names.size and names.ndim != 1:
            raise _invalid(f"Expected names to be a vector, got shape: {_shape(names.shape)}")
        if names.size and names.size != serialized.size:
            raise _invalid(f"Expected len(names) == len(serialized), but got: {names.size} vs. {serialized.size}")
        outputs = [np.empty((serialized.size, *wanted.shape), wanted.kind.array_dtype) for wanted in self.dense]
        items = serialized.tolist()
        rows: list[list[Any]] = [[None] * len(items) for _ in self.sparse]
        left = set(range(len(items)))
        for layout, places, *several in self.layouts.together(items):
            self._together(layout, places, several, outputs, rows)
            left.difference_update(places)
        for i in sorted(left):
            data = items[i]
            layout = self.layouts.find(data)
            if layout is None:
                label = names[i].decode(errors="replace") if names.size else "<unknown>"
                self._in_full(data, outputs, rows, i, label)
                self.layouts.learn(data)
            else:
                self._by_layout(layout, data, outputs, rows, i)
        columns = [_sparse(row, wanted.kind) for row, wanted in zip(rows, self.sparse, strict=True)]
        return [[column[i] for column in columns] for i in range(3)] + [outputs]

    def _in_full(self, data: bytes, outputs: list[np.ndarray], rows: list[list[Any]], index: int, label: str) -> None:
        features = _parsed("Example", data).features.feature
        _dense_features(features, self.dense, outputs, index, label)
        for row, wanted in zip(rows, self.sparse, strict=True):
            row[index] = _sparse_feature(features, wanted, f"Name: {label}, Feature: {wanted.name}")

    def _by_layout(self, layout: layouts.Layout, data: bytes, outputs: list[np.ndarray], rows: list[list[Any]],
                   index: int) -> None:
        takes = iter(layout.takes)
        for out, wanted, take in zip(outputs, self.dense, takes, strict=False):
            if take is None:
                out[index] = wanted.default
            elif wanted.shape == ():
                out[index] = take.one(data)
            else:
                values = take.one(data)
                out[index] = objects(values, wanted.shape) if wanted.kind is dtypes.string else values.reshape(wanted.shape)
        for row, wanted, take in zip(rows, self.sparse, takes, strict=True):
            row[index] = _empty(wanted.kind) if take is None else take.one(data)

    def _together(self, layout: layouts.Layout, places: list[int], several: Any, outputs: list[np.ndarray],
                  rows: list[list[Any]]) -> None:
        """Takes several messages of one arrangement."""
        takes = iter(layout.takes)
        where: Any = slice(None) if outputs and len(places) == len(outputs[0]) else places
        for out, wanted, take in zip(outputs, self.dense, takes, strict=False):
            if take is None:
                out[where] = wanted.default
                continue
            values = take.many(*several)
            if wanted.kind is dtypes.string and wanted.shape != ():
                values = objects([item for row in values for item in row])
            out[where] = np.reshape(values, (len(places), *wanted.shape)) if wanted.shape != () else values
        for row, wanted, take in zip(rows, self.sparse, takes, strict=True):
            found = [_empty(wanted.kind)] * len(places) if take is None else take.many(*several)
            for i, values in zip(places, found, strict=True):
                row[i] = values


def _prepared(serialized: Any, names: Any, sparse_keys: Any, dense_keys: Any, dense_defaults: Any, **attrs: Any) -> Any:
    """`ParseExample` with features that are known before it runs."""
    if sparse_keys is None or dense_keys is None or dense_defaults is None:
        return None
    examples = _Examples(sparse_keys, dense_keys, dense_defaults, **attrs)
    return lambda serialized, names, *_: examples.parse(serialized, names)


def _rows(serialized: Any, names: Any, sparse_keys: Any, dense_keys: Any, dense_defaults: Any, **attrs: Any) -> Any:
    """`ParseExample` for several runs at once, where all that it looks for is dense."""
    if sparse_keys != [] or dense_keys is None or dense_defaults is None or names is None or np.size(names):
        return None
    examples = _Examples([], dense_keys, dense_defaults, **attrs)

    def parse(serialized: np.ndarray, names: Any, *_: Any) -> Any:
        if serialized.ndim != 2:
            raise ValueError
        outputs = examples.parse(serialized.reshape(-1), names)[3]
        return [[], [], [], [output.reshape(*serialized.shape, *output.shape[1:]) for output in outputs]]

    return parse


@lowers("ParseExample", host=True, ahead=_prepared, rows=_rows)
def parse_example(serialized: Any, names: Any, sparse_keys: list[Any], dense_keys: list[Any],
                  dense_defaults: list[Any], *, sparse_types: Any, Tdense: Any, dense_shapes: Any) -> list[Any]:
    return _Examples(sparse_keys, dense_keys, dense_defaults, sparse_types=sparse_types, Tdense=Tdense,
                     dense_shapes=dense_shapes).parse(serialized, names)


def _dense_features(features: Any, dense: list[_Wanted], outputs: list[np.ndarray], index: int, label: str) -> None:
    for wanted, out in zip(dense, outputs, strict=True):
        feature = features.get(wanted.name)
        if feature is not None:
            _check_type(feature, wanted, f"Name: {label}, Feature: {wanted.name}")
            _fill(out, index, feature, wanted, label)
        elif wanted.default is None:
            raise _invalid(f"Name: {label}, Feature: {wanted.name} is required but could not be found.")
        else:
            out[index] = wanted.default


def _sparse_feature(features: Any, wanted: _Wanted, where: str) -> Any:
    feature = features.get(wanted.name)
    if feature is None or feature.WhichOneof("kind") is None:
        return _empty(wanted.kind)
    _check_type(feature, wanted, where)
    return _values(feature, wanted)


@lowers("ParseSingleSequenceExample", host=True)
def parse_single_sequence_example(
    serialized: Any, feature_list_dense_missing_assumed_empty: Any, context_sparse_keys: list[Any],
    context_dense_keys: list[Any], feature_list_sparse_keys: list[Any], feature_list_dense_keys: list[Any],
    context_dense_defaults: list[Any], debug_name: Any, *, context_sparse_types: Any, Tcontext_dense: Any,
    feature_list_dense_types: Any, context_dense_shapes: Any, feature_list_sparse_types: Any,
    feature_list_dense_shapes: Any,
) -> list[Any]:
    data = np.asarray(serialized, object)
    if data.ndim:
        raise _invalid(f"Expected serialized to be a scalar, got shape: {_shape(data.shape)}")
    label = np.asarray(debug_name, object)
    name = label.item().decode(errors="replace") if label.size else "<unknown>"
    example = _parsed("SequenceExample", data.item())
    context, lists = example.context.feature, example.feature_lists.feature_list
    optional = set(np.asarray(feature_list_dense_missing_assumed_empty, object).reshape(-1).tolist())
    dense = _dense(context_dense_keys, Tcontext_dense, context_dense_shapes, context_dense_defaults)
    context_dense = [_context_dense(context, wanted, name) for wanted in dense]
    context_sparse = [_context_sparse(context, _one(key, kind), name)
                      for key, kind in zip(context_sparse_keys, context_sparse_types, strict=True)]
    list_dense = [_list_dense(lists, wanted, name, wanted.key in optional) for wanted in _dense(
        feature_list_dense_keys, feature_list_dense_types, feature_list_dense_shapes, None)]
    list_sparse = [_list_sparse(lists, _one(key, kind), name)
                   for key, kind in zip(feature_list_sparse_keys, feature_list_sparse_types, strict=True)]
    return [*([column[i] for column in context_sparse] for i in range(3)), context_dense,
            *([column[i] for column in list_sparse] for i in range(3)), list_dense]


def _context_dense(context: Any, wanted: _Wanted, name: str) -> np.ndarray:
    feature = context.get(wanted.name)
    if feature is None:
        if wanted.default is None:
            raise _invalid(f"Name: {name}, Context feature '{wanted.name}' is required but could not be found.")
        return wanted.default
    _check_type(feature, wanted, f"Name: {name}, Context feature: {wanted.name}")
    out = np.empty((1, *wanted.shape), wanted.kind.array_dtype)
    _fill(out, 0, feature, wanted, name)
    return out.reshape(wanted.shape)


def _context_sparse(context: Any, wanted: _Wanted, name: str) -> tuple[np.ndarray, ...]:
    values = _joined([_sparse_feature(context, wanted, f"Name: {name}, Context feature: {wanted.name}")], wanted.kind)
    return np.arange(len(values)).reshape(-1, 1), values, np.array([len(values)])


def _list_dense(lists: Any, wanted: _Wanted, name: str, may_be_missing: bool) -> np.ndarray:
    found = lists.get(wanted.name)
    if found is None and not may_be_missing:
        raise _invalid(f"Name: {name}, Feature list '{wanted.name}' is required but could not be found.  Did you mean to "
                       "include it in feature_list_dense_missing_assumed_empty or feature_list_dense_defaults?")
    steps = [] if found is None else found.feature
    out = np.empty((len(steps), *wanted.shape), wanted.kind.array_dtype)
    for t, feature in enumerate(steps):
        _check_type(feature, wanted, f"Name: {name}, Feature list: {wanted.name}, Index: {t}")
        _fill(out, t, feature, wanted, name)
    return out


def _list_sparse(lists: Any, wanted: _Wanted, name: str) -> tuple[np.ndarray, ...]:
    found = lists.get(wanted.name)
    rows = []
    for t, feature in enumerate([] if found is None else found.feature):
        _check_type(feature, wanted, f"Name: {name}, Feature List: {wanted.name}, Index: {t}")
        rows.append(_values(feature, wanted))
    return _sparse(rows, wanted.kind)


@lowers("DecodeJSONExample", host=True, rows=True)
def decode_json_example(json_examples: Any) -> np.ndarray:
    from google.protobuf import json_format

    array = np.asarray(json_examples, object)
    encoded = []
    for text in array.reshape(-1).tolist():
        try:
            encoded.append(json_format.Parse(text, messages.find("Example")()).SerializeToString())
        except (json_format.ParseError, UnicodeDecodeError) as error:
            raise _invalid(f"Error while parsing JSON: {error}") from None
    return objects(encoded, array.shape)


@lowers("DecodeRaw", host=True, rows=True)
def decode_raw(bytes: Any, *, out_type: dtypes.DType, little_endian: bool) -> np.ndarray:
    array = np.asarray(bytes, object)
    items = array.reshape(-1).tolist()
    kind = np.dtype(out_type.array_dtype).newbyteorder("<" if little_endian else ">")
    if not items:
        return np.empty((*array.shape, 1), out_type.array_dtype)
    size = len(items[0])
    for i, item in enumerate(items):
        if len(item) != size:
            raise _invalid(f"DecodeRaw requires input strings to all be the same size, but element {i} has size {size} != "
                           f"{len(item)}")
    if size % kind.itemsize:
        raise _invalid(f"Input to DecodeRaw has length {size} that is not a multiple of {kind.itemsize}, the size of "
                       f"{_c_name(out_type)}")
    values = np.frombuffer(b"".join(items), kind)
    return values.astype(out_type.array_dtype, copy=not little_endian).reshape(*array.shape, -1)
