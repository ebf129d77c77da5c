"""Strings hashed, parsed, joined and decoded."""

import numpy as np

import tracer as tf
from tests.parity import case, parity


def words(*items):
    return np.array(items, object)


TABLE = words(b"a", b"bc", b"", b"d\xc3\xa9", b"e", b"f").reshape(2, 3)
NUMBERS = words(b"3.25", b" -2", b"1e3", b"inf", b"-0", b"nan")
ROWS = words(b"1,2.5,x,9", b"-7,,\"y,\"\"z\",", b"0,1e-3,,8589934592")


@parity([
    case("string_to_hash_bucket", TABLE, 10), case("string_to_hash_bucket", words(b"a" * 100)[0], 1 << 40),
    case("string_to_number", NUMBERS), case("string_to_number", words(b"12", b"-2147483648"), np.int32),
    case("reduce_join", TABLE, 0), case("reduce_join", TABLE, [1, 0], separator="-"),
    case("reduce_join", TABLE, [-1], keep_dims=True, separator=" "), case("reduce_join", TABLE, np.int32([0, 1])),
    case("string_to_number", words(b"1", b"two"), raises=(
        "InvalidArgumentError", "StringToNumberOp could not correctly convert string: two")),
    case("string_to_number", words(b"2147483648"), np.int32, raises=("InvalidArgumentError", "could not correctly convert")),
    case("reduce_join", TABLE, 2, raises=("ValueError", "Invalid reduction dimension 2 for input with 2 dimension")),
    case("reduce_join", TABLE, [0, 0], raises=("ValueError", "Duplicate reduction")),
    case("string_to_hash_bucket", TABLE, 0, raises=("ValueError", "")),
])
def test_strings(case):
    case.check()


@parity([
    case("decode_csv", ROWS, [[0], [0.5], ["none"], np.int64([3])]),
    case("decode_csv", words(b"a;b", b"\"c;d\";e"), [[""], [""]], field_delim=";"),
    case("decode_csv", words(b"1,2")[0], [np.int32([0]), np.float32([])]),
    *(case("decode_raw", words(b"\x01\x02\x03\x04\x05\x06\x07\x08", b"12345678"), kind, gradient=False)
      for kind in (np.uint8, np.int16, np.int32, np.float32, np.int64)),
    case("decode_raw", words(b"\x01\x02\x03\x04"), np.int16, little_endian=False,
         expect=np.int16([[0x102, 0x304]])),
    case("decode_csv", words(b"1,2"), [[0]], raises=("InvalidArgumentError", "Expect 1 fields but have 2 in record 0")),
    case("decode_csv", words(b"1,"), [[0], np.int32([])], raises=(
        "InvalidArgumentError", "Field 1 is required but missing in record 0!")),
    case("decode_csv", words(b"x"), [[0]], raises=("InvalidArgumentError", "Field 0 in record 0 is not a valid int32: x")),
    case("decode_raw", words(b"123"), np.int16, raises=(
        "InvalidArgumentError", "Input to DecodeRaw has length 3 that is not a multiple of 2, the size of int16")),
    case("decode_raw", words(b"12", b"1234"), np.int16, raises=("InvalidArgumentError", "DecodeRaw requires input strings to all be the same size, but element 1 has size")),
])
def test_decoding(case):
    case.check()


def test_packed_strings_keep_the_zeros_at_their_ends():
    text = tf.placeholder(tf.string, [])
    packed = tf.pack([tf.identity(text), text]), tf.pack([tf.constant(b"a\0"), tf.constant(b"b")])
    first, second = tf.Session().run(packed, {text: b"x\0\0"})
    assert first.tolist() == [b"x\0\0", b"x\0\0"]
    assert second.tolist() == [b"a\0", b"b"]
