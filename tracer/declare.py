"""`@op`: turns a shape rule with TensorFlow's signature into the function that records the operation."""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

from tracer import arguments, opdef, shapes
from tracer.convert import IndexedSlices
from tracer.dtypes import DType
from tracer.ir import Graph, Operation, Tensor
from tracer.scopes import get_default_graph, graph_of

Outputs = tuple[tuple[DType, shapes.Sizes], ...]
DECLARATIONS: dict[str, Declaration] = {}
_MISSING = inspect.Parameter.empty
_FORMER_AXIS = ("dimension", "dim", "squeeze_dims")
"""What 0.12 calls `axis`."""


class Declaration:
    """One operation type: its 0.8 definition, and the function that says what the result looks like.

    The function's parameters are the definition's inputs and attributes, by name, and `name` at the end. It is called
    with tensors and checked attributes, and returns the static shape of the output (a tuple of int or None, or None
    when the rank is unknown); a list of those when there are several outputs. Output dtypes follow from the
    definition.
    """

    definition: opdef.OpDef
    parameters: tuple[str, ...]
    defaults: dict[str, Any]
    input_names: frozenset[str]
    references: tuple[str, ...]
    given: tuple[str, ...]
    index: dict[str, int]
    typed_only: bool
    shared: dict[tuple, dict[str, Any]]

    def __init__(self, type: str, function: Callable) -> None:
        self.type = type
        self.function = function
        self.refine: Callable[[Operation], None] | None = None  # what a program has registered for its shapes

    def __getattr__(self, name: str) -> Any:
        """Reads the definition when something of it is first asked for: importing the library reads none."""
        if name not in Declaration.__annotations__ or "definition" in vars(self):
            raise AttributeError(name)
        self._read()
        return vars(self)[name]

    def _read(self) -> None:
        definition = opdef.find(self.type)
        parameters = inspect.signature(self.function).parameters
        self.parameters = tuple(name for name in parameters if name != "name")
        self.defaults = {name: p.default for name, p in parameters.items() if p.default is not _MISSING}
        known = {a.name for a in definition.inputs} | set(definition.attributes)
        unknown = [name for name in self.parameters if name not in known]
        absent = [a.name for a in definition.inputs if a.name not in self.parameters]
        if unknown or absent:
            raise TypeError(f"@op({self.type!r}): not in the definition {unknown}; inputs without a parameter {absent}")
        self.input_names = frozenset(a.name for a in definition.inputs)
        self.references = tuple(a.name for a in definition.inputs if a.is_ref and not a.is_list)
        self.given = tuple(name for name in self.parameters if name not in self.input_names)
        self.index = {name: i for i, name in enumerate(self.parameters)}
        self.typed_only = all(rules.kind == "type" and name in definition.inferred
                              for name, rules in definition.attributes.items())
        self.shared = {}
        self.definition = definition

    def record(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Records one call and returns its output, outputs, or the operation when it has none."""
        values = self._bind(args, kwargs)
        graph = self._graph(values)
        operation = self._record_in(graph, values, values.pop("name", None))
        if self.refine is not None:
            self.refine(operation)
        return result_of(operation, self.definition)

    def _bind(self, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
        names = self.parameters
        if len(args) > len(names):
            if len(args) > len(names) + 1:
                raise TypeError(
                    f"{self.function.__name__}() takes {len(names) + 1} arguments but {len(args)} were given")
            kwargs = {**kwargs, "name": args[-1]}
        values = dict(zip(names, args, strict=False))
        for name, value in kwargs.items():
            if name == "axis" and name not in self.index:
                name = next((old for old in _FORMER_AXIS if old in self.index), name)
            if name in values or (name not in self.index and name != "name"):
                problem = "multiple values for" if name in values else "an unexpected keyword"
                raise TypeError(f"{self.function.__name__}() got {problem} argument '{name}'")
            values[name] = value
        if len(values) <= len(names):
            for name in names:
                if name not in values:
                    if name not in self.defaults:
                        raise TypeError(f"{self.function.__name__}() missing required argument '{name}'")
                    values[name] = self.defaults[name]
        return values

    def _graph(self, values: dict[str, Any]) -> Graph:
        """The graph of the tensors among the inputs: TensorFlow records there, not in the default graph."""
        found = None
        for argument in self.definition.inputs:
            value = values[argument.name]
            if type(value) is Tensor:
                if found is None:
                    found = value.op.graph
                elif value.op.graph is not found:
                    return graph_of([v for v in values.values() if isinstance(v, Tensor)])
            elif found is None and hasattr(value, "_as_graph_element"):
                found = value._as_graph_element().graph
            elif type(value) in (list, tuple):
                nested = [v for v in value if isinstance(v, (Tensor, IndexedSlices)) or hasattr(v, "_as_graph_element")]
                if nested:
                    inner = graph_of(nested)
                    if found is not None and inner is not found:
                        raise ValueError(f"{nested[0]} must be from the same graph as the other inputs.")
                    found = inner
        return found if found is not None else get_default_graph()

    def _record_in(self, graph: Graph, values: dict[str, Any], name: str | None) -> Operation:
        graph.check_not_finalized()
        if self.definition.deprecated_at is not None and (removed := self.definition.removed(graph.producer)):
            raise NotImplementedError(removed)
        full_name = _scoped(graph, name or self.type)
        typing = arguments.Typing(self.definition, graph)
        edges: list[Tensor] = []
        outer, graph._name_stack = graph._name_stack, full_name
        try:
            for argument in self.definition.inputs:
                tensors = typing.edges(argument, values[argument.name])
                edges += tensors
                values[argument.name] = tensors if argument.is_list else tensors[0]
        finally:
            graph._name_stack = outer
        attrs = typing.attrs
        for attr in self.given:
            if attr in attrs:
                raise TypeError(f"Should not specify value for inferred attr '{attr}'.")
            values[attr] = attrs[attr] = arguments.attribute(
                self.definition, self.definition.attributes[attr], values[attr])
        self._complete(attrs)
        if graph._container and attrs.get("container") == "":
            attrs["container"] = graph._container
        if self.typed_only:  # one dictionary for all operations of the same types: less for the garbage collector
            attrs = self.shared.setdefault(tuple(attrs.values()), attrs)
        outputs = self.outputs(self.function(**values), attrs)
        if not self.references:
            return graph.add(self.type, tuple(edges), attrs, outputs, full_name + "/")
        with contextlib.ExitStack() as colocation:  # what writes a variable runs where the variable is
            for reference in self.references:
                colocation.enter_context(graph.colocate_with(values[reference].op))
            return graph.add(self.type, tuple(edges), attrs, outputs, full_name + "/")

    def _complete(self, attrs: dict[str, Any]) -> None:
        if len(attrs) < len(self.definition.attributes):
            for name, rules in self.definition.attributes.items():
                if name not in attrs:
                    if not rules.has_default:
                        raise TypeError(f"No argument for attr {name}")
                    attrs[name] = rules.default

    def outputs(self, result: Any, attrs: dict[str, Any]) -> Outputs:
        """Dtypes from the definition, static shapes from the shape rule's result."""
        only = self.definition.only_output
        if only is not None and not isinstance(result, list):
            return ((only.dtype or attrs[only.type_attr or ""], _sizes(result)),)
        kinds = output_types(self.definition, attrs)
        if len(kinds) == 1 and not isinstance(result, list):
            return ((kinds[0], _sizes(result)),)
        if result is None:
            return tuple((kind, None) for kind in kinds)
        if len(result) != len(kinds):
            raise ValueError(f"{self.type}: the shape rule gave {len(result)} shapes for {len(kinds)} outputs")
        return tuple((kind, _sizes(shape)) for kind, shape in zip(kinds, result, strict=True))

    def infer(self, inputs: tuple[Tensor, ...], attrs: dict[str, Any]) -> Outputs:
        """Outputs of an operation that is given whole, with its attributes (an imported one)."""
        values: dict[str, Any] = {name: attrs.get(name, self.defaults.get(name)) for name in self.given}
        for argument, edges in zip(self.definition.inputs, opdef.grouped(self.type, inputs, attrs), strict=True):
            values[argument.name] = edges
        return self.outputs(self.function(**values), attrs)


def _sizes(shape: Any) -> shapes.Sizes:
    return shape.sizes if isinstance(shape, shapes.TensorShape) else shape


def _scoped(graph: Graph, name: str) -> str:
    """The name that an operation called `name` gets; its converted Python arguments are named below it."""
    if name[-1] == "/":
        return name[:-1]
    return graph.unique_name(name)


def output_types(definition: opdef.OpDef, attrs: dict[str, Any]) -> list[DType]:
    """The dtype of each output, references included."""
    kinds: list[DType] = []
    for output in definition.outputs:
        if output.list_attr is not None:
            some = list(attrs[output.list_attr])
        else:
            some = [output.dtype if output.dtype is not None else attrs[output.type_attr or ""]]
            some *= attrs[output.number_attr] if output.number_attr is not None else 1
        kinds += [kind.as_ref for kind in some] if output.is_ref else some
    return kinds


def result_of(operation: Operation, definition: opdef.OpDef) -> Any:
    """What a call returns: the operation, its one output, or its outputs, as a tuple named as in the definition."""
    if definition.only_output is not None:
        return operation.outputs[0]
    outputs = definition.outputs
    if not outputs:
        return operation
    if len(outputs) == 1:
        return list(operation.outputs) if outputs[0].is_list else operation.outputs[0]
    results, at = [], 0
    for output in outputs:
        if not output.is_list:
            results.append(operation.outputs[at])
            at += 1
            continue
        attrs = operation.attrs
        count = len(attrs[output.list_attr]) if output.list_attr is not None else attrs[output.number_attr or ""]
        results.append(list(operation.outputs[at:at + count]))
        at += count
    return _result_type(definition.type)(*results)


@functools.cache
def _result_type(type: str) -> Any:
    import collections

    return collections.namedtuple(type, [output.name for output in opdef.find(type).outputs], rename=True)


def op(type: str, **definition: str) -> Callable[[Callable], Callable]:
    """Declares operation `type`: see `Declaration` for what the decorated function is.

    A type that 0.8 had not is described as the rows of `opdefs.tsv` describe theirs, by `inputs`, `outputs`, `attrs`
    and `flags`:

    >>> @op("ZeroOut", inputs="to_zero:int32", outputs="zeroed:int32")
    ... def zero_out(to_zero, name=None):
    ...     return to_zero.get_shape()

    What it computes is the function that `lowering.registry.lowers("ZeroOut")` decorates.
    """
    if definition:
        unknown = set(definition) - {"inputs", "outputs", "attrs", "flags"}
        if unknown:
            raise TypeError(f"op() got an unexpected keyword argument '{sorted(unknown)[0]}'")
        if type in opdef.names():
            raise ValueError(f"{type} is an operation of TensorFlow 0.8, whose definition stands")
        columns = ("inputs", "outputs", "attrs", "flags")
        opdef.register(opdef.parse("\t".join([type, *(definition.get(column, "") for column in columns)])))

    def declare(function: Callable) -> Callable:
        declaration = DECLARATIONS[type] = Declaration(type, function)

        @functools.wraps(function)
        def record(*args: Any, **kwargs: Any) -> Any:
            return declaration.record(args, kwargs)

        record.declaration = declaration  # type: ignore[attr-defined]
        return record

    return declare


def also_called(younger: str, argument: str) -> Callable[[Callable], Callable]:
    """Gives an argument of a function the keyword that it has from 0.9 on, too."""

    def decorate(function: Callable) -> Callable:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if younger in kwargs:
                kwargs[argument] = kwargs.pop(younger)
            return function(*args, **kwargs)

        return call

    return decorate


def declared_as(parameters: str) -> Callable[[Callable], Callable]:
    """Gives a function that takes more than 0.8's did the signature of 0.8, for whoever asks for that."""
    empty = inspect.Parameter.empty

    def declare(function: Callable) -> Callable:
        found = []
        for part in parameters.split(", "):
            name, _, default = part.partition("=")
            found.append(inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD,
                                           default=ast.literal_eval(default) if default else empty))
        function.__signature__ = inspect.Signature(found)  # type: ignore[attr-defined]
        return function

    return declare


def raw_op(name: str) -> Callable:
    """The op-level function of `tensorflow.python.ops.gen_*_ops` called `name`: `mat_mul` (or `_mat_mul`) is `MatMul`.

    Raises AttributeError when 0.8 has no such operation or it is not declared.
    """
    wanted = name.strip("_").replace("_", "").lower()
    for type, declaration in DECLARATIONS.items():
        if type.lower() == wanted:
            return functools.partial(_call, declaration)
    raise AttributeError(f"no operation is declared for {name!r}")


def _call(declaration: Declaration, *args: Any, **kwargs: Any) -> Any:
    return declaration.record(args, kwargs)


def snake_case(type: str) -> str:
    """`MatMul` as TensorFlow names its generated function: `mat_mul`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type).lower()
