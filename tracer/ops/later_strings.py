"""Strings and files: operations that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops.sparse import SparseTensor


@op("StringToHashBucketFast", inputs="input:string", outputs="output:int64", attrs="num_buckets:int>=1")
def string_to_hash_bucket_fast(input: Tensor, num_buckets: int, name: str | None = None) -> Any:
    """Each string's fingerprint, modulo `num_buckets`; the same one in every process.

    >>> tf.string_to_hash_bucket_fast(["a", "hello"], 1000000).eval()
    array([363939, 800296])
    """
    return input.sizes


@op("StringToHashBucketStrong", inputs="input:string", outputs="output:int64",
    attrs="num_buckets:int>=1; key:list(int)")
def string_to_hash_bucket_strong(input: Tensor, num_buckets: int, key: Any, name: str | None = None) -> Any:
    """Each string's hash under a key of two integers, modulo `num_buckets`: nobody without the key can aim at a bucket."""
    return input.sizes


@op("EncodeBase64", inputs="input:string", outputs="output:string", attrs="pad:bool=False")
def encode_base64(input: Tensor, pad: bool | None = None, name: str | None = None) -> Any:
    """Each string in the base64 that addresses of pages can hold; `pad` fills it up with `=`.

    >>> tf.encode_base64("hello").eval()
    b'aGVsbG8'
    """
    return input.sizes


@op("DecodeBase64", inputs="input:string", outputs="output:string")
def decode_base64(input: Tensor, name: str | None = None) -> Any:
    """What `encode_base64` made, as it was."""
    return input.sizes


@op("WriteFile", inputs="filename:string; contents:string")
def write_file(filename: Tensor, contents: Tensor, name: str | None = None) -> Any:
    """Writes a file, in place of one that is there; its folder is made where there is none."""
    shapes.rank(filename.sizes, 0)
    shapes.rank(contents.sizes, 0)
    return []


@op("ParseTensor", inputs="serialized:string", outputs="output:out_type", attrs="out_type:type")
def parse_tensor(serialized: Tensor, out_type: Any, name: str | None = None) -> Any:
    """The tensor of a serialized TensorProto message."""
    shapes.rank(serialized.sizes, 0)
    return None


@op("DecodeGif", inputs="contents:string", outputs="image:uint8")
def decode_gif(contents: Tensor, name: str | None = None) -> Any:
    """The frames of a GIF, of shape [frames, height, width, 3]."""
    shapes.rank(contents.sizes, 0)
    return (None, None, None, 3)


@op("AsString", inputs="input:T", outputs="output:string",
    attrs="T:type{int32,int64,complex64,float32,float64,bool,int8}; precision:int=-1; scientific:bool=False; "
          "shortest:bool=False; width:int=-1; fill:string=''")
def as_string(input: Tensor, precision: int = -1, scientific: bool = False, shortest: bool = False, width: int = -1,
              fill: str = "", name: str | None = None) -> Any:
    """Numbers and truth values as strings.

    >>> tf.as_string([1, 2]).eval()
    array([b'1', b'2'], dtype=object)

    Args:
        precision: how many digits of a fraction, 6 by default.
        scientific, shortest: as `%e`, or as the shorter of `%e` and `%f`.
        width, fill: how wide it is at least, and by which of " ", "0", "+" and "-" it becomes so.
    """
    return input.sizes


@op("Substr", inputs="input:string; pos:T; len:T", outputs="output:string", attrs="T:type{int32,int64}")
def substr(input: Tensor, pos: Tensor, len: Tensor, name: str | None = None) -> Any:
    """Of each string the `len` bytes from `pos` on, both of them numbers or as many as there are strings."""
    if pos.sizes is not None and len.sizes is not None:
        shapes.merge(pos.sizes, len.sizes)
    return shapes.broadcast(input.sizes, pos.sizes)


@op("StringSplit", inputs="input:string; delimiter:string", outputs="indices:int64; values:string; shape:int64")
def _string_split(input: Tensor, delimiter: Tensor, name: str | None = None) -> Any:
    shapes.rank(input.sizes, 1)
    shapes.rank(delimiter.sizes, 0)
    return [(None, 2), (None,), (2,)]


def string_split(source: Any, delimiter: str = " ", name: str | None = None) -> SparseTensor:
    """The parts of each string of a vector, between any of the characters of `delimiter`: a row for each string.

    >>> tf.string_split(["a b", "c"]).values.eval()
    array([b'a', b'b', b'c'], dtype=object)

    Parts without a character are left out; an empty `delimiter` splits a string into its bytes.
    """
    return SparseTensor(*_string_split(source, delimiter, name=name))
