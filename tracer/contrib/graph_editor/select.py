"""Operations and tensors by their names, and by what is connected."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

from tracer.ir import Graph, Operation, Tensor


def _flat(values: Any) -> list[Any]:
    """What a graph, or nested lists, hold, one by one."""
    if isinstance(values, Graph):
        return values.get_operations()
    if isinstance(values, (list, tuple, set, frozenset)):
        return [item for value in values for item in _flat(value)]
    return [values]


def make_list_of_op(ops: Any, check_graph: bool = True, allow_graph: bool = True,
                    ignore_ts: bool = False) -> list[Operation]:
    """The operations among `ops`: one, nested lists of some, or those of a graph. TypeError for anything else."""
    if isinstance(ops, Graph) and not allow_graph:
        raise TypeError("allow_graph is False: cannot convert a tf.Graph.")
    return _checked([op for op in _flat(ops) if not (ignore_ts and isinstance(op, Tensor))], Operation, check_graph)


def make_list_of_t(ts: Any, check_graph: bool = True, allow_graph: bool = True, ignore_ops: bool = False) -> list[Tensor]:
    """The tensors among `ts`: one, nested lists of some, or those of a graph. TypeError for anything else."""
    if isinstance(ts, Graph):
        if not allow_graph:
            raise TypeError("allow_graph is False: cannot convert a tf.Graph.")
        return get_tensors(ts)
    found = [value._as_graph_element() if hasattr(value, "_as_graph_element") else value for value in _flat(ts)]
    return _checked([t for t in found if not (ignore_ops and isinstance(t, Operation))], Tensor, check_graph)


def _checked(found: list[Any], kind: type, check_graph: bool) -> list[Any]:
    for one in found:
        if not isinstance(one, kind):
            raise TypeError(f"Expected {kind.__name__}, got: {type(one)}")
    graphs = {one.op.graph if isinstance(one, Tensor) else one.graph for one in found}
    if check_graph and len(graphs) > 1:
        raise ValueError("They are not all of the same graph.")
    return found


def get_tensors(graph: Graph) -> list[Tensor]:
    """All tensors of a graph."""
    return [tensor for op in graph.get_operations() for tensor in op.outputs]


def get_generating_ops(ts: Any) -> list[Operation]:
    """The operations that the tensors come from."""
    return [tensor.op for tensor in make_list_of_t(ts)]


def get_consuming_ops(ts: Any) -> list[Operation]:
    """The operations that take the tensors."""
    return list(dict.fromkeys(op for tensor in make_list_of_t(ts) for op in tensor.consumers()))


def filter_ops(ops: Any, positive_filter: Any = None) -> list[Operation]:
    """The operations for which the filter, a function or True, holds."""
    found = make_list_of_op(ops)
    return found if positive_filter is None or positive_filter is True else list(filter(positive_filter, found))


def filter_ts(ops: Any, positive_filter: Any = None) -> list[Tensor]:
    """The tensors of the operations for which the filter, a function or True, holds."""
    found = [tensor for op in make_list_of_op(ops) for tensor in op.outputs]
    return found if positive_filter is None or positive_filter is True else list(filter(positive_filter, found))


def _named(regex: Any) -> Callable[[Any], bool]:
    pattern = re.compile(regex)
    return lambda one: pattern.search(one.name) is not None


def filter_ops_from_regex(ops: Any, regex: Any) -> list[Operation]:
    """The operations in whose names the expression is found."""
    return filter_ops(ops, _named(regex))


def filter_ts_from_regex(ops: Any, regex: Any) -> list[Tensor]:
    """The tensors of the operations in whose names the expression is found."""
    return filter_ts(ops, _named(regex))


def get_name_scope_ops(ops: Any, scope: str) -> list[Operation]:
    """The operations below a scope of names."""
    prefix = scope if not scope or scope.endswith("/") else scope + "/"
    return filter_ops(ops, lambda op: op.name.startswith(prefix) or op.name == prefix[:-1])


def select_ops(*args: Any, graph: Graph | None = None, positive_filter: Any = None) -> list[Operation]:
    """Operations: those given, and those in whose names one of the expressions is found."""
    return _selected(args, graph, positive_filter, make_list_of_op, filter_ops_from_regex)


def select_ts(*args: Any, graph: Graph | None = None, positive_filter: Any = None) -> list[Tensor]:
    """Tensors: those given, and those in whose names one of the expressions is found."""
    return _selected(args, graph, positive_filter, make_list_of_t, filter_ts_from_regex)


def _selected(args: Iterable[Any], graph: Graph | None, wanted: Any, as_list: Callable, from_regex: Callable) -> list[Any]:
    found: dict[Any, None] = {}
    for arg in args:
        if isinstance(arg, (str, re.Pattern)):
            if graph is None:
                raise ValueError("Use the keyword argument 'graph' to use regex.")
            found.update(dict.fromkeys(from_regex(graph, arg)))
        else:
            found.update(dict.fromkeys(as_list(arg)))
    return [one for one in found if wanted is None or wanted(one)]


def _seeds(seeds: Any, of_tensors: Callable[[Any], list[Operation]]) -> list[Operation]:
    flat = _flat(seeds)
    if flat and all(isinstance(seed, Tensor) or hasattr(seed, "_as_graph_element") for seed in flat):
        return of_tensors(flat)
    return make_list_of_op(flat)


def _walk(seeds: list[Operation], inclusive: bool, within_ops: Any, following: Callable[[Operation], Iterable[Operation]],
          ) -> list[Operation]:
    within: Collection[Operation] | None = None if within_ops is None else set(make_list_of_op(within_ops))
    wave = [op for op in dict.fromkeys(seeds) if within is None or op in within]
    first, found = set(wave), dict.fromkeys(wave)
    while wave:
        wave = [op for op in dict.fromkeys(after for op in wave for after in following(op))
                if op not in found and (within is None or op in within)]
        found.update(dict.fromkeys(wave))
    return [op for op in found if inclusive or op not in first]


def get_backward_walk_ops(seed_ops: Any, inclusive: bool = True, within_ops: Any = None, stop_at_ts: Any = (),
                          control_inputs: bool = False) -> list[Operation]:
    """All operations that some operations (or the tensors given in their place) depend on.

    >>> ops = tf.contrib.graph_editor.get_backward_walk_ops(loss.op, stop_at_ts=[images])

    Args:
        seed_ops: where to begin.
        inclusive: whether these belong to the result.
        within_ops: the only ones that are walked through; all by default.
        stop_at_ts: tensors that are not walked through.
        control_inputs: whether to follow control edges too.
    """
    stops = set(make_list_of_t(stop_at_ts))

    def before(op: Operation) -> Iterable[Operation]:
        yield from (tensor.op for tensor in op.inputs if tensor not in stops)
        if control_inputs:
            yield from op.control_inputs

    return _walk(_seeds(seed_ops, get_generating_ops), inclusive, within_ops, before)


def get_forward_walk_ops(seed_ops: Any, inclusive: bool = True, within_ops: Any = None, stop_at_ts: Any = (),
                         control_outputs: Any = None) -> list[Operation]:
    """All operations that depend on some operations, or on the tensors given in their place.

    Arguments are those of `get_backward_walk_ops`; `control_outputs` true follows control edges too.
    """
    stops = set(make_list_of_t(stop_at_ts))
    seeds = _seeds(seed_ops, lambda ts: get_consuming_ops([t for t in make_list_of_t(ts) if t not in stops]))
    waiting: dict[Operation, list[Operation]] = {}
    if control_outputs and seeds:
        for op in seeds[0].graph.get_operations():
            for control in op.control_inputs:
                waiting.setdefault(control, []).append(op)

    def after(op: Operation) -> Iterable[Operation]:
        yield from (user for tensor in op.outputs if tensor not in stops for user in tensor.consumers())
        yield from waiting.get(op, ())

    return _walk(seeds, inclusive, within_ops, after)


def get_walks_intersection_ops(forward_seed_ops: Any, backward_seed_ops: Any, forward_inclusive: bool = True,
                               backward_inclusive: bool = True, within_ops: Any = None, control_inputs: bool = False,
                               control_outputs: Any = None) -> list[Operation]:
    """The operations that both a walk forward and a walk backward meet."""
    forward = get_forward_walk_ops(forward_seed_ops, forward_inclusive, within_ops, control_outputs=control_outputs)
    backward = set(get_backward_walk_ops(backward_seed_ops, backward_inclusive, within_ops, control_inputs=control_inputs))
    return [op for op in forward if op in backward]


def get_walks_union_ops(forward_seed_ops: Any, backward_seed_ops: Any, forward_inclusive: bool = True,
                        backward_inclusive: bool = True, within_ops: Any = None, control_inputs: bool = False,
                        control_outputs: Any = None) -> list[Operation]:
    """The operations that a walk forward or a walk backward meets."""
    forward = get_forward_walk_ops(forward_seed_ops, forward_inclusive, within_ops, control_outputs=control_outputs)
    backward = get_backward_walk_ops(backward_seed_ops, backward_inclusive, within_ops, control_inputs=control_inputs)
    return list(dict.fromkeys([*forward, *backward]))
