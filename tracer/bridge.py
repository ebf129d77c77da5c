"""Between a graph and JAX: `to_jax`, `export` and `emit` take a program out of it, `from_jax` puts a JAX function in."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tracer import convert, dtypes, feeding, fetching, scopes
from tracer.ir import Graph, Operation, Tensor
from tracer.ops.script import _py_funcs
from tracer.train.checkpoint_state import write_whole


def to_jax(fetches: Any, feeds: Sequence[Any] = (), session: Any = None,
           static: Mapping[Any, Any] | None = None) -> tuple[Callable, dict]:
    """The run of `fetches` as a pure JAX function, and the state that it starts from.

    >>> step, state = tracer.to_jax([train_op, loss], [x, y_], session=sess)
    >>> step = jax.jit(step)
    >>> with jax.enable_x64(True):
    ...     (_, loss), state = step(state, images, labels)

    The function takes the state and one array for each tensor in `feeds`, and returns the values of `fetches`, in their
    structure (None for an operation), and the new state. It composes with `jax.jit`, `grad`, `vmap`, `jax.export` and
    sharding. The state is a dictionary `{"variables": {name: array}, "streams": {name: uint32[6]}}`: the variables that
    the program reads or writes, as the session holds them now, and the streams of the operations that draw random numbers.

    TensorFlow's int64 and float64 have 64 bits, so it runs inside `jax.enable_x64(True)` only; float32 stays float32.
    What TensorFlow checks while it runs (indices, `Assert`) is stated by `checkify.debug_check`: wrap the function in
    `jax.experimental.checkify.checkify` to see it. Where a check fails, the new state is the old one.

    Args:
        fetches: what `Session.run` takes.
        feeds: tensors, or their names, in the order of the function's arguments; a sparse tensor stands for its
            indices, its values, and its shape where that is neither constant nor `static`; a tuple for its elements.
        session: holds the variables' values; the default session when left out.
        static: values by tensor that are fixed in the function. They may shape the program.

    Raises:
        ValueError: there is no session; a feed or fetch is not of its graph.
        tf.errors.FailedPreconditionError: a variable that is read holds no value yet.
        UnsupportedError: part of the run is Python between programs (queues, files, strings); all of it is listed.
        RuntimeError: (from the function) 64 bits are not enabled.
    """
    program, begun, _ = _program(fetches, feeds, session, static)
    return program, begun.state


def _program(fetches: Any, feeds: Sequence[Any], session: Any, static: Mapping[Any, Any] | None) -> tuple:
    """What `to_jax` returns, with what is known of it: the function, its `lowering.Pure`, the fed tensors."""
    import lowering

    session = _session(session)
    form = _fetches(session, fetches)
    fixed = {_tensor(session.graph, key): value for key, value in (static or {}).items()}
    tensors = [tensor for tensor in _fed(session.graph, feeds) if tensor not in fixed]
    begun = lowering.pure(form.tensors, form.targets, tensors, session.state, fixed)

    def program(state: dict, *inputs: Any) -> tuple[Any, dict]:
        if len(inputs) != len(tensors):
            names = ", ".join(tensor.name for tensor in tensors) or "nothing"
            raise TypeError(f"the program takes a state and {len(tensors)} arrays ({names}), not {len(inputs)} arrays")
        values, state = begun.function(state, list(inputs))
        return form.assemble(values), state

    return program, begun, tensors


def _session(session: Any) -> Any:
    found = session if session is not None else scopes.get_default_session()
    if found is None:
        raise ValueError("No default session is registered, and the variables' values are in a session: pass "
                         "session=sess, or call inside `with sess.as_default()`.")
    return found


def _fetches(session: Any, fetches: Any) -> Any:
    try:
        return fetching.Fetches(session, fetches)
    except (KeyError, ValueError) as error:
        for name in _flat(fetches):
            _hint(error, session.graph, name)
        raise


def _flat(fetches: Any) -> list[Any]:
    if isinstance(fetches, (list, tuple)):
        return [name for part in fetches for name in _flat(part)]
    return [name for part in fetches.values() for name in _flat(part)] if isinstance(fetches, dict) else [fetches]


def _hint(error: Exception, graph: Graph, name: Any) -> None:
    """Says in a note what is near a name that is not there."""
    from tracer import commands

    if isinstance(name, str) and name.partition(":")[0] not in {op.name for op in graph.get_operations()}:
        if found := commands.near(graph, name):
            error.add_note(f"Near {name!r} there is {found}.")


def _fed(graph: Graph, feeds: Sequence[Any]) -> list[Tensor]:
    """The tensors that feeds stand for, as the keys of a `feed_dict` do; the constant shape of a sparse one is none."""
    tensors = [_tensor(graph, key) for feed in feeds for key in feeding.tensors_of(feed)]
    named = {_tensor(graph, feed) for feed in feeds if isinstance(feed, str | Tensor)}
    return [t for t in tensors if t in named or t.op.type != "Const"]


def _tensor(graph: Graph, key: Any) -> Tensor:
    try:
        return graph.as_graph_element(key, allow_operation=False)
    except (KeyError, ValueError) as error:
        _hint(error, graph, key)
        raise


def export(path: str, fetches: Any, feeds: Sequence[Any] = (), session: Any = None,
           static: Mapping[Any, Any] | None = None, platforms: Sequence[str] | None = None) -> None:
    """Writes the run of `fetches` as a `jax.export` artifact, which plain JAX runs without this package.

    >>> tracer.export("model.jax", y, [x], session=sess)
    >>> jax.export.deserialize(open("model.jax", "rb").read()).call(images)

    A program that changes no variable and draws nothing has its variables inside and takes the feeds only. Any other takes
    and returns the state of `to_jax` as well, `call(state, *feeds) -> (values, state)`; the state that it starts from
    is written beside it, as `<path>.npz`, with keys like `variables/hidden/weights`.

    An artifact can raise no error. Where one of TensorFlow's conditions does not hold (an index out of range), the state
    stays as it was, and the floating-point values are NaN.

    Unknown sizes of the feeds are symbols where the graph allows it (the batch, above all); where it does not, the error of
    JAX says which size a feed must have: `set_shape` gives it. A feed of unknown rank has the shape that it was last fed
    with.

    Args:
        path: the file; it is written beside its name and renamed.
        fetches, feeds, session, static: as for `to_jax`.
        platforms: "cpu", "cuda", "tpu" …; the machine's own when left out.
    """
    import lowering
    from lowering import view

    session = _session(session)
    program, begun, tensors = _program(fetches, feeds, session, static)
    seen = view.shapes_seen(session.runs())
    if unknown := [tensor for tensor in tensors if tensor.sizes is None and tensor not in seen]:
        raise ValueError(view.shapeless(unknown))
    inputs: list[tuple[np.dtype, tuple[int | None, ...]]] = [
        (np.dtype(t.dtype.base_dtype.array_dtype), seen[t] if t.sizes is None else t.sizes) for t in tensors]
    try:
        data, kept = lowering.exported(program, begun, inputs, platforms)
    except Exception as error:
        if open_ := [t.name for t, (_, sizes) in zip(tensors, inputs, strict=True) if None in sizes]:
            error.add_note(f"An artifact takes any number in the place of the unknown sizes of {', '.join(open_)}. Where "
                           "the graph allows some only, set_shape gives them.")
        raise
    files = {path: data} if kept is None else {path + ".npz": kept, path: data}
    for name, content in files.items():
        write_whole(name, content)


def emit(fetches: Any, feeds: Sequence[Any] | None = None, path: str = "model_jax.py", session: Any = None,
         title: str = "") -> str:
    """Writes the run of `fetches` as a JAX module that needs jax and numpy, and optax where it trains.

    >>> tracer.emit([train_op, loss], [x, y_], "model_jax.py", session=sess)

    The module has `apply(params, *feeds)`, which returns the values of `fetches`; or, where `fetches` hold an optimizer's
    operation, `loss(params, *feeds)`, `optimizer` and `train_step(params, opt_state, *feeds)`; or, where they change
    variables without one, `step(params, *feeds)`. Both return what they change before the values. Parameters are nested
    dictionaries along the name scopes. Variables that are not trained are a second one, `state`. What draws random
    numbers takes a `key` at the end. Placeholders that the script keeps in one list are one argument, a list. What queues
    and readers give is an argument after the feeds. Beside the module stands an `.npz` file with the variables' values, by
    their names, for its `params_from_checkpoint(path)`; `python -m tracer.emit --checkpoint` makes such a file of a
    checkpoint.

    Args:
        fetches: what `Session.run` takes.
        feeds: tensors, or their names, in the order of the functions' arguments; all placeholders that are needed, in the
            order of their creation, when left out.
        path: the module's file.
        session: holds the variables' values; the default session when left out.
        title: the module's docstring.

    Returns:
        The source.

    Raises:
        UnsupportedError: part of the run has no form in a module; all of it is listed.
    """
    session = _session(session)
    form = _fetches(session, fetches)
    runs = list(session._executables.values())
    return emitted(form.tensors, form.targets, feeds, path, session.graph, session.state, title, runs)


def emitted(tensors: list[Tensor], targets: list[Operation], feeds: Sequence[Any] | None, path: str, graph: Graph,
            state: Any, title: str, runs: Sequence[Any] = ()) -> str:
    """What `emit` does, for tensors and operations, and a state that may be a copy. Returns the source."""
    import lowering.emit

    given = placeholders(tensors, targets) if feeds is None else _fed(graph, feeds)
    given += lowering.emit.handed_over(tensors, targets, given)
    arrays_path = os.path.splitext(path)[0] + ".npz"
    module = lowering.emit.emit(tensors, targets, given, state, title or "A program as JAX.", os.path.basename(arrays_path),
                                runs)
    source = formatted(module.source)
    if module.arrays:
        write_arrays(arrays_path, module.arrays)
    write_whole(path, source.encode())
    return source


def arrays_of(checkpoint: str) -> dict[str, np.ndarray]:
    """The variables in a checkpoint, of either format, by their names: what `params_from_checkpoint` of a module reads."""
    from tracer.train import NewCheckpointReader

    reader = NewCheckpointReader(checkpoint)
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def write_arrays(path: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes an `.npz` file."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    write_whole(path, buffer.getvalue())


def placeholders(tensors: list[Tensor], targets: list[Operation]) -> list[Tensor]:
    """The placeholders that a run needs, in the order of their creation."""
    found: set[Operation] = set()
    stack = [*(t.op for t in tensors), *targets]
    while stack:
        op = stack.pop()
        if op not in found:
            found.add(op)
            stack += [t.op for t in op.inputs] + list(op.control_inputs)
    return [op.outputs[0] for op in sorted(found, key=lambda op: op._id) if op.type == "Placeholder"]


def formatted(source: str) -> str:
    """The source as ruff formats it, where ruff is installed; as it is elsewhere."""
    import subprocess
    import sys

    try:
        command = [sys.executable, "-m", "ruff", "format", "--isolated", "--stdin-filename", "m.py", "-"]
        done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    except OSError:
        return source
    return done.stdout if done.returncode == 0 and done.stdout else source


def from_jax(function: Callable, name: str | None = None) -> Callable:
    """`function`, a pure JAX function of arrays, as a function of tensors that records one operation.

    >>> gelu = tracer.from_jax(jax.nn.gelu)
    >>> y = gelu(tf.matmul(x, w))

    It returns tensors in the structure of what `function` returns. Shapes and types are found by tracing `function`
    once; unknown sizes of the arguments are symbols in it. Gradients are JAX's own (also a `custom_vjp`'s). It runs in
    64 bits where an argument has 64 or the process has `jax_enable_x64` on.

    The operation stays with its graph: an exported GraphDef does not hold the function.

    Args:
        name: the operation's name; the function's own when left out.
    """
    label = name or getattr(function, "__name__", "") or "JaxFunction"
    label = label if label.replace("_", "").isalnum() else "JaxFunction"

    def record(*arguments: Any, name: str | None = None) -> Any:
        from lowering import outline

        graph = scopes.graph_of(list(arguments))
        with graph.as_default(), scopes.op_scope(list(arguments), name, label) as scope:
            tensors = [convert.convert_to_tensor(argument, name=f"input_{i}") for i, argument in enumerate(arguments)]
            inputs = [(np.dtype(t.dtype.base_dtype.array_dtype), t.sizes) for t in tensors]
            leaves, structure, wide = outline.outline(function, inputs)
            outputs = tuple((dtypes.as_dtype(dtype), sizes) for dtype, sizes in leaves)
            attrs = {"token": _py_funcs.insert(function), "wide": wide}
            op: Operation = graph.add("JaxFunction", tuple(tensors), attrs, outputs, scope)
        return structure.unflatten(op.outputs)

    return record
