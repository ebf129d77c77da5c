"""Lines of comma-separated values, cut into fields as TensorFlow cuts them."""

from __future__ import annotations

from typing import Any

import numpy as np

from lowering.host.strings import numbers, objects
from lowering.registry import lowers
from tracer import dtypes, errors

_QUOTE, _LINE_FEED, _RETURN = b'"\n\r'
_SPECIAL = frozenset((_QUOTE, _LINE_FEED, _RETURN))


def fields_of(record: bytes, delimiter: bytes) -> list[bytes]:
    """The fields of a record. Raises InvalidArgumentError when quotes do not match."""
    if not record:
        return []
    if b'"' not in record and b"\n" not in record and b"\r" not in record:
        return record.split(delimiter)
    found = []
    at = 0
    while at < len(record):
        if record[at] in (_LINE_FEED, _RETURN):
            at += 1
            continue
        field, at = _quoted(record, at + 1, delimiter) if record[at] == _QUOTE else _unquoted(record, at, delimiter)
        found.append(field)
    if record[-1:] == delimiter:
        found.append(b"")
    return found


def _unquoted(record: bytes, at: int, delimiter: bytes) -> tuple[bytes, int]:
    end = record.find(delimiter, at)
    end = len(record) if end < 0 else end
    field = record[at:end]
    if not _SPECIAL.isdisjoint(field):
        raise errors.InvalidArgumentError(None, None, "Unquoted fields cannot have quotes/CRLFs inside")
    return field, end + 1


def _quoted(record: bytes, at: int, delimiter: bytes) -> tuple[bytes, int]:
    """A field whose quote has been opened: doubled quotes stand for one, a quote before a delimiter closes it."""
    field = bytearray()
    while at < len(record) - 1 and (record[at] != _QUOTE or record[at + 1:at + 2] != delimiter):
        if record[at] != _QUOTE:
            field.append(record[at])
            at += 1
        elif record[at + 1] == _QUOTE:
            field.append(_QUOTE)
            at += 2
        else:
            raise errors.InvalidArgumentError(
                None, None, "Quote inside a string has to be escaped by another quote")
    if at >= len(record) or record[at] != _QUOTE:
        raise errors.InvalidArgumentError(None, None, "Quoted field has to end with quote followed by delim or end")
    return bytes(field), at + 2


@lowers("DecodeCSV", host=True, rows=True)
def decode_csv(records: Any, record_defaults: list[Any], *, OUT_TYPE: list[dtypes.DType], field_delim: str) -> list:
    delimiter = field_delim.encode()
    if len(delimiter) != 1:
        raise errors.InvalidArgumentError(None, None, "field_delim should be only 1 char")
    defaults = [np.asarray(default).reshape(-1).tolist() if np.ndim(default) else [default]
                for default in record_defaults]
    for i, default in enumerate(defaults):
        if len(default) > 1:
            raise errors.InvalidArgumentError(
                None, None, f"There should only be 1 default per field but field {i} has {len(default)}")
    array = np.asarray(records, object)
    flat = array.reshape(-1).tolist()
    rows = []
    for i, record in enumerate(flat):
        row = fields_of(record, delimiter)
        if len(row) != len(OUT_TYPE):
            raise errors.InvalidArgumentError(
                None, None, f"Expect {len(OUT_TYPE)} fields but have {len(row)} in record {i}")
        if b"" in row:
            _check_present(row, defaults, i)
        rows.append(row)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(OUT_TYPE)
    return [_column(f, column, kind, defaults[f]).reshape(array.shape)
            for f, (column, kind) in enumerate(zip(columns, OUT_TYPE, strict=True))]


def _check_present(row: list[bytes], defaults: list[list[Any]], record: int) -> None:
    for f, field in enumerate(row):
        if not field and not defaults[f]:
            raise errors.InvalidArgumentError(
                None, None, f"Field {f} is required but missing in record {record}!")


def _column(index: int, column: tuple[bytes, ...], kind: dtypes.DType, default: list[Any]) -> np.ndarray:
    """The values of one field; empty ones are the default."""
    missing = [i for i, field in enumerate(column) if not field]
    if kind is dtypes.string:
        items = list(column)
        for i in missing:
            items[i] = default[0]
        return objects(items)
    items = [field or b"0" for field in column]
    name = "float" if kind is dtypes.float32 else kind.name

    def error(text: str) -> Exception:
        record = next(i for i, item in enumerate(items) if item.decode(errors="replace") == text)
        return errors.InvalidArgumentError(None, None, f"Field {index} in record {record} is not a valid {name}: {text}")

    values = numbers(items, kind, error)
    if missing:
        values[missing] = default[0]
    return values
