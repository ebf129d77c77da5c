"""`tf.contrib.deprecated` of 0.12: the functions for summaries of 0.8, which the root had no longer."""

from __future__ import annotations

from tracer.ops.summary import audio_summary as audio_summary
from tracer.ops.summary import histogram_summary as histogram_summary
from tracer.ops.summary import image_summary as image_summary
from tracer.ops.summary import merge_all_summaries as merge_all_summaries
from tracer.ops.summary import merge_summary as merge_summary
from tracer.ops.summary import scalar_summary as scalar_summary
