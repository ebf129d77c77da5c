"""`tf.summary` as of 0.12: the summaries of 0.8, whose tag is the name of the operation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tracer import scopes
from tracer.ir import Tensor
from tracer.ops import summary as _summary
from tracer.ops.summary import get_summary_description as get_summary_description
from tracer.ops.summary import tensor_summary  # noqa: F401 - tf.summary.tensor_summary
from tracer.train.summary_writer import SummaryWriter as FileWriter  # noqa: F401 - tf.summary.FileWriter

_NO_LETTER_OF_A_NAME = re.compile(r"[^-/\w.]")


def _tagged(make: Any, name: str, values: Any, *rest: Any) -> Tensor:
    """A name that ends in "/" is one that a scope has already, as everywhere."""
    with scopes.name_scope(_NO_LETTER_OF_A_NAME.sub("_", name).lstrip("/")) as scope:
        return make(scope.rstrip("/"), values, *rest, name=scope)


def scalar(name: str, tensor: Any, collections: Iterable[Any] | None = None) -> Tensor:
    """A summary of a single number."""
    return _tagged(_summary.scalar_summary, name, tensor, collections)


def histogram(name: str, values: Any, collections: Iterable[Any] | None = None) -> Tensor:
    """A summary of how `values` are distributed."""
    return _tagged(_summary.histogram_summary, name, values, collections)


def image(name: str, tensor: Any, max_outputs: int = 3, collections: Iterable[Any] | None = None) -> Tensor:
    """A summary of the first images of a batch."""
    return _tagged(_summary.image_summary, name, tensor, max_outputs, collections)


def audio(name: str, tensor: Any, sample_rate: float, max_outputs: int = 3,
          collections: Iterable[Any] | None = None) -> Tensor:
    """A summary of the first sounds of a batch."""
    return _tagged(_summary.audio_summary, name, tensor, sample_rate, max_outputs, collections)


def merge(inputs: Any, collections: Iterable[Any] | None = None, name: str | None = None) -> Tensor:
    """One summary with the values of all `inputs`; by name `Merge/MergeSummary`."""
    with scopes.op_scope(inputs, name, "Merge"):
        return _summary.merge_into(inputs, collections, name)


def merge_all(key: Any = scopes.GraphKeys.SUMMARIES) -> Tensor | None:
    """One summary with all that are in the collection `key`; None when there are none."""
    summaries = scopes.get_collection(key)
    return merge(summaries) if summaries else None


def __getattr__(name: str) -> Any:
    if name in ("Event", "SessionLog", "Summary", "SummaryDescription", "TaggedRunMetadata"):
        from tracer import protos

        return getattr(protos, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
