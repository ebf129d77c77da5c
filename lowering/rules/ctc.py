"""The CTC loss: forward probabilities of all labels' places, in logarithms; labels are laid out before, on the host."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.registry import Unread, lowers
from lowering.rules.array import text

_NEVER = -np.inf  # the logarithm of what cannot be


def _laid_out(labels_indices: Any, labels_values: Any, sequence_length: Any, *,
              preprocess_collapse_repeated: bool) -> dict[str, Any]:
    """The labels in rows of one length, rounded up so that few lengths occur, and what is to be checked of them."""
    _check_ranks(labels_indices, labels_values, sequence_length)
    batch = sequence_length.size
    places = labels_indices[:, 0].tolist()
    _check_order(labels_indices, batch)
    rows: list[list[int]] = [[] for _ in range(batch)]
    for place, label in zip(places, labels_values.tolist(), strict=True):
        rows[place].append(label)
    for i, row in enumerate(rows):
        if sequence_length[i] < 0:
            raise ValueError(f"seq_len({i}) < 0")
        if not row:
            raise ValueError(f"Labels length is zero in batch {i}")
        if preprocess_collapse_repeated:
            row[:] = [label for at, label in enumerate(row) if not at or label != row[at - 1]]
        if min(row) < 0:
            raise ValueError(f"All labels must be nonnegative integers, batch: {i} labels: {','.join(map(str, row))}")
    longest = max(map(len, rows), default=1)
    labels = np.zeros((batch, 1 << (longest - 1).bit_length()), np.int32)
    for i, row in enumerate(rows):
        labels[i, :len(row)] = row
    latest = int(labels_indices[:, 1].argmax()) if len(places) else 0
    return {
        "labels": labels,
        "counts": np.array([len(row) for row in rows], np.int32),
        "latest": np.array([latest, *labels_indices[latest]] if len(places) else [0, 0, 0], np.int64),
    }


def _check_ranks(labels_indices: Any, labels_values: Any, sequence_length: Any) -> None:
    if sequence_length.ndim != 1:
        raise ValueError("sequence_length is not a vector")
    if labels_indices.ndim != 2:
        raise ValueError("labels_indices is not a matrix")
    if labels_values.ndim != 1:
        raise ValueError("labels_values is not a vector")
    if len(labels_indices) != len(labels_values):
        raise ValueError("labels_indices and labels_values must contain the same number of rows, but saw shapes: "
                         f"{text(labels_indices.shape)} vs. {text(labels_values.shape)}")
    if labels_indices.shape[1] != 2:
        raise ValueError(f"labels_indices must have 2 columns, but saw shape: {text(labels_indices.shape)}")


def _check_order(indices: Any, batch: int) -> None:
    step = np.diff(indices, axis=0)
    order = np.where(step[:, 0] != 0, step[:, 0], step[:, 1])
    outside = (indices < 0).any(1) | (indices[:, 0] >= batch)
    wrong = outside | np.concatenate([[False], order <= 0]) if len(indices) else outside
    if wrong.any():
        i = int(wrong.argmax())
        start = f"label SparseTensor is not valid: indices[{i}] = [{indices[i, 0]},{indices[i, 1]}]"
        if outside[i]:
            raise ValueError(f"{start} is out of bounds: need 0 <= index in a batch of {batch}")
        raise ValueError(f"{start} is {'repeated' if order[i - 1] == 0 else 'out of order'}")


@lowers("CTCLoss", before=_laid_out)
def ctc_loss(inputs: Any, labels_indices: Unread, labels_values: Unread, sequence_length: Any, *,
             ctc_merge_repeated: bool, prepared: Any, check: Any, used: tuple[bool, ...]) -> Any:
    if np.ndim(inputs) != 3:
        raise ValueError("inputs is not a 3-Tensor")
    time, batch, classes = np.shape(inputs)
    lengths = jnp.asarray(sequence_length)
    if lengths.shape != (batch,):
        raise ValueError(f"len(sequence_length) != batch_size.  len(sequence_length):  {lengths.size} "
                         f"batch_size: {batch}")
    labels, counts = jnp.asarray(prepared["labels"]), jnp.asarray(prepared["counts"])
    counts = _checked(labels, counts, jnp.asarray(prepared["latest"]), lengths, time, classes, check)
    labels = jnp.minimum(labels, classes - 1)[:, :max(time, 1)]  # what ends a row is read nowhere; more are an error

    def loss(inputs: Any) -> Any:
        return _loss(inputs, labels, counts, lengths, ctc_merge_repeated)

    if not used[1]:  # XLA would compute it nevertheless where the loss is differentiated
        return loss(inputs), jnp.zeros_like(inputs)
    value, backward = jax.vjp(loss, inputs)
    return value, backward(jnp.ones_like(value))[0]


def _checked(labels: Any, counts: Any, latest: Any, lengths: Any, time: int, classes: int, check: Any) -> Any:
    """How many labels stand before the first that is none. Checks lengths and labels."""
    row = jnp.argmax(lengths > time)
    check((lengths <= time).all(), lambda row: f"sequence_length({row}) <= {time}", row)
    check(latest[2] < time, lambda at: f"label SparseTensor is not valid: indices[{at[0]}] = [{at[1]},{at[2]}] is out "
          f"of bounds: need 0 <= index < [{labels.shape[0]},{time}]", latest)
    inside = np.arange(labels.shape[1]) < counts[:, None]
    none = inside & (labels >= classes - 1)
    real = jnp.where(none.any(1), none.argmax(1), counts)
    after = (inside & ~none & (np.arange(labels.shape[1]) > real[:, None])).any(1)
    check(~after.any(), lambda row: "Saw a non-null label (index >= num_classes - 1) following a null label, batch: "
          f"{row} num_classes: {classes} labels: ", after.argmax())
    late = counts > lengths
    row = late.argmax()
    check(~late.any(), lambda row, count, length: "Not enough time for target transition sequence (required: "
          f"{count}, available: {length}), skipping data instance in batch: {row}", row, counts[row], lengths[row])
    return real.astype(counts.dtype)


def _loss(inputs: Any, labels: Any, counts: Any, lengths: Any, merge: bool) -> Any:
    """Minus the logarithm of the probability of `counts` labels in `lengths` steps."""
    time, batch, _ = inputs.shape
    valid = np.arange(time)[:, None] < lengths
    scores = jnp.where(valid[..., None], inputs, 0)  # what is padded may be NaN
    scores = jax.nn.log_softmax(scores)
    of_blank = scores[:, :, -1:]
    of_label = jnp.take_along_axis(scores, jnp.broadcast_to(labels, (time, *labels.shape)), 2)
    repeated = jnp.concatenate([jnp.zeros((batch, 1), bool), labels[:, 1:] == labels[:, :-1]], 1)
    closed = repeated if merge else jnp.zeros_like(repeated)  # a blank must stand before this label

    def step(before: Any, now: Any) -> Any:
        blank, label = before  # after so many labels, the last step a blank; and after this label, the last step it
        valid, of_blank, of_label = now
        earlier = _moved(label, _NEVER)
        to_blank = _sum(blank, earlier) + of_blank
        ways = [blank[:, :-1], jnp.where(closed, _NEVER, earlier[:, :-1])]
        to_label = _sum(*ways, label) if merge else _sum(*ways)
        to_label = to_label + of_label
        keep = valid[:, None]
        return (jnp.where(keep, to_blank, blank), jnp.where(keep, to_label, label)), None

    start = jnp.full((batch, labels.shape[1] + 1), _NEVER, inputs.dtype).at[:, 0].set(0)
    (blank, label), _ = lax.scan(step, (start, start[:, 1:]), (valid, of_blank, of_label))
    ends = jnp.take_along_axis(blank, counts[:, None], 1), jnp.take_along_axis(_moved(label, _NEVER), counts[:, None], 1)
    found = _sum(*ends)[:, 0]
    return -found + jnp.where(jnp.isneginf(found), _pull(inputs, valid), 0)


def _moved(label: Any, fill: float) -> Any:
    """Each column one place to the right."""
    return jnp.concatenate([jnp.full_like(label[:, :1], fill), label], 1)


def _pull(inputs: Any, valid: Any) -> Any:
    """Zero, with the derivative that TensorFlow gives where no way leads to the labels: the softmax."""
    total = jax.nn.logsumexp(jnp.where(valid[..., None], inputs, 0), axis=2)
    total = jnp.where(valid, total, 0).sum(0)
    return total - lax.stop_gradient(total)


def _sum(*logarithms: Any) -> Any:
    """The logarithm of the sum of what these are the logarithms of; its gradient is finite where all are -inf."""
    stacked = jnp.stack(logarithms)
    largest = lax.stop_gradient(stacked.max(0))
    largest = jnp.where(jnp.isneginf(largest), 0, largest)
    total = jnp.exp(stacked - largest).sum(0)
    return jnp.where(total == 0, _NEVER, jnp.log(jnp.where(total == 0, 1, total))) + largest
