"""The tensors in the recorded checkpoints, as Python 2.7 and Python 3 both compute them."""

import numpy as np

LAYERS = 5
SLICES = [  # name, full shape, offset and shape of each slice
    ("rows", [7, 3], [([0, 0], [3, 3]), ([3, 0], [2, 3]), ([5, 0], [2, 3])]),
    ("blocks", [2, 70, 3], [([0, 0, 0], [2, 64, 1]), ([0, 64, 0], [2, 6, 1]), ([0, 0, 1], [2, 70, 2])]),
]
QUANTIZED = {"qint8": "int8", "quint8": "uint8", "qint32": "int32"}


def types():
    """A tensor of every type that checkpoints of 0.8 hold, by name; quantized ones as their numbers."""
    whole = np.arange(12).reshape(3, 4)
    reals = (whole - 5.5) / 3
    named = {
        "bool": whole % 3 == 0,
        "complex64": (reals + 1j * whole).astype(np.complex64),
        "complex128": reals - 2j * whole,
        "empty": np.zeros([0, 4], np.float32),
        "float16": reals.astype(np.float16),
        "float32": reals.astype(np.float32),
        "float64": reals,
        "special": np.array([np.inf, -np.inf, np.nan, -0.0, 1e-45, 3.4028235e38], np.float32),
        "int8": (whole * 23 - 128).astype(np.int8),
        "int16": (whole * 5461 - 32768).astype(np.int16),
        "int32": (whole * 357913941 - 2**31).astype(np.int32),
        "int64": np.array([-2**63, -1, 0, 1, 127, 128, 2**35, 2**63 - 1]),
        "uint8": (whole * 23).astype(np.uint8),
        "string": np.array([[b"", b"a\0b"], [u"\u043d\u0435\u043a\u0438".encode("utf-8"), b"x" * 300]], object),
        "scalar": np.float32(7.25),
        "scalar_string": np.array(b"one", object),
        "scope/with/slashes": np.array([3], np.int32),
        "a\0zero": np.array([4], np.int32),
    }
    for quantized in QUANTIZED:
        named[quantized] = named[QUANTIZED[quantized]]
    return named


def whole(shape):
    """The values of a tensor that is saved in slices."""
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape) / 8


def layers():
    """What the recorded Saver saved: variables of a small net and the step."""
    found = {"global_step": np.int64(1234)}
    for i in range(LAYERS):
        found["layer%d/weights" % i] = np.arange(6, dtype=np.float32).reshape(2, 3) * (i + 1)
        found["layer%d/biases" % i] = np.arange(3, dtype=np.float32) - i
    return found
