"""What a `Supervisor` takes from the default graph for arguments that it was not given."""

from __future__ import annotations

from typing import Any

from tracer import logging, scopes, variables
from tracer.ops.control_flow import group
from tracer.ops.data_flow import initialize_all_tables
from tracer.ops.summary import merge_all_summaries
from tracer.train.saver import Saver


def ready_op() -> Any:
    """The names of the variables that hold no value."""
    return variables.report_uninitialized_variables()


def init_op() -> Any:
    """The initialization of all variables."""
    return variables.initialize_all_variables()


def local_init_op() -> Any:
    """The initialization of local variables and tables."""
    return group(variables.initialize_variables(variables.local_variables()), initialize_all_tables())


def saver() -> Any:
    """A Saver of all variables; None when there are none."""
    return Saver() if variables.all_variables() else None


def summary_op() -> Any:
    """All summaries; None when there are none."""
    return merge_all_summaries()


def global_step() -> Any:
    """The tensor `global_step:0`; None when there is none, or it counts in something other than whole numbers."""
    try:
        step = scopes.get_default_graph().as_graph_element("global_step:0")
    except (KeyError, ValueError):
        return None
    if step.dtype.base_dtype.is_integer:
        return step
    logging.warning("Found 'global_step' is not an int type: %s", step.dtype)
    return None
