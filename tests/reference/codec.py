"""Calls and arrays as one npz file without pickles: an index in JSON and one block of bytes.

Runs under Python 2.7 and Python 3, so that both ends of a recording share it.
"""

import base64
import json

import numpy as np


class Plain(object):  # noqa: UP004 - Python 2 wants it
    """An array that is passed as it is, not as a tensor."""

    def __init__(self, value):
        self.value = np.asarray(value)


class Sparse(object):  # noqa: UP004 - Python 2 wants it
    """The parts of a `SparseTensor` argument."""

    def __init__(self, indices, values, shape):
        self.parts = [np.asarray(indices, np.int64).reshape(-1, len(shape)), np.asarray(values),
                      np.asarray(shape, np.int64)]


class Type(object):  # noqa: UP004 - Python 2 wants it
    """A dtype argument, by name."""

    def __init__(self, name):
        self.name = name


class Writer(object):  # noqa: UP004 - Python 2 wants it
    """Turns values into JSON; the arrays' bytes go to one block."""

    def __init__(self):
        self.block = bytearray()

    def encode(self, value):
        """What JSON holds of `value`."""
        if isinstance(value, (np.ndarray, np.generic)):
            return self.array(np.asarray(value))
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, bytes):
            return {"bytes": _text(value)}
        if isinstance(value, list):
            return [self.encode(item) for item in value]
        if isinstance(value, tuple):
            return {"tuple": [self.encode(item) for item in value]}
        if isinstance(value, dict):
            return {"dict": {key: self.encode(item) for key, item in value.items()}}
        if isinstance(value, slice):
            return {"slice": [self.encode(item) for item in (value.start, value.stop, value.step)]}
        if value is Ellipsis:
            return {"ellipsis": True}
        if isinstance(value, Plain):
            return {"plain": self.array(value.value)}
        if isinstance(value, Sparse):
            return {"sparse": [self.array(part) for part in value.parts]}
        if isinstance(value, type) and issubclass(value, np.generic):
            return {"type": np.dtype(value).name}
        if hasattr(value, "as_numpy_dtype"):
            return {"type": value.name}
        raise TypeError("cannot write %r of %s; pass arrays, literals or a recipe" % (value, type(value)))  # noqa: UP031

    def array(self, value):
        """An array by dtype, shape and place in the block; strings by their bytes."""
        if value.dtype.kind in "OSU":
            items = [item if isinstance(item, bytes) else item.encode("utf-8") for item in value.reshape(-1).tolist()]
            return {"strings": [_text(item) for item in items], "shape": list(value.shape)}
        start = len(self.block)
        self.block.extend(np.ascontiguousarray(value).tobytes())
        return {"array": value.dtype.str, "shape": list(value.shape), "at": start}

    def save(self, path, index):
        """Writes `index`, which must be JSON, and the block."""
        text = json.dumps(index, sort_keys=True, separators=(",", ":")).encode("utf-8")
        np.savez_compressed(path, index=np.frombuffer(text, np.uint8), data=np.frombuffer(bytes(self.block), np.uint8))


class Reader(object):  # noqa: UP004 - Python 2 wants it
    """The index of a file, and the values that it names."""

    def __init__(self, path):
        with np.load(path, allow_pickle=False) as file:
            self.index = json.loads(file["index"].tobytes().decode("utf-8"))
            self.block = file["data"].tobytes()

    def decode(self, value):
        """The value that `Writer.encode` turned into `value`."""
        if isinstance(value, list):
            return [self.decode(item) for item in value]
        if not isinstance(value, dict):
            return value if value is None or isinstance(value, (bool, int, float)) else str(value)
        if "array" in value:
            count = int(np.prod(value["shape"], dtype=np.int64))
            items = np.frombuffer(self.block, np.dtype(str(value["array"])), count, value["at"])
            return items.reshape(value["shape"]).copy()
        if "strings" in value:
            items = np.empty(len(value["strings"]), object)
            items[:] = [_bytes(item) for item in value["strings"]]
            return items.reshape(value["shape"])
        (kind, content), = value.items()
        return getattr(self, "_" + str(kind))(content)

    def _bytes(self, content):
        return _bytes(content)

    def _tuple(self, content):
        return tuple(self.decode(content))

    def _dict(self, content):
        return {str(key): self.decode(item) for key, item in content.items()}

    def _slice(self, content):
        return slice(*self.decode(content))

    def _ellipsis(self, content):
        return Ellipsis

    def _plain(self, content):
        return Plain(self.decode(content))

    def _sparse(self, content):
        return Sparse(*self.decode(content))

    def _type(self, content):
        return Type(str(content))


def cotangent(shape, dtype):
    """The fixed numbers by which the outputs of a case are weighed for its gradients: exact in every float type."""
    size = int(np.prod(shape, dtype=np.int64))
    weights = (np.arange(size) * 7 % 11 - 5.5) / 8
    return weights.reshape(shape).astype(dtype)


def substitute(value, tensor, sparse, dtype):
    """`value` with its arrays, sparse arrays and types replaced by what the three functions make of them."""
    if isinstance(value, (np.ndarray, np.generic)):
        return tensor(np.asarray(value))
    if isinstance(value, Sparse):
        return sparse(*[tensor(part) for part in value.parts])
    if isinstance(value, Type):
        return dtype(value.name)
    if isinstance(value, Plain):
        return value.value
    if isinstance(value, (list, tuple)):
        return type(value)(substitute(item, tensor, sparse, dtype) for item in value)
    if isinstance(value, dict):
        return {key: substitute(value[key], tensor, sparse, dtype) for key in sorted(value)}
    return value


def _text(value):
    return base64.b64encode(value).decode("ascii")


def _bytes(text):
    return base64.b64decode(text)
