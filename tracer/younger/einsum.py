"""`tf.einsum`: sums of products, said by a letter for each dimension."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tracer import scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, math

_EQUATION = re.compile(r"([a-z]+(?:,[a-z]+)*)(?:->([a-z]*))?")


def einsum(equation: str, *inputs: Any) -> Tensor:
    """The products of the tensors, summed over the letters of `equation` that the right side does not name.

    >>> tf.einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0], [4.0]]).eval()
    array([[11.]], dtype=float32)

    Without `->` the result has the letters that occur once, in their order in the alphabet.
    """
    left, right = _parse(equation, len(inputs))
    with scopes.name_scope("einsum"):
        tensors = [convert_to_tensor(tensor) for tensor in inputs]
        for letters, tensor in zip(left, tensors, strict=True):
            rank = tensor.get_shape().ndims
            if rank is not None and rank != len(letters):
                raise ValueError(f"{letters!r} of {equation!r} needs a tensor of rank {len(letters)}, not {rank}")
        letters, value = left[0], tensors[0]
        for at, tensor in enumerate(tensors[1:], 1):
            kept = set(right).union(*left[at + 1:])
            letters, value = _product(letters, value, left[at], tensor, kept)
        letters, value = _without(letters, value, set(right))
        return _ordered(letters, value, right)


def _parse(equation: str, count: int) -> tuple[list[str], str]:
    """The letters of the tensors, and those of the result."""
    match = _EQUATION.fullmatch(equation.replace(" ", ""))
    if match is None:
        raise ValueError(f"Indices have incorrect format: {equation}")
    left = match[1].split(",")
    if len(left) != count:
        raise ValueError(f"Incorrect number of arguments: expected {len(left)}, got {count}")
    for letters in left:
        if len(set(letters)) < len(letters):
            raise ValueError(f"Subscript not supported: an axis appears more than once: {letters}")
    every = "".join(left)
    right = match[2] if match[2] is not None else "".join(c for c in sorted(set(every)) if every.count(c) == 1)
    if not set(right) <= set(every) or len(set(right)) < len(right):
        raise ValueError(f"Unknown or repeated output axes in {equation}")
    return left, right


def _without(letters: str, value: Tensor, kept: set[str]) -> tuple[str, Tensor]:
    """Summed over the letters that nothing asks for any more."""
    lost = [at for at, letter in enumerate(letters) if letter not in kept]
    if not lost:
        return letters, value
    return "".join(letter for letter in letters if letter in kept), math.reduce_sum(value, lost)


def _ordered(letters: str, value: Tensor, order: str) -> Tensor:
    return value if letters == order else array.transpose(value, [letters.index(letter) for letter in order])


def _product(a: str, x: Tensor, b: str, y: Tensor, kept: set[str]) -> tuple[str, Tensor]:
    """The product of two tensors, as one of matrices; a letter of both that is not in `kept` is summed over."""
    a, x = _without(a, x, kept | set(b))
    b, y = _without(b, y, kept | set(a))
    each = [letter for letter in a if letter in b and letter in kept]
    inner = [letter for letter in a if letter in b and letter not in kept]
    rows, columns = [c for c in a if c not in b], [c for c in b if c not in a]
    x = _ordered(a, x, "".join(each + rows + inner))
    y = _ordered(b, y, "".join(each + inner + columns))
    sizes = _sizes(x)[:len(each) + len(rows)] + _sizes(y)[len(each) + len(inner):]
    matrices = [_folded(x, len(each), len(rows)), _folded(y, len(each), len(inner))]
    product = math.batch_matmul(*matrices)
    return "".join(each + rows + columns), array.reshape(product, _whole(sizes))


def _folded(value: Tensor, each: int, rows: int) -> Tensor:
    """A tensor of matrices: the first dimensions as one, the next as rows, the others as columns."""
    sizes = _sizes(value)
    parts = (sizes[:each], sizes[each:each + rows], sizes[each + rows:])
    return array.reshape(value, _whole([_times(part) for part in parts]))


def _sizes(value: Tensor) -> list[Any]:
    """The size of each dimension: a number, or a tensor where it is not known yet."""
    shape = value.get_shape().as_list()
    if None not in shape:
        return shape
    whole = array.unpack(array.shape(value), len(shape))
    return [whole[at] if size is None else size for at, size in enumerate(shape)]


def _times(sizes: Sequence[Any]) -> Any:
    product = 1
    for size in sizes:
        product = size if product == 1 and isinstance(product, int) else product * size
    return product


def _whole(sizes: Sequence[Any]) -> Any:
    """A shape for `reshape`: -1 stands for one size that is not known."""
    unknown = [at for at, size in enumerate(sizes) if isinstance(size, Tensor)]
    if len(unknown) == 1:
        return [-1 if at in unknown else size for at, size in enumerate(sizes)]
    return array.pack(list(sizes)) if unknown else list(sizes)
