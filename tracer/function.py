"""`tensorflow.python.framework.function`: Python functions as functions of a graph, which its operations call."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tracer import dtypes, function_def, instances, opdef, protos, scopes
from tracer.convert import internal_convert_to_tensor
from tracer.function_def import Definition
from tracer.ir import Graph, Operation, Tensor

_OPTIONS = ("func_name", "grad_func", "out_names", "python_grad_func")


def graph_to_function_def(graph: Graph, name: str, inputs: list[Tensor], outputs: list[Tensor]) -> Any:
    """The FunctionDef message of the part of a graph from `inputs`, which are placeholders, to `outputs`."""
    return function_def.function_def(graph, name, inputs, outputs)


def define_function(func: Callable, input_types: Any, func_name: str | None = None, grad_func: Any = None,
                    python_grad_func: Callable | None = None, out_names: list[str] | None = None) -> Any:
    """Makes a function of the default graph of a Python function; returns its FunctionDef message.

    Args:
        func: a function from tensors to a tensor, or several.
        input_types: the types of its arguments: a list, or a dict by argument.
        func_name: what it is called; by default as `func` is.
        grad_func: the function that is its gradient, or its name: from its inputs and the gradients of its outputs to
            the gradients of its inputs.
        python_grad_func: its gradient as `RegisterGradient` takes one.
        out_names: the names of what it gives.

    Raises ValueError when `func` has other arguments than `input_types`, or gives nothing.
    """
    definition = _define(func, input_types, func_name, grad_func, python_grad_func, out_names)
    add(scopes.get_default_graph(), definition)
    return definition.message


def _define(func: Callable, input_types: Any, func_name: str | None = None, grad_func: Any = None,
            python_grad_func: Callable | None = None, out_names: list[str] | None = None) -> Definition:
    name = _type(func_name or getattr(func, "__name__", type(func).__name__))
    outer = scopes.get_default_graph()
    body = Graph()
    body._functions.update(outer._functions)
    with body.as_default():
        inputs = [_argument(argument, kind) for argument, kind in _arguments(func, input_types)]
        returned = func(*inputs)
        outputs = list(returned) if isinstance(returned, (list, tuple)) else [returned]
        if not outputs or any(output is None for output in outputs):
            raise ValueError(f"The function {name} must return at least one tensor, and no None.")
        outputs = [internal_convert_to_tensor(output) for output in outputs]
    if out_names is not None and len(out_names) != len(outputs):
        raise ValueError(f"The function {name} gives {len(outputs)} tensors, and there are {len(out_names)} out_names.")
    definition = Definition(name, body, inputs, outputs, out_names)
    definition.gradient = None if grad_func is None else _type(getattr(grad_func, "name", grad_func))
    definition.python_gradient = python_grad_func
    return definition


def _type(name: str) -> str:
    """The type of the operations that call the function `name`: not one that other operations have."""
    return name + "_" if name in opdef.names() else name


def _argument(name: str, kind: Any) -> Tensor:
    from tracer.ops import array

    return array.placeholder(dtypes.as_dtype(kind), name=name)


def _arguments(func: Callable, input_types: Any) -> list[tuple[str, Any]]:
    """The names and types of the arguments that a function gets."""
    parameters = list(inspect.signature(func).parameters.values())
    names = []
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.KEYWORD_ONLY) or parameter.default is not parameter.empty:
            raise ValueError("Functions with argument defaults or keyword arguments are not supported.")
        if parameter.kind != parameter.VAR_POSITIONAL:
            names.append(parameter.name)
    rest = next((p.name for p in parameters if p.kind == p.VAR_POSITIONAL), None)
    if isinstance(input_types, dict):
        if len(names) != len(input_types):
            raise ValueError("The function must have the same number of arguments as the number of specified input types.")
        for name in names:
            if name not in input_types:
                raise ValueError(f"Missing type for argument: {name}")
        return [(name, input_types[name]) for name in names]
    if len(input_types) < len(names) or (rest is None and len(input_types) > len(names)):
        raise ValueError("The function must have the same number of arguments as the number of specified input types.")
    names += [f"{rest}_{i}" for i in range(len(input_types) - len(names))]
    return list(zip(names, input_types, strict=True))


def add(graph: Graph, function: Any, gradient: str | None = None) -> None:
    """Adds a function to a graph, and the functions that its body calls: a FunctionDef message, what `Defun` made, or a
    `Definition`. ValueError when the graph has another one of its name."""
    graph.check_not_finalized()
    if isinstance(function, DefinedFunction):
        definition = function.definition_for(graph)
    elif isinstance(function, Definition):
        definition = function
    else:
        definition = function_def.read(function, graph._functions)
    if gradient is not None:
        definition.gradient = gradient
    if definition.name in opdef.names():
        raise ValueError(f"The function {definition.name} has the name of an operation, which tells calls of one from the "
                         "other no more.")
    known = graph._functions.get(definition.name)
    if known is definition:
        return
    if known is not None and known.message != definition.message:
        raise ValueError(f"Another function is already defined with that name: {definition.name}")
    for inner in definition.graph._functions.values():
        if inner.name not in graph._functions:
            add(graph, inner)
    graph._functions[definition.name] = definition
    instances.expand_waiting(graph, definition.name)


def call_function(func_def: Any, *inputs: Any, **kwargs: Any) -> Any:
    """Calls a function of the default graph; returns what it gives: a tensor, or a tuple of several.

    >>> square = function.define_function(lambda x: x * x, {"x": tf.float32}, func_name="Square")
    >>> y = function.call_function(square, tf.constant(3.0))

    Args:
        func_def: its FunctionDef message.
        inputs: its arguments.
        name: the name of the operation; by default the function's.
        noinline: whether TensorFlow shall keep it apart. It is compiled with the rest here.

    Raises ValueError when there are too few or too many arguments.
    """
    signature = func_def.signature
    return _call(signature.name, [arg.type for arg in signature.input_arg],
                 [arg.type for arg in signature.output_arg], inputs, **kwargs)


def _call(function: str, wanted: list[Any], given: list[Any], inputs: tuple, name: str | None = None,
          noinline: bool | None = None, **unknown: Any) -> Any:
    if unknown:
        raise ValueError(f"Unknown keyword arguments: {sorted(unknown)}")
    if len(inputs) != len(wanted):
        raise ValueError(f"Expected number of arguments: {len(wanted)}, received: {len(inputs)}")
    with scopes.op_scope(inputs, name, function.removesuffix("_")) as scope:
        tensors = tuple([internal_convert_to_tensor(value, kind, f"arg{i}")
                         for i, (value, kind) in enumerate(zip(inputs, wanted, strict=True))])
        graph = scopes.get_default_graph()
        attrs = {} if noinline is None else {"_noinline": bool(noinline)}
        op = graph.add(function, tensors, attrs, tuple((dtypes.as_dtype(kind), None) for kind in given), scope)
        instances.expand(op)
    return op.outputs[0] if len(op.outputs) == 1 else tuple(op.outputs)


class DefinedFunction:
    """A Python function as one of graphs: calling it records an operation."""

    def __init__(self, func: Callable, input_types: Any, options: dict[str, Any]) -> None:
        self._func = func
        self._types = input_types
        self._options = options
        self._definitions: dict[Graph, Definition] = {}
        self.name = _type(options.get("func_name") or getattr(func, "__name__", type(func).__name__))
        self.__name__, self.__doc__ = self.name, func.__doc__

    def definition_for(self, graph: Graph) -> Definition:
        """The function as it is in a graph."""
        known = graph._functions.get(self.name)
        if known is not None and known in self._definitions.values():
            return known
        if not self._definitions or any(f not in graph._functions for f in self._one.graph._functions):
            with graph.as_default():
                self._definitions[graph] = _define(self._func, self._types, **self._options)
        return self._definitions.get(graph) or self._one

    @property
    def _one(self) -> Definition:
        return next(iter(self._definitions.values()))

    @property
    def definition(self) -> Any:
        """Its FunctionDef message."""
        return self.definition_for(scopes.get_default_graph()).message

    def add_to_graph(self, g: Graph) -> None:
        """Adds it to a graph."""
        gradient = self._options.get("grad_func")
        if isinstance(gradient, DefinedFunction):
            gradient.add_to_graph(g)
        add(g, self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        graph = scopes.graph_of([a for a in args if isinstance(a, (Tensor, Operation))])
        self.add_to_graph(graph)
        definition = graph._functions[self.name]
        with graph.as_default():
            return _call(self.name, [t.dtype for t in definition.inputs], [t.dtype for t in definition.outputs], args,
                         **kwargs)


class Defun:
    """Decorator: makes a Python function one of graphs.

    >>> @function.Defun(tf.float32, tf.float32)
    ... def add_and_multiply(x, y):
    ...     return x + y, x * y
    >>> total, product = add_and_multiply(tf.constant(2.0), tf.constant(3.0))

    Args:
        input_type_list: the types of its arguments.
        input_types: the same by argument. `func_name`, `grad_func`, `python_grad_func` and `out_names` are as for
            `define_function`. `noinline` of 0.12 says nothing here: a call and its body compile to the same.
    """

    def __init__(self, *input_type_list: Any, **input_types: Any) -> None:
        input_types.pop("noinline", None)
        self._options = {name: input_types.pop(name) for name in _OPTIONS if name in input_types}
        if input_type_list and input_types:
            raise ValueError("Types are given as a list or by argument, not as both.")
        self._types: Any = input_types or [dtypes.as_dtype(kind) for kind in input_type_list]

    def __call__(self, f: Callable) -> DefinedFunction:
        function = DefinedFunction(f, self._types, self._options)
        add(scopes.get_default_graph(), function)
        return function


def library(graph: Graph) -> Any:
    """The functions of a graph as a FunctionDefLibrary message."""
    message = protos.FunctionDefLibrary()
    for definition in graph._functions.values():
        message.function.append(definition.message)
        if definition.gradient is not None:
            message.gradient.add(function_name=definition.name, gradient_func=definition.gradient)
    return message


def add_library(graph: Graph, message: Any) -> None:
    """Adds the functions of a FunctionDefLibrary message to a graph."""
    gradients = {entry.function_name: entry.gradient_func for entry in message.gradient}
    waiting = {f.signature.name: f for f in message.function}
    while waiting:
        ready = [f for f in waiting.values() if not any(
            node.op in waiting or any(value.func.name in waiting for value in node.attr.values()) for node in f.node)]
        for function in ready or [next(iter(waiting.values()))]:
            del waiting[function.signature.name]
            add(graph, function, gradients.get(function.signature.name))
