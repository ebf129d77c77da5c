"""The operations of a graph as a tree of scopes, with their parameters and their arithmetic."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tracer import errors, gfile, protodefs
from tracer.contrib.tfprof import tfprof_logger

_ALL: dict[str, Any] = {
    "max_depth": 10000, "min_bytes": 0, "min_micros": 0, "min_params": 0, "min_float_ops": 0, "device_regexes": [".*"],
    "order_by": "name", "account_type_regexes": [".*"], "start_name_regexes": [".*"], "trim_name_regexes": [],
    "show_name_regexes": [".*"], "hide_name_regexes": [], "account_displayed_op_only": True, "select": ["params"],
    "viz": False, "dump_to_file": "",
}
TRAINABLE_VARS_PARAMS_STAT_OPTIONS: dict[str, Any] = {
    **_ALL, "account_type_regexes": [tfprof_logger.TRAINABLE_VARIABLES]}
"""How many parameters there are to train."""
FLOAT_OPS_OPTIONS: dict[str, Any] = {**_ALL, "min_float_ops": 1, "order_by": "float_ops", "select": ["float_ops"]}
"""How much arithmetic each operation is."""

_ROOT = "_TFProfRoot"
_SCOPE = "_kTFScopeParent"
_SHOWN = ("params", "float_ops", "device", "op_types")
_UNITS = ("", "k", "m", "b", "t")


class _Node:
    """A scope or an operation, and what is below its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.children: dict[str, _Node] = {}
        self.types: list[str] = [_SCOPE]
        self.device = ""
        self.shape: list[int] | None = None
        self.own = {"params": 0, "float_ops": 0}
        self.shown: list[_Node] = []
        self.total = {"params": 0, "float_ops": 0}
        self.accounted = False

    def message(self) -> Any:
        """The node, and what is shown below it, as a message."""
        made = protodefs.message_class("TFProfNode")(
            name=self.name, parameters=self.own["params"], float_ops=self.own["float_ops"], device=self.device,
            total_parameters=self.total["params"], total_float_ops=self.total["float_ops"])
        if self.shape is not None:
            sizes = made.shapes.add()
            for size in self.shape:
                sizes.dim.add(size=size)
        made.children.extend(child.message() for child in self.shown)
        return made


def print_model_analysis(graph: Any, run_meta: Any = None, op_log: Any = None, tfprof_cmd: str = "scope",
                         tfprof_options: Mapping[str, Any] = TRAINABLE_VARS_PARAMS_STAT_OPTIONS) -> Any:
    """Prints the operations of `graph` as a tree of scopes with what they cost, and returns it as a `TFProfNode`.

    >>> found = tf.contrib.tfprof.model_analyzer.print_model_analysis(tf.get_default_graph())
    >>> found.total_parameters

    Args:
        graph: a `tf.Graph`.
        run_meta: a `RunMetadata` message; times and memory of it are not shown.
        op_log: an `OpLog` message with types and arithmetic that the graph does not tell.
        tfprof_cmd: "scope".
        tfprof_options: what is shown and counted; `select` has "params", "float_ops", "device" and "op_types".
    """
    options = {**_ALL, **tfprof_options}
    beyond = [name for name in options["select"] if name not in _SHOWN]
    if tfprof_cmd != "scope" or beyond:
        raise errors.UnsupportedError(
            f"tf.contrib.tfprof shows no {beyond[0] if beyond else f'view {tfprof_cmd!r}'} here.",
            way_out="Trace the run with tf.RunOptions.FULL_TRACE, or look at it with python -m tracer.dump.")
    whole = tfprof_logger.exported(graph)
    root = _tree(whole, tfprof_logger.merged(op_log, graph, whole))
    _select(root, options)
    _choose(root, options, started=_any(options["start_name_regexes"], root.name), depth=0)
    report = "\n".join(_lines(root, options, 0)) + "\n"
    if options["dump_to_file"]:
        with gfile.GFile(options["dump_to_file"], "w") as file:
            file.write(report)
    else:
        print(_settings(options))
        print(f"==================Model Analysis Report======================\n{report}")
        print("======================End of Report==========================")
    return root.message()


def _settings(options: Mapping[str, Any]) -> str:
    lines = ["", "=========================Options============================="]
    for name in _ALL:
        value = options[name]
        text = ",".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else value
        lines.append(f"{'-' + name:<28}{text}".rstrip())
    return "\n".join([*lines, ""])


def _tree(graph: Any, log: Any) -> _Node:
    root = _Node(_ROOT)
    logged = {entry.name: entry for entry in log.log_entries}
    for op in graph.get_operations():
        node, parts = root, op.name.split("/")
        for i, part in enumerate(parts):
            node = node.children.setdefault(part, _Node("/".join(parts[:i + 1])))
        node.types, node.device = [op.type], op.device or ""
        entry = logged.get(op.name)
        if entry is not None:
            node.types += entry.types
            node.own["float_ops"] = entry.float_ops
        sizes = op.outputs[0].sizes if op.type in ("Variable", "Placeholder") else None
        if sizes and None not in sizes:  # a scalar counts for nothing
            node.shape, node.own["params"] = list(sizes), math.prod(sizes)
    return root


def _any(patterns: list[str], text: str) -> bool:
    return any(re.fullmatch(pattern, text) for pattern in patterns)


def _select(node: _Node, options: Mapping[str, Any]) -> None:
    """Sets what of the tree counts at all."""
    node.accounted = any(_any(options["account_type_regexes"], kind) for kind in node.types)
    if not node.accounted:
        node.own = dict.fromkeys(node.own, 0)
    for child in node.children.values():
        _select(child, options)


def _is_shown(node: _Node, options: Mapping[str, Any]) -> bool:
    return (node.accounted and node.own["params"] >= options["min_params"]
            and node.own["float_ops"] >= options["min_float_ops"] and _any(options["device_regexes"], node.device)
            and _any(options["show_name_regexes"], node.name) and not _any(options["hide_name_regexes"], node.name))


def _choose(node: _Node, options: Mapping[str, Any], started: bool, depth: int) -> None:
    """Sets what is shown below `node`, and the totals."""
    found: list[_Node] = []
    for child in node.children.values():
        if _any(options["trim_name_regexes"], child.name):
            _count_all(child)
            node.total = _added(node.total, child.total, not options["account_displayed_op_only"])
            continue
        begun = started or _any(options["start_name_regexes"], child.name)
        shown = begun and _is_shown(child, options)
        below = depth + 1 if shown else depth
        _choose(child, options, begun, below)
        if shown and below < options["max_depth"]:
            child.total = _added(child.total, child.own)
            found.append(child)
            node.total = _added(node.total, child.total)
        else:
            found += child.shown
            child.total = _added(child.total, child.own, not options["account_displayed_op_only"])
            node.total = _added(node.total, child.total)
    key = options["order_by"]
    order: Callable[[_Node], Any] = (lambda child: -child.total[key]) if key in node.total else lambda child: child.name
    node.shown = sorted(sorted(found, key=lambda child: child.name), key=order)


def _count_all(node: _Node) -> None:
    node.total = dict(node.own)
    for child in node.children.values():
        _count_all(child)
        node.total = _added(node.total, child.total)


def _added(total: dict[str, int], more: dict[str, int], counts: bool = True) -> dict[str, int]:
    return {key: value + more[key] for key, value in total.items()} if counts else total


def _lines(node: _Node, options: Mapping[str, Any], indent: int) -> Iterator[str]:
    parts = [", ".join(filter(None, (_described(node, name) for name in options["select"])))]
    yield f"{' ' * indent}{node.name} ({parts[0]})"
    for child in node.shown:
        yield from _lines(child, options, indent + 2)


def _described(node: _Node, what: str) -> str:
    if what == "device":
        return node.device
    if what == "op_types":
        return "|".join(sorted(node.types))
    own = _short(node.own[what]) if node.accounted else "--"
    text = f"{own}/{_short(node.total[what])} {'params' if what == 'params' else 'flops'}"
    shape = f"{'x'.join(map(str, node.shape))}, " if what == "params" and node.shape and node.accounted else ""
    return shape + text


def _short(number: int) -> str:
    unit = min((len(str(number)) - 1) // 3, len(_UNITS) - 1)
    return f"{number / 1000 ** unit:.2f}{_UNITS[unit]}" if unit else str(number)
