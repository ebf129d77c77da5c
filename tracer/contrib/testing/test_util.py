"""What tests say about summaries and event files."""

from __future__ import annotations

import glob
import os
from typing import Any

import numpy as np

__all__ = ["assert_summary", "latest_event_file", "latest_events", "latest_summaries", "simple_values_from_events",
           "to_summary_proto"]


def assert_summary(expected_tags: Any, expected_simple_values: dict[str, float], summary_proto: Any) -> None:
    """Asserts that a summary has certain tags, and values to two decimals.

    Raises ValueError when the tags differ, or a value is missing; AssertionError when a value differs.
    """
    found = {value.tag for value in summary_proto.value}
    if set(expected_tags) != found:
        raise ValueError(f"Expected tags {set(expected_tags)}, got {found}.")
    values = {value.tag: value.simple_value for value in summary_proto.value if value.HasField("simple_value")}
    for tag, wanted in expected_simple_values.items():
        if tag not in values:
            raise ValueError(f"No simple value is tagged {tag}.")
        np.testing.assert_almost_equal(values[tag], wanted, decimal=2, err_msg=tag)


def to_summary_proto(summary_str: bytes) -> Any:
    """The Summary message that a string holds, as a summary operation gives it."""
    from tracer import protos

    return protos.Summary.FromString(summary_str)


def latest_event_file(base_dir: str) -> str | None:
    """The event file of a folder that was made last; None when there is none."""
    files = glob.glob(os.path.join(base_dir, "events.*"))
    return max(files, key=os.path.getctime) if files else None


def latest_events(base_dir: str) -> list[Any]:
    """The Event messages of the event file of a folder that was made last."""
    from tracer.train.summary_writer import summary_iterator

    path = latest_event_file(base_dir)
    return [] if path is None else list(summary_iterator(path))


def latest_summaries(base_dir: str) -> list[Any]:
    """Those of `latest_events` that hold a summary."""
    return [event for event in latest_events(base_dir) if event.HasField("summary")]


def simple_values_from_events(events: Any, tags: Any) -> dict[str, float]:
    """The last value of each of `tags` in summaries of `events`, by tag."""
    return {value.tag: value.simple_value for event in events if event.HasField("summary")
            for value in event.summary.value if value.tag in tags and value.HasField("simple_value")}
