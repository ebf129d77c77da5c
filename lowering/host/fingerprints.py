"""Hashes of strings that files and features of TensorFlow from 0.9 on depend on: FarmHash's fingerprint and SipHash."""

from __future__ import annotations

_MASK = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def _rotated(value: int, bits: int) -> int:
    """To the right."""
    return (value >> bits | value << 64 - bits) & _MASK


def _mixed(value: int) -> int:
    return value ^ value >> 47


def _joined(u: int, v: int, factor: int) -> int:
    """Two words as one."""
    first = _mixed((u ^ v) * factor & _MASK)
    second = _mixed((v ^ first) * factor & _MASK)
    return second * factor & _MASK


def fingerprint64(data: bytes) -> int:
    """FarmHash's 64-bit fingerprint, which never changes."""
    length = len(data)
    if length > 64:
        return _long(data)
    if length > 32:
        return _up_to_64(data)
    if length > 16:
        return _up_to_32(data)
    return _short(data)


def _word(data: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(data[at:at + size], "little")


def _short(data: bytes) -> int:
    length = len(data)
    factor = _K2 + 2 * length & _MASK
    if length >= 8:
        start, end = _word(data, 0) + _K2 & _MASK, _word(data, length - 8)
        return _joined(_rotated(end, 37) * factor + start & _MASK, (_rotated(start, 25) + end) * factor & _MASK, factor)
    if length >= 4:
        return _joined(length + (_word(data, 0, 4) << 3), _word(data, length - 4, 4), factor)
    if length:
        low, high = data[0] + (data[length >> 1] << 8), length + (data[-1] << 2)
        return _mixed((low * _K2 ^ high * _K0) & _MASK) * _K2 & _MASK
    return _K2


def _ends(data: bytes, first: int, factor: int) -> tuple[int, int, int]:
    """What the first and last 16 bytes give, and the first word times `first`."""
    length = len(data)
    a, b = _word(data, 0) * first & _MASK, _word(data, 8)
    c, d = _word(data, length - 8) * factor & _MASK, _word(data, length - 16) * _K2 & _MASK
    one = _rotated(a + b & _MASK, 43) + _rotated(c, 30) + d & _MASK
    return one, a + _rotated(b + _K2 & _MASK, 18) + c & _MASK, a


def _up_to_32(data: bytes) -> int:
    factor = _K2 + 2 * len(data) & _MASK
    one, two, _ = _ends(data, _K1, factor)
    return _joined(one, two, factor)


def _up_to_64(data: bytes) -> int:
    length = len(data)
    factor = _K2 + 2 * length & _MASK
    one, two, first = _ends(data, _K2, factor)
    whole = _joined(one, two, factor)
    e, f = _word(data, 16) * factor & _MASK, _word(data, 24)
    g = (one + _word(data, length - 32)) * factor & _MASK
    h = (whole + _word(data, length - 24)) * factor & _MASK
    return _joined(_rotated(e + f & _MASK, 43) + _rotated(g, 30) + h & _MASK,
                   e + _rotated(f + first & _MASK, 18) + g & _MASK, factor)


def _weak(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """32 bytes and two words as two words."""
    w, x, y, z = (_word(data, at + 8 * i) for i in range(4))
    a = a + w & _MASK
    b = _rotated(b + a + z & _MASK, 21)
    whole = a + x + y & _MASK
    return whole + z & _MASK, b + _rotated(whole, 44) + a & _MASK


class _State:
    """Seven words into which blocks of 64 bytes go."""

    def __init__(self, first: int) -> None:
        seed = 81
        self.x = seed * _K2 + first & _MASK
        self.y = seed * _K1 + 113 & _MASK
        self.z = _mixed(self.y * _K2 + 113 & _MASK) * _K2 & _MASK
        self.v = self.w = (0, 0)

    def take(self, data: bytes, at: int, factor: int, weight: int = 1) -> None:
        (v1, v2), (w1, w2) = self.v, self.w
        x = _rotated(self.x + self.y + v1 + _word(data, at + 8) & _MASK, 37) * factor & _MASK
        y = _rotated(self.y + v2 + _word(data, at + 48) & _MASK, 42) * factor & _MASK
        x ^= w2 * weight & _MASK
        y = y + v1 * weight + _word(data, at + 40) & _MASK
        z = _rotated(self.z + w1 & _MASK, 33) * factor & _MASK
        self.v = _weak(data, at, v2 * factor & _MASK, x + w1 & _MASK)
        self.w = _weak(data, at + 32, z + w2 & _MASK, y + _word(data, at + 16) & _MASK)
        self.x, self.y, self.z = z, y, x


def _long(data: bytes) -> int:
    rest = len(data) - 1 & 63
    state = _State(_word(data, 0))
    for at in range(0, (len(data) - 1) // 64 * 64, 64):
        state.take(data, at, _K1)
    factor = _K1 + ((state.z & 0xFF) << 1) & _MASK
    first = state.w[0] + rest & _MASK
    state.v = (state.v[0] + first & _MASK, state.v[1])
    state.w = (first + state.v[0] & _MASK, state.w[1])
    state.take(data, len(data) - 64, factor, 9)
    low = _joined(state.v[0], state.w[0], factor) + _mixed(state.y) * _K0 + state.z & _MASK
    return _joined(low, _joined(state.v[1], state.w[1], factor) + state.x & _MASK, factor)


def siphash(data: bytes, key: tuple[int, int]) -> int:
    """SipHash-2-4 of the bytes under a key of two words."""
    state = [word ^ start for word, start in zip(
        (*key, *key), (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573), strict=True)]
    whole = len(data) & ~7
    words = [_word(data, at) for at in range(0, whole, 8)]
    words.append(_word(data, whole) | (len(data) & 0xFF) << 56)
    for word in words:
        state[3] ^= word
        _rounds(state, 2)
        state[0] ^= word
    state[2] ^= 0xFF
    _rounds(state, 4)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _rounds(state: list[int], count: int) -> None:
    a, b, c, d = state
    for _ in range(count):
        a, c = a + b & _MASK, c + d & _MASK
        b, d = _rotated(b, 51) ^ a, _rotated(d, 48) ^ c
        a = _rotated(a, 32)
        c, a = c + b & _MASK, a + d & _MASK
        b, d = _rotated(b, 47) ^ c, _rotated(d, 43) ^ a
        c = _rotated(c, 32)
    state[:] = a, b, c, d
