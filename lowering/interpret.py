"""The semantics: every operation of a program, in order, each by its rule."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering import registry
from lowering.context import Alias as Alias
from lowering.context import Context as Context
from lowering.context import Level as Level
from lowering.kernels import rounding
from lowering.kernels.arrays import Elements, Handle
from lowering.kernels.rows import RowWrites
from lowering.plan import companions
from lowering.plan.slice import ALIASES, VARIABLES, variable_of
from lowering.programs import fold
from tracer import dtypes, errors
from tracer.ir import Operation, Tensor

JOINING = frozenset({"AddN", "Concat", "DynamicStitch", "Pack"})
"""Operations that may take the rows of a stack together."""
DIFFERENTIATED = "differentiated"
"""Stands among the temporaries of a context whose operations are evaluated to be differentiated."""


def evaluate(nodes: list[Operation], context: Context) -> None:
    """Evaluates `nodes`, in order; gradients by differentiating what stands before them."""
    from lowering import differentiate
    from lowering.flow import reroll, rolled

    wave = differentiate.last_wave(nodes)
    if wave is not None:
        before, gradients, nodes = wave
        differentiate.evaluate(before, gradients, context)
    for item in reroll.arranged(nodes, context):
        rolled.evaluate(item, context)


def step(node: Operation, context: Context) -> None:
    """Evaluates one operation."""
    if node.type in VARIABLES:
        if node.type == "TemporaryVariable":
            with blame(node):
                context.state[node] = temporary(node, context)
        context.write(node.outputs[0], Alias(node, (node.outputs[0],)))
        return
    if node.type == "Const":
        context.write(node.outputs[0], node.attrs["value"])
        return
    if all(output in context.values for output in node.outputs) and node.outputs:
        return  # fed, or passed in by another program
    if node in context.custom:
        from lowering import own_gradients

        with blame(node), jax.named_scope(node.name):
            own_gradients.step(node, context)
        return
    if node.type in ALIASES and pass_alias(node, context):
        return
    if companions.is_cut(node):
        from lowering import differentiate

        differentiate.add_up(node, context)
        return
    if node.regions:
        from lowering.flow import control

        with blame(node), jax.named_scope(node.name):
            control.evaluate(node, context)
        return
    if node.type in JOINING and (whole := _joined(node, context)) is not None:
        context.write(node.outputs[0], whole)
        return
    if node.type == "Slice" and (piece := _piece(node, context)) is not None:
        context.write(node.outputs[0], piece)
        return
    rule = registry.find(node.type)
    if rule is None:
        raise errors.UnsupportedError(f"{node.type} '{node.name}' (recorded at {node.where}) has no lowering")
    with blame(node), jax.named_scope(node.name):
        values = _inputs(node, rule, context)
        for i in rounding.joined(node):
            values[i] = jax.lax.optimization_barrier(values[i]) if isinstance(values[i], jax.Array) else values[i]
        results = rule.function(*values, **_keywords(node, rule, context))
        if rule.draws:
            results, context.streams[node] = results
        _store(node, rule, results, context)


def _joined(node: Operation, context: Context) -> Any:
    """What `node` gives where it takes rows of a stack together; None elsewhere."""
    from lowering.kernels import stacking

    if context.readers is None:
        return None
    with blame(node), jax.named_scope(node.name):
        return stacking.joined(node, context)


def _piece(node: Operation, context: Context) -> Any:
    """What `node` gives where it is one of many that cut up a tensor; None elsewhere."""
    from lowering.kernels import pieces

    if context.readers is None:
        return None
    with blame(node), jax.named_scope(node.name):
        return pieces.read(node, context)


def pass_alias(node: Operation, context: Context) -> bool:
    """Passes on what `node` takes, where that is a variable's memory; whether it is."""
    source = node.inputs[0]
    value = context.values.get(source)
    if value is None:
        variable = variable_of(source)
        value = Alias(variable, (source,)) if variable is not None else None
    if not isinstance(value, Alias):
        return False
    for output in node.outputs:
        context.write(output, Alias(value.variable, (*value.via, output)))
    return True


def _inputs(node: Operation, rule: registry.Rule, context: Context) -> list[Any]:
    values = []
    for i, argument in enumerate(node.arguments):
        if i in rule.unread:
            values.append(None)
        elif i in rule.static:
            values.append([fold.known(t, context) for t in argument] if isinstance(argument, list)
                          else fold.known(argument, context))
        elif i in rule.partly:
            values.append(fold.elements(argument, context))
        elif isinstance(argument, list):
            values.append([context.read(t) for t in argument])
        else:
            values.append(context.read(argument))
    if node in context.deltas:  # a Gather whose rows a gradient is taken by
        values[0] = context.read_for_rows(node)
    return values


def _keywords(node: Operation, rule: registry.Rule, context: Context) -> dict[str, Any]:
    keywords = {name: node.attrs[name] for name in rule.attrs}
    for name in rule.extras:
        if name == "check":
            keywords[name] = lambda holds, message, *operands: context.checks.add(node, holds, message, operands)
        elif name == "stream":
            keywords[name] = context.streams[node]
        elif name == "declared":
            keywords[name] = tuple(output.sizes for output in node.outputs)
        elif name == "prepared":
            keywords[name] = companions.prepared(node, context)
        elif name == "temporaries":
            keywords[name] = context.temporaries
        elif name == "op":
            keywords[name] = node
        elif name == "session":
            keywords[name] = context.session
        elif name == "used":
            keywords[name] = tuple(context.used is None or output in context.used for output in node.outputs)
        elif name == "differentiated":
            keywords[name] = DIFFERENTIATED in context.temporaries
        elif name == "later":
            keywords[name] = functools.partial(_later, context, node)
    return keywords


def _later(context: Context, node: Operation, function: Any, *operands: Any) -> None:
    """Has `function` called with the values of `operands` whenever the program comes here, in the program's order.

    What it raises fails the run, when the program has come to its end.
    """
    if context.silent or node in context.again:
        return
    known = {i: o for i, o in enumerate(operands) if isinstance(o, np.ndarray)}  # strings among them

    def call(*values: Any) -> None:
        rest = iter(values)
        try:
            with blame(node):
                function(*(known[i] if i in known else np.asarray(next(rest)) for i in range(len(operands))))
        except Exception as error:
            context.failures.append(error)

    jax.debug.callback(call, *(o for i, o in enumerate(operands) if i not in known), ordered=True)


def temporary(node: Operation, context: Context) -> jax.Array:
    """The memory of a `TemporaryVariable`. AlreadyExistsError when one of its name is in use."""
    name = node.attrs["var_name"] or node.name
    if name in context.temporaries:
        raise errors.AlreadyExistsError(
            None, node, f"Resource tmp_var/{name}/N10tensorflow19TemporaryVariableOp6TmpVarE")
    context.temporaries.add(name)
    return jnp.zeros(node.attrs["shape"].as_list(), node.attrs["dtype"].array_dtype)


def _store(node: Operation, rule: registry.Rule, results: Any, context: Context) -> None:
    values = flatten(results)
    if not rule.writes:
        if len(values) != len(node.outputs):
            raise TypeError(f"the rule of {node.type} gave {len(values)} results for {len(node.outputs)} outputs")
        for output, value in zip(node.outputs, values, strict=True):
            delta = context.deltas.get(node)  # rows of a Gather that a gradient is taken by
            context.write(output, typed(value if delta is None else value + delta, output, node))
        if node in context.watched:
            context.taken[node] = jnp.asarray(context.read(node.inputs[1]))
        return
    references = [t for i in rule.writes for t in _as_list(node.arguments[i])]
    plain = [output for output in node.outputs if not output.dtype.is_ref_dtype]
    for output, value in zip(plain, values, strict=False):
        context.write(output, typed(value, output, node))
    for reference, value in zip(references, values[len(plain):], strict=True):
        variable = variable_of(reference)
        if variable is None:
            raise TypeError(f"{node.type} '{node.name}' writes {reference}, which is no variable")
        value = typed(value, reference, node)
        # What is written passes no gradient on: whoever reads it depends on the variable alone.
        context.state[variable] = jax.lax.stop_gradient(value) if DIFFERENTIATED in context.temporaries else value
    aliased = [output for output in node.outputs if output.dtype.is_ref_dtype]
    for output, reference in zip(aliased, references, strict=False):
        context.write(output, Alias(variable_of(reference), (output,)))  # type: ignore[arg-type]


def _as_list(argument: Any) -> list:
    return argument if isinstance(argument, list) else [argument]


def as_value(value: Any) -> Any:
    """`value` as a JAX array; the elements of a `TensorArray` stay what they are."""
    return value if isinstance(value, (Elements, Handle)) else jnp.asarray(value)


def flatten(results: Any) -> list[Any]:
    """A rule's results as one flat list."""
    if type(results) is np.ndarray:
        return [results]
    if isinstance(results, (tuple, list)) and not isinstance(results, Handle):
        return [value for result in results for value in flatten(result)]
    return [] if results is None else [results]


def typed(value: Any, tensor: Tensor, node: Operation) -> Any:
    """`value`, which must have the dtype that `tensor` declares."""
    if isinstance(value, (Elements, Handle)):
        return value
    declared = tensor.dtype.base_dtype.array_dtype
    if isinstance(value, (np.ndarray, RowWrites)) and (value.dtype == declared or value.dtype == object):
        return value
    value = jnp.asarray(value) if not isinstance(value, jax.Array) else value
    if value.dtype != declared:
        raise no_kernel(node, f"it gives {value.dtype} where {np.dtype(declared)} is declared")
    return jax.lax.convert_element_type(value, value.dtype) if value.weak_type else value


_WITHOUT_KERNEL = re.compile("does not accept dtype|Invalid integer data type")  # what JAX and NumPy say of a type


def no_kernel(node: Operation, reason: str) -> errors.InvalidArgumentError:
    """What TensorFlow says of a type that an operation's definition allows, and that nobody computes it for."""
    types = "; ".join(f"{name}={value.name}" for name, value in node.attrs.items() if isinstance(value, dtypes.DType))
    return errors.InvalidArgumentError(
        None, node, f"No OpKernel was registered to support Op '{node.type}' with these attrs: {types} ({reason})")


@contextlib.contextmanager
def blame(node: Operation) -> Iterator[None]:
    """Names the operation and the user's line in whatever is raised inside."""
    try:
        yield
    except Exception as error:
        if isinstance(error, errors.OpError):
            if error.op is None and not isinstance(error, errors.DeadlineExceededError):  # it is the whole run's
                kind: Any = type(error)
                raise kind(None, node, error.message) from error.__cause__
            raise
        _add_note(error, node)
        if isinstance(error, MemoryError):
            raise errors.ResourceExhaustedError(None, node, f"There is not enough memory for it. {error}".strip()) from error
        if isinstance(error, TypeError | ValueError) and _WITHOUT_KERNEL.search(str(error)):
            raise no_kernel(node, str(error)) from error
        if isinstance(error, (TypeError, ValueError)) and not isinstance(error, errors.StaticValueError):
            raise errors.InvalidArgumentError(None, node, str(error)) from error
        raise


def _add_note(error: Exception, node: Operation) -> None:
    note = f"{node.type} '{node.name}', recorded at {node.where}"
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)
