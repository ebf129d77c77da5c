"""`json` of 2016. It took the encoding of the text, and wrote NumPy's numbers: those of a Python 2 script's sums and means
were its own ints and floats.

A float64 is a Python float today, too; the float32 that a library's sum stays in NumPy 2 is none. And what Python 2 source
read from a binary file was text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tracer.legacy.old_text import bytes_of, decoded


class JSONDecoder(json.JSONDecoder):
    """Takes an encoding, which only mattered for strings of bytes."""

    def __init__(self, *, encoding: str | None = None, **keywords: Any) -> None:
        super().__init__(**keywords)


class JSONEncoder(json.JSONEncoder):
    """The encoder of Python 2: takes the encoding of its strings, and has a space behind each comma."""

    def __init__(self, *, indent: Any = None, separators: Any = None, encoding: str | None = "utf-8",
                 **keywords: Any) -> None:
        super().__init__(indent=indent, separators=separators or (", ", ": "), **keywords)
        self.encoding = encoding or "utf-8"

    def iterencode(self, o: Any, _one_shot: bool = False) -> Any:
        return super().iterencode(_with_text(o, self.encoding), _one_shot)


def _with_text(value: Any, encoding: str) -> Any:
    """The value with the bytes that its text stands for decoded."""
    if encoding.lower().replace("-", "") == "utf8":
        return value
    if isinstance(value, str):
        return value if value.isascii() else decoded(value, encoding)
    if isinstance(value, dict):
        return {_with_text(key, encoding): _with_text(item, encoding) for key, item in value.items()}
    return [_with_text(item, encoding) for item in value] if isinstance(value, list | tuple) else value


def names(module: Any) -> dict[str, Any]:
    """Of a program for either Python: `encoding` says nothing of text."""
    return {"JSONDecoder": JSONDecoder,
            **{name: _without_encoding(getattr(module, name)) for name in ("dump", "dumps", "load", "loads")}}


def names_of_python2(module: Any) -> dict[str, Any]:
    """Of a program for Python 2."""

    def writing(function: Callable) -> Callable:
        return lambda *arguments, cls=None, **keywords: function(*arguments, cls=cls or JSONEncoder, **keywords)

    def loads(s: Any, encoding: str | None = None, **keywords: Any) -> Any:
        text = s if encoding is None or (isinstance(s, str) and s.isascii()) else bytes(bytes_of(s)).decode(encoding)
        return module.loads(text, **keywords)

    def load(fp: Any, encoding: str | None = None, **keywords: Any) -> Any:
        return loads(fp.read(), encoding, **keywords)

    return {"JSONDecoder": JSONDecoder, "JSONEncoder": JSONEncoder, "dump": writing(module.dump),
            "dumps": writing(module.dumps), "load": load, "loads": loads}


def _without_encoding(function: Callable) -> Callable:
    return lambda *arguments, encoding=None, **keywords: function(*arguments, **keywords)


def write_numbers() -> Callable[[], object]:
    """Lets the encoder take them; returns what takes that back."""
    import numpy as np

    from tracer.legacy.old_text import text_of
    from tracer.legacy.python2_files import FileBytes

    before = json.JSONEncoder.default

    def default(self: json.JSONEncoder, o: Any) -> Any:
        if isinstance(o, np.integer):
            return int(o)
        if isinstance(o, FileBytes):
            return text_of(bytes(o))
        return float(o) if isinstance(o, np.floating) else before(self, o)

    json.JSONEncoder.default = default
    return lambda: setattr(json.JSONEncoder, "default", before)
