"""Items from `tf.train.Example` messages."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any

from tracer import dtypes, image
from tracer.contrib.slim.data.data_decoder import DataDecoder
from tracer.ops import array, casting, conditional, logic, parsing, reduction, sparse

__all__ = ["BoundingBox", "Image", "ItemHandler", "ItemHandlerCallback", "SparseTensor", "TFExampleDecoder", "Tensor"]


class ItemHandler(abc.ABC):
    """Makes one item of some features of a record.

    Args:
        keys: the names of the features: one, or a list.
    """

    def __init__(self, keys: Any) -> None:
        self._keys = list(keys) if isinstance(keys, (list, tuple)) else [keys]

    @property
    def keys(self) -> list[str]:
        """The names of the features that it needs."""
        return self._keys

    @abc.abstractmethod
    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The item, from the features by their names."""


class ItemHandlerCallback(ItemHandler):
    """Makes an item by a function of the dict of features."""

    def __init__(self, keys: Any, func: Callable[[dict[str, Any]], Any]) -> None:
        super().__init__(keys)
        self._func = func

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """What the function gives."""
        return self._func(keys_to_tensors)


class BoundingBox(ItemHandler):
    """Boxes of an image, of shape [boxes, 4]: ymin, xmin, ymax, xmax.

    Args:
        keys: the four features' names, in that order.
        prefix: what stands before them.
    """

    def __init__(self, keys: Any = None, prefix: str | None = None) -> None:
        names = ["ymin", "xmin", "ymax", "xmax"] if keys is None else list(keys)
        if len(names) != 4:
            raise ValueError(f"BoundingBox expects 4 keys but got {len(names)}")
        super().__init__([(prefix or "") + name for name in names])

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The boxes."""
        sides = [array.expand_dims(_values(keys_to_tensors[key]), 0) for key in self.keys]
        return array.transpose(array.concat(0, sides))


def _values(feature: Any) -> Any:
    return feature.values if isinstance(feature, sparse.SparseTensor) else feature


def _dense(feature: Any, default_value: Any = 0) -> Any:
    if not isinstance(feature, sparse.SparseTensor):
        return feature
    return sparse.sparse_tensor_to_dense(feature, "" if feature.dtype.base_dtype is dtypes.string else default_value)


class Tensor(ItemHandler):
    """A feature as a tensor.

    Args:
        tensor_key: its name.
        shape_keys: the features that hold its sizes, or the one that holds its shape.
        shape: its shape, instead of those.
        default_value: what is in the place of values that are not there.
    """

    def __init__(self, tensor_key: str, shape_keys: Any = None, shape: Any = None, default_value: Any = 0) -> None:
        if shape_keys and shape is not None:
            raise ValueError("Cannot specify both shape_keys and shape parameters.")
        names = [shape_keys] if shape_keys and not isinstance(shape_keys, (list, tuple)) else list(shape_keys or [])
        self._tensor_key = tensor_key
        self._shape_keys = names
        self._shape = shape
        self._default_value = default_value
        super().__init__([tensor_key, *names])

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The tensor."""
        value = _dense(keys_to_tensors[self._tensor_key], self._default_value)
        shape = self._shape
        if self._shape_keys:
            parts = [array.reshape(_dense(keys_to_tensors[key]), [-1]) for key in self._shape_keys]
            shape = casting.to_int32(array.concat(0, parts))
        return value if shape is None else array.reshape(value, shape)


class SparseTensor(ItemHandler):
    """A sparse tensor from features that hold its indices and values, and perhaps its shape.

    Args:
        indices_key, values_key, shape_key: their names.
        shape: the shape, instead of `shape_key`; without either, that of the values.
        densify: whether the item is a dense tensor.
        default_value: what is in it where there is no value.
    """

    def __init__(self, indices_key: str | None = None, values_key: str | None = None, shape_key: str | None = None,
                 shape: Any = None, densify: bool = False, default_value: Any = 0) -> None:
        self._indices_key = indices_key or "indices"
        self._values_key = values_key or "values"
        self._shape_key = shape_key
        self._shape = shape
        self._densify = densify
        self._default_value = default_value
        super().__init__([self._indices_key, self._values_key, *([shape_key] if shape_key else [])])

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The sparse tensor, or the dense one."""
        values = _values(keys_to_tensors[self._values_key])
        shape = self._shape
        if self._shape_key:
            shape = _values(keys_to_tensors[self._shape_key])
        elif shape is None:
            shape = array.shape(values)
        rank = len(shape) if isinstance(shape, (list, tuple)) else -1
        places = array.reshape(_values(keys_to_tensors[self._indices_key]), [-1, rank] if rank > 0 else [-1, 1])
        item = sparse.SparseTensor(casting.to_int64(places), values, casting.to_int64(shape))
        return sparse.sparse_tensor_to_dense(item, self._default_value) if self._densify else item


class Image(ItemHandler):
    """A decoded image.

    Args:
        image_key: the feature that holds it; by default `image/encoded`.
        format_key: the feature that says how it is coded, `jpeg`, `png` or `raw`; by default `image/format`.
        shape: the image's shape, where it is known.
        channels: how many channels it has.
    """

    def __init__(self, image_key: str | None = None, format_key: str | None = None, shape: Any = None,
                 channels: int = 3) -> None:
        self._image_key = image_key or "image/encoded"
        self._format_key = format_key or "image/format"
        self._shape = shape
        self._channels = channels
        super().__init__([self._image_key, self._format_key])

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The image, of type uint8."""
        data, kind = keys_to_tensors[self._image_key], keys_to_tensors[self._format_key]

        def is_one_of(*names: str) -> Any:
            return reduction.reduce_any(array.pack([logic.equal(kind, name) for name in names]))

        decoded = conditional.case(
            [(is_one_of("png", "PNG"), lambda: image.decode_png(data, self._channels)),
             (is_one_of("raw", "RAW"), lambda: parsing.decode_raw(data, dtypes.uint8))],
            default=lambda: image.decode_jpeg(data, self._channels), exclusive=True)
        decoded.set_shape([None, None, self._channels])
        return decoded if self._shape is None else array.reshape(decoded, self._shape)


class TFExampleDecoder(DataDecoder):
    """Takes `tf.train.Example` messages apart.

    Args:
        keys_to_features: the features, as `tf.parse_example` takes them.
        items_to_handlers: what makes the items, by their names.
    """

    def __init__(self, keys_to_features: dict[str, Any], items_to_handlers: dict[str, ItemHandler]) -> None:
        self._keys_to_features = keys_to_features
        self._items_to_handlers = items_to_handlers

    def list_items(self) -> list[str]:
        """The names of all items."""
        return list(self._items_to_handlers)

    def decode(self, data: Any, items: list[str] | None = None) -> list[Any]:
        """The tensors of `items` (of all by default) from the message `data`, a scalar string."""
        features = parsing.parse_single_example(data, self._keys_to_features)
        for name, feature in sorted(self._keys_to_features.items()):
            if isinstance(feature, parsing.FixedLenFeature):
                features[name] = array.reshape(features[name], feature.shape)
        wanted = self.list_items() if items is None else items
        found = []
        for item in wanted:
            handler = self._items_to_handlers[item]
            found.append(handler.tensors_to_item({key: features[key] for key in handler.keys}))
        return found
