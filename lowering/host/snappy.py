"""Decompresses Snappy blocks, which tables of other writers may hold; ours are written uncompressed."""

from __future__ import annotations

from lowering.host.messages import read_varint


def decompress(data: bytes) -> bytes:
    """The bytes that `data` is the compressed form of. Raises ValueError when it is none."""
    expected, at = read_varint(data, 0)
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 3 == 0:
            length = (tag >> 2) + 1
            if length > 60:  # the length follows, in one to four bytes
                width = length - 60
                length = int.from_bytes(data[at:at + width], "little") + 1
                at += width
            out += data[at:at + length]
            at += length
            if at > len(data):
                raise ValueError("a literal is cut off")
        else:
            at = _copy(out, data, tag, at)
        if len(out) > expected:
            break
    if len(out) != expected:
        raise ValueError(f"{expected} bytes were compressed, {len(out)} came out")
    return bytes(out)


def _copy(out: bytearray, data: bytes, tag: int, at: int) -> int:
    """Appends what a back reference stands for; returns where the next element begins."""
    kind = tag & 3
    width = (0, 1, 2, 4)[kind]
    offset = int.from_bytes(data[at:at + width], "little")
    if kind == 1:
        length = (tag >> 2 & 7) + 4
        offset |= (tag >> 5) << 8
    else:
        length = (tag >> 2) + 1
    if at + width > len(data) or not 0 < offset <= len(out):
        raise ValueError("a back reference points nowhere")
    start = len(out) - offset
    if offset >= length:
        out += out[start:start + length]
    else:  # it overlaps what it makes: a pattern repeats
        pattern = bytes(out[start:])
        out += (pattern * (length // offset + 1))[:length]
    return at + width
