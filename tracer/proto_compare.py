"""`tensorflow.python.util.protobuf.compare`: whether two messages are equal, and how they differ."""

from __future__ import annotations

import contextlib
from typing import Any

_DIGITS = {"TYPE_FLOAT": 6, "TYPE_DOUBLE": 7}


def assertProtoEqual(self: Any, a: Any, b: Any, check_initialized: bool = True, normalize_numbers: bool = False,
                     msg: str | None = None) -> None:
    """Fails the test case `self` where two messages differ, and shows the lines that do.

    Args:
        a: a message, or the text form of one of the type of `b`.
        b: a message.
        check_initialized: whether all required fields must be set.
        normalize_numbers: whether floating-point numbers are rounded first.
        msg: what a failure says.
    """
    from google.protobuf import text_format

    if isinstance(a, str):
        a = text_format.Merge(a, type(b)())
    for message in (a, b):
        if check_initialized:
            errors = message.FindInitializationErrors()
            if errors:
                self.fail(f"Initialization errors: {errors}\n{message}")
    if normalize_numbers:
        a, b = rounded(a), rounded(b)
    self.assertMultiLineEqual(text_format.MessageToString(a), text_format.MessageToString(b), msg=msg)  # noqa: PT009 - shows the lines that differ
    if a != b:
        self.fail(msg or f"The messages differ in a field that does not print: {a!r}")


def of_text(text: str, like: Any) -> Any:
    """The message of the type of `like` that `text` describes."""
    from google.protobuf import text_format

    message = text_format.Merge(text, type(like)())
    if message != like and any("\x80" <= character <= "\xff" for character in text):
        # Where a text is bytes, as in Python 2, "\\240" in it is one byte and not a character of two.
        bytewise = "".join(f"\\{ord(c):03o}" if "\x80" <= c <= "\xff" else c for c in text)
        with contextlib.suppress(text_format.ParseError):
            return text_format.Merge(bytewise, type(like)())
    return message


def rounded(message: Any) -> Any:
    """A copy of a message with its floats rounded to 6 digits behind the point and its doubles to 7."""
    copy = type(message)()
    copy.CopyFrom(message)
    return NormalizeNumberFields(copy)


def _is_repeated(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, (str, bytes))


def NormalizeNumberFields(pb: Any) -> Any:
    """Rounds the floating-point numbers of a message, and of those in it, to the digits that their type keeps.

    Returns the message, which it changes.
    """
    for field, value in pb.ListFields():
        repeated = _is_repeated(value)
        if field.message_type is not None:
            if field.message_type.GetOptions().map_entry:
                is_message = field.message_type.fields_by_name["value"].message_type is not None
                inner = list(value.values()) if is_message else []
            else:
                inner = list(value) if repeated else [value]
            for item in inner:
                NormalizeNumberFields(item)
        elif field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
            digits = _DIGITS["TYPE_FLOAT" if field.type == field.TYPE_FLOAT else "TYPE_DOUBLE"]
            if repeated:
                value[:] = [round(item, digits) for item in value]
            else:
                setattr(pb, field.name, round(value, digits))
    return pb


def ProtoEq(a: Any, b: Any) -> bool:
    """Whether two messages, or parts of such, are equal: the same fields are set, to the same values."""
    return a == b


class ProtoAssertions:
    """Mixes `assertProtoEqual` into a test case."""

    def assertProtoEqual(self, *args: Any, **kwargs: Any) -> None:
        """Fails where two messages differ: see the function of this name."""
        assertProtoEqual(self, *args, **kwargs)
