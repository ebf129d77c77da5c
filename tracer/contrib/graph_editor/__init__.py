"""`tf.contrib.graph_editor`: walks through a graph, parts of it, and copies of parts with other inputs; from 0.11 on.

A recorded graph only grows: what changes operations that are there has no counterpart, and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from tracer import errors
from tracer.contrib.graph_editor import select as select
from tracer.contrib.graph_editor import subgraph as subgraph
from tracer.contrib.graph_editor import transform as transform
from tracer.contrib.graph_editor import util as util
from tracer.contrib.graph_editor.select import filter_ops as filter_ops
from tracer.contrib.graph_editor.select import filter_ops_from_regex as filter_ops_from_regex
from tracer.contrib.graph_editor.select import filter_ts as filter_ts
from tracer.contrib.graph_editor.select import filter_ts_from_regex as filter_ts_from_regex
from tracer.contrib.graph_editor.select import get_backward_walk_ops as get_backward_walk_ops
from tracer.contrib.graph_editor.select import get_consuming_ops as get_consuming_ops
from tracer.contrib.graph_editor.select import get_forward_walk_ops as get_forward_walk_ops
from tracer.contrib.graph_editor.select import get_generating_ops as get_generating_ops
from tracer.contrib.graph_editor.select import get_name_scope_ops as get_name_scope_ops
from tracer.contrib.graph_editor.select import get_tensors as get_tensors
from tracer.contrib.graph_editor.select import get_walks_intersection_ops as get_walks_intersection_ops
from tracer.contrib.graph_editor.select import get_walks_union_ops as get_walks_union_ops
from tracer.contrib.graph_editor.select import make_list_of_op as make_list_of_op
from tracer.contrib.graph_editor.select import make_list_of_t as make_list_of_t
from tracer.contrib.graph_editor.select import select_ops as select_ops
from tracer.contrib.graph_editor.select import select_ts as select_ts
from tracer.contrib.graph_editor.subgraph import SubGraphView as SubGraphView
from tracer.contrib.graph_editor.subgraph import make_view as make_view
from tracer.contrib.graph_editor.subgraph import make_view_from_scope as make_view_from_scope
from tracer.contrib.graph_editor.transform import Transformer as Transformer
from tracer.contrib.graph_editor.transform import TransformerInfo as TransformerInfo
from tracer.contrib.graph_editor.transform import (
    assign_renamed_collections_handler as assign_renamed_collections_handler,
)
from tracer.contrib.graph_editor.transform import copy as copy
from tracer.contrib.graph_editor.transform import copy_op_handler as copy_op_handler
from tracer.contrib.graph_editor.transform import copy_with_input_replacements as copy_with_input_replacements
from tracer.contrib.graph_editor.transform import graph_replace as graph_replace
from tracer.contrib.graph_editor.transform import keep_t_if_possible_handler as keep_t_if_possible_handler
from tracer.contrib.graph_editor.transform import (
    replace_t_with_placeholder_handler as replace_t_with_placeholder_handler,
)
from tracer.contrib.graph_editor.transform import transform_op_if_inside_handler as transform_op_if_inside_handler
from tracer.contrib.graph_editor.util import (
    make_placeholder_from_dtype_and_shape as make_placeholder_from_dtype_and_shape,
)
from tracer.contrib.graph_editor.util import make_placeholder_from_tensor as make_placeholder_from_tensor
from tracer.contrib.graph_editor.util import placeholder_name as placeholder_name

sgv, sgv_scope, ph = make_view, make_view_from_scope, make_placeholder_from_dtype_and_shape
_CHANGES = frozenset("""
    add_control_inputs bypass connect detach detach_control_inputs detach_control_outputs detach_inputs detach_outputs
    remove_control_inputs reroute reroute_inputs reroute_ios reroute_outputs swap_inputs swap_ios swap_outputs swap_ts
""".split())


def __getattr__(name: str) -> Callable[..., NoReturn]:
    if name not in _CHANGES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "reroute":  # a module of such functions
        import sys

        return sys.modules[__name__]  # type: ignore[return-value]

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise errors.UnsupportedError(
            f"tf.contrib.graph_editor.{name} changes operations that are recorded already, which never change here.",
            way_out="Make a changed copy: tf.contrib.graph_editor.graph_replace, or tf.import_graph_def with an input_map.")

    refuse.__name__ = name
    return refuse
