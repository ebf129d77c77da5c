"""Summaries: what a program tells TensorBoard, each as a scalar string that holds a serialized Summary message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracer import scopes
from tracer.declare import op
from tracer.ir import Tensor


@op("ScalarSummary")
def _scalar_summary(tags: Tensor, values: Tensor, name: str | None = None) -> Any:
    return ()


@op("HistogramSummary")
def _histogram_summary(tag: Tensor, values: Tensor, name: str | None = None) -> Any:
    return ()


@op("ImageSummary")
def _image_summary(tag: Tensor, tensor: Tensor, max_images: int = 3, name: str | None = None) -> Any:
    return ()


@op("AudioSummary")
def _audio_summary(tag: Tensor, tensor: Tensor, sample_rate: float, max_outputs: int = 3,
                   name: str | None = None) -> Any:
    return ()


@op("TensorSummary", inputs="tensor:T", outputs="summary:string",
    attrs="T:type; description:string=''; labels:list(string)=[]; display_name:string=''")
def _tensor_summary(tensor: Tensor, description: str = "", labels: Iterable[str] = (), display_name: str = "",
                    name: str | None = None) -> Any:
    return ()


@op("MergeSummary")
def _merge_summary(inputs: list[Tensor], name: str | None = None) -> Any:
    return ()


def _collected(summary: Tensor, collections: Iterable[Any] | None, default: str | None) -> Tensor:
    if collections is None:
        collections = [] if default is None else [default]
    for collection in collections:
        summary.graph.add_to_collection(collection, summary)
    return summary


def scalar_summary(tags: Any, values: Any, collections: Iterable[Any] | None = None, name: str | None = None) -> Tensor:
    """A summary of single numbers.

    >>> tf.Summary.FromString(tf.scalar_summary("loss", 0.5).eval())
    value {
      tag: "loss"
      simple_value: 0.5
    }

    Args:
        tags: a string, or a tensor of strings of the same shape as `values`.
        values: a real number, or a tensor of them.
        collections: the graph collections that the summary is added to; `[GraphKeys.SUMMARIES]` by default.
        name: a name for the operation.

    Raises:
        InvalidArgumentError: in a run, when `tags` and `values` have different shapes.
    """
    return _collected(_scalar_summary(tags, values, name=name), collections, scopes.GraphKeys.SUMMARIES)


def histogram_summary(tag: Any, values: Any, collections: Iterable[Any] | None = None,
                      name: str | None = None) -> Tensor:
    """A summary of how `values`, a real tensor of any shape, are distributed.

    >>> tf.histogram_summary("weights", weights)

    Args:
        tag: a string.
        values: the numbers.
        collections: the graph collections that the summary is added to; `[GraphKeys.SUMMARIES]` by default.
        name: a name for the operation.

    Raises:
        InvalidArgumentError: in a run, when a number is not finite.
    """
    return _collected(_histogram_summary(tag, values, name=name), collections, scopes.GraphKeys.SUMMARIES)


def image_summary(tag: Any, tensor: Any, max_images: int = 3, collections: Iterable[Any] | None = None,
                  name: str | None = None) -> Tensor:
    """A summary of the first images of a batch, as PNG files.

    Numbers of an image without negative ones are scaled so that the largest is 255; of another one, so that 0 is 128
    and the number furthest from it stays in range. A pixel with a number that is not finite is red.

    >>> tf.image_summary("input", tf.reshape(x, [-1, 28, 28, 1]), max_images=10)

    Args:
        tag: a string; the images are called `tag/image`, or `tag/image/0` and so on when `max_images` is more than one.
        tensor: uint8 or float32 of shape (batch, height, width, channels); 1, 3 or 4 channels.
        max_images: how many of the batch are kept.
        collections: the graph collections that the summary is added to; `[GraphKeys.SUMMARIES]` by default.
        name: a name for the operation.
    """
    return _collected(_image_summary(tag, tensor, max_images, name=name), collections, scopes.GraphKeys.SUMMARIES)


def audio_summary(tag: Any, tensor: Any, sample_rate: float, max_outputs: int = 3,
                  collections: Iterable[Any] | None = None, name: str | None = None) -> Tensor:
    """A summary of the first sounds of a batch, as WAV files.

    >>> tf.audio_summary("speech", samples, sample_rate=16000)

    Args:
        tag: a string; the sounds are called `tag/audio`, or `tag/audio/0` and so on when `max_outputs` is more than 1.
        tensor: float32 in [-1, 1] of shape (batch, frames, channels) or (batch, frames).
        sample_rate: frames in a second.
        max_outputs: how many of the batch are kept.
        collections: the graph collections that the summary is added to; `[GraphKeys.SUMMARIES]` by default.
        name: a name for the operation.
    """
    return _collected(_audio_summary(tag, tensor, sample_rate, max_outputs, name=name), collections,
                      scopes.GraphKeys.SUMMARIES)


def tensor_summary(name: str, tensor: Any, summary_description: Any = None,
                   collections: Iterable[Any] | None = None) -> Tensor:
    """A summary that holds a tensor of any type and shape, by the name of its operation (TensorFlow 0.12).

    >>> tf.Summary.FromString(tf.summary.tensor_summary("weights", weights).eval()).value[0].node_name
    'weights'

    Args:
        name: of the operation, and of the series.
        tensor: what is written.
        summary_description: a SummaryDescription message.
        collections: the graph collections that the summary is added to; `[GraphKeys.SUMMARIES]` by default.
    """
    from google.protobuf import json_format

    described = "{}" if summary_description is None else json_format.MessageToJson(summary_description)
    return _collected(_tensor_summary(tensor, described, name=name), collections, scopes.GraphKeys.SUMMARIES)


def merge_summary(inputs: Any, collections: Iterable[Any] | None = None, name: str | None = None) -> Tensor:
    """One summary with the values of all `inputs`.

    >>> merged = tf.merge_summary([loss_summary, accuracy_summary])

    Args:
        inputs: a list of summaries.
        collections: the graph collections that the summary is added to; none by default.
        name: a name for the operation.

    Raises:
        InvalidArgumentError: in a run, when two of the values have one tag.
    """
    with scopes.op_scope(inputs, name, "MergeSummary"):
        return merge_into(inputs, collections, name)


def merge_into(inputs: Any, collections: Iterable[Any] | None, name: str | None) -> Tensor:
    """That summary, in the scope which is open."""
    return _collected(_merge_summary(inputs, name=name), collections, None)


def merge_all_summaries(key: Any = scopes.GraphKeys.SUMMARIES) -> Tensor | None:
    """One summary with all that are in the collection `key`; None when there are none.

    >>> merged = tf.merge_all_summaries()
    """
    summaries = scopes.get_collection(key)
    return merge_summary(summaries) if summaries else None


def get_summary_description(node_def: Any) -> Any:
    """The `SummaryDescription` message that the summary of a tensor was given; from 0.12 on.

    Raises ValueError for a node of another type.
    """
    from google.protobuf import json_format

    from tracer import protos

    if node_def.op != "TensorSummary":
        raise ValueError(f"Can't get_summary_description on {node_def.op}")
    return json_format.Parse(node_def.attr["description"].s or b"{}", protos.SummaryDescription())
