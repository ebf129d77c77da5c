"""`tf.contrib.testing`: what tests say about summaries and event files."""

from tracer.contrib.testing.test_util import assert_summary as assert_summary
from tracer.contrib.testing.test_util import latest_event_file as latest_event_file
from tracer.contrib.testing.test_util import latest_events as latest_events
from tracer.contrib.testing.test_util import latest_summaries as latest_summaries
from tracer.contrib.testing.test_util import simple_values_from_events as simple_values_from_events
from tracer.contrib.testing.test_util import to_summary_proto as to_summary_proto
