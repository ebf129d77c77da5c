"""Sparse tensors as strings, and how far apart their sequences are."""

from __future__ import annotations

from typing import Any

import numpy as np

from lowering.host import messages, tensors
from lowering.registry import lowers
from lowering.rules.array import text
from lowering.rules.sparse import check_parts
from tracer import dtypes


@lowers("SerializeSparse", host=True)
def serialize_sparse(sparse_indices: Any, sparse_values: Any, sparse_shape: Any) -> Any:
    check_parts(sparse_indices, sparse_values, sparse_shape)
    return _strings([[tensors.as_message(part) for part in (sparse_indices, sparse_values, sparse_shape)]])[0]


@lowers("SerializeManySparse", host=True)
def serialize_many_sparse(sparse_indices: Any, sparse_values: Any, sparse_shape: Any) -> Any:
    check_parts(sparse_indices, sparse_values, sparse_shape)
    if sparse_shape.size <= 1:
        raise ValueError(f"Rank of input SparseTensor should be > 1, but saw rank: {sparse_shape.size}")
    count, first = int(sparse_shape[0]), sparse_indices[:, 0]
    outside = (first < 0) | (first >= count)
    if outside.any():
        raise ValueError(f"Received unexpected column 0 value in input SparseTensor: {first[outside.argmax()]} < 0 or "
                         f">= N (= {count})")
    whole = tensors.as_message(sparse_shape[1:])
    rows = [np.flatnonzero(first == i) for i in range(count)]
    return _strings([[tensors.as_message(sparse_indices[row, 1:]), tensors.as_message(sparse_values[row]), whole]
                     for row in rows])


def _strings(rows: list[list[bytes]]) -> np.ndarray:
    table = np.empty((len(rows), 3), object)
    for i, row in enumerate(rows):
        table[i] = row
    return table


def _from_message(data: bytes, place: str) -> np.ndarray:
    try:
        message = messages.parse("TensorProto", data)
        kind = dtypes.as_dtype(message.dtype)
        sizes = tuple(dim.size for dim in message.tensor_shape.dim)
        if not message.dtype:
            raise ValueError(message)
    except (ValueError, TypeError):
        raise ValueError(f"Could not parse serialized_sparse{place}") from None
    try:
        if kind is dtypes.string:
            return np.array([*message.string_val], object).reshape(sizes)
        if message.tensor_content:
            return np.frombuffer(message.tensor_content, kind.array_dtype).reshape(sizes)
        return tensors.from_proto(memoryview(data), kind, sizes)
    except ValueError:
        raise ValueError(f"Could not construct Tensor serialized_sparse{place}") from None


@lowers("DeserializeManySparse", host=True)
def deserialize_many_sparse(serialized_sparse: Any, *, dtype: Any) -> Any:
    sizes = np.shape(serialized_sparse)
    if len(sizes) != 2:
        raise ValueError(f"Serialized sparse should be a matrix but received shape {text(sizes)}")
    if sizes[1] != 3:
        raise ValueError(f"Serialize sparse should have 3 columns but received shape {text(sizes)}")
    if not sizes[0]:
        raise ValueError("Must have at least 1 serialized SparseTensor, but input matrix has 0 rows")
    indices, values, shapes = [], [], []
    for i, row in enumerate(serialized_sparse.tolist()):
        places, elements, whole = (_from_message(data, f"[{i}, {j}]") for j, data in enumerate(row))
        _check_row(i, places, elements, whole, dtype)
        if shapes and whole.size != shapes[0].size:
            raise ValueError(f"Inconsistent rank across SparseTensors: rank prior to SparseTensor[{i}] was: "
                             f"{shapes[0].size + 1} but rank of SparseTensor[{i}] is: {whole.size + 1}")
        indices.append(np.concatenate([np.full((len(places), 1), i, np.int64), places], 1))
        values.append(elements)
        shapes.append(whole)
    return (np.concatenate(indices), np.concatenate(values),
            np.array([sizes[0], *np.max(shapes, axis=0)], np.int64))


def _check_row(i: int, places: np.ndarray, elements: np.ndarray, whole: np.ndarray, dtype: Any) -> None:
    if places.ndim != 2:
        raise ValueError(f"Expected serialized_sparse[{i}, 1] to represent an index matrix but received shape "
                         f"{text(places.shape)}")
    if elements.ndim != 1:
        raise ValueError(f"Expected serialized_sparse[{i}, 1] to represent a values vector but received shape "
                         f"{text(elements.shape)}")
    if whole.ndim != 1:
        raise ValueError(f"Expected serialized_sparse[{i}, 1] to be a shape vector but its shape is "
                         f"{text(whole.shape)}")
    found = tensors.type_of(elements)
    if found is not dtype:
        raise ValueError(f"Requested SparseTensor of type {dtype.name} but SparseTensor[{i}].values.dtype() == "
                         f"{found.name}")
    if len(places) != len(elements):
        raise ValueError(f"Expected row counts of SparseTensor[{i}].indices and SparseTensor[{i}].values to match but "
                         f"they do not: {len(places)} vs. {len(elements)}")
    if places.shape[1] != whole.size:
        raise ValueError(f"Expected column counts of SparseTensor[{i}].indices to match size of SparseTensor[{i}].shape "
                         f"but they do not: {places.shape[1]} vs. {whole.size}")


@lowers("EditDistance", host=True)
def edit_distance(hypothesis_indices: Any, hypothesis_values: Any, hypothesis_shape: Any, truth_indices: Any,
                  truth_values: Any, truth_shape: Any, *, normalize: bool) -> Any:
    _check_sequences(hypothesis_indices, hypothesis_values, hypothesis_shape, truth_indices, truth_values, truth_shape)
    guesses = _sequences(hypothesis_indices, hypothesis_values)
    truths = _sequences(truth_indices, truth_values)
    result = np.zeros(np.maximum(hypothesis_shape, truth_shape)[:-1], np.float32)
    for place in {*guesses, *truths}:
        guess, truth = guesses.get(place, []), truths.get(place, [])
        distance = float(_levenshtein(truth, guess))
        if normalize and distance:
            distance = distance / len(truth) if truth else np.inf
        result[place] = distance
    return result


def _check_sequences(hypothesis_indices: Any, hypothesis_values: Any, hypothesis_shape: Any, truth_indices: Any,
                     truth_values: Any, truth_shape: Any) -> None:
    for name, rank, kind, value in (
            ("hypothesis_indices", 2, "matrix", hypothesis_indices), ("truth_indices", 2, "matrix", truth_indices),
            ("hypothesis_values", 1, "vector", hypothesis_values), ("truth_values", 1, "vector", truth_values),
            ("hypothesis_shape", 1, "vector", hypothesis_shape), ("truth_shape", 1, "vector", truth_shape)):
        if np.ndim(value) != rank:
            raise ValueError(f"{name} should be a {kind}, but got shape: {text(np.shape(value))}")
    for name, shape, indices in (("hypothesis", hypothesis_shape, hypothesis_indices),
                                 ("truth", truth_shape, truth_indices)):
        if shape.size != indices.shape[1]:
            raise ValueError(f"Expected {name}_shape.NumElements == #cols({name}_indices), their shapes are: "
                             f"{text(shape.shape)} and {text(indices.shape)}")
        if shape.size < 2:
            raise ValueError(f"Input SparseTensors must have rank at least 2, but {name}_shape rank is: {shape.size}")
    if truth_shape.size != hypothesis_shape.size:
        raise ValueError(f"Expected truth and hypothesis to have matching ranks, but their shapes are: "
                         f"{text(truth_shape.shape)} and {text(hypothesis_shape.shape)}")


def _sequences(indices: np.ndarray, values: np.ndarray) -> dict[tuple[int, ...], list[Any]]:
    """The elements along the last dimension, by their place in the others."""
    found: dict[tuple[int, ...], list[Any]] = {}
    for place, value in zip(indices.tolist(), values.tolist(), strict=True):
        found.setdefault(tuple(place[:-1]), []).append(value)
    return found


def _levenshtein(a: list[Any], b: list[Any]) -> int:
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            current.append(min(previous[j] + 1, current[-1] + 1, previous[j - 1] + (x != y)))
        previous = current
    return previous[-1]
