"""Runs the operations of a program on expressions, in their order."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

import jax
import numpy as np

from lowering import registry
from lowering.differentiate import Parts
from lowering.emit import candidates, control, custom, tensor_arrays, whole
from lowering.emit.expressions import Expr, UnquotableError, record
from lowering.emit.forms import EXTREMES, FORMS, LAID_OUT
from lowering.emit.rows import RowsStep
from lowering.emit.twins import twins
from lowering.kernels import rounding
from lowering.plan.slice import ALIASES, VARIABLES, variable_of
from tracer.ir import Operation, Tensor

_FORMLESS = "it has no form in a module yet"
UPDATES = frozenset({"ApplyGradientDescent", "ApplyMomentum", "ApplyAdagrad", "ApplyAdam", "ApplyRMSProp"})
"""Steps of optimizers that are optax's. The others are computed as their rules say."""
DRAWS = {"RandomUniform": "uniform", "RandomStandardNormal": "normal", "TruncatedNormal": "truncated_normal",
         "RandomUniformInt": "randint", "RandomShuffle": "permutation", "Multinomial": "categorical",
         "UniformCandidateSampler": "", "LogUniformCandidateSampler": ""}
"""What draws random numbers, and the function of `jax.random` that draws such."""


class Gradient:
    """One `Gradients` operation: what is differentiated, and for each expression it is differentiated by, the result."""

    def __init__(self, op: Operation, objective: Any) -> None:
        self.op, self.objective = op, objective
        self.results: list[tuple[Expr, Expr]] = []

    def by(self, value: Expr) -> Expr:
        """The gradient by `value`, an expression of its own."""
        for known, result in self.results:
            if known is value:
                return result
        result = Expr("name", "", outline=jax.ShapeDtypeStruct(value.shape, value.dtype))
        self.results.append((value, result))
        return result


class Trace:
    """The values of a graph's tensors as expressions, and what the program does besides computing them."""

    draws = frozenset(DRAWS)

    def __init__(self, feeds: dict[Tensor, Expr], variables: dict[Operation, Expr], rows: Iterable[RowsStep] = ()) -> None:
        self.values: dict[Tensor, Any] = dict(feeds)
        self.rows = {step.last: step for step in rows}
        self.inside = {op for step in rows for op in step.nodes}
        self.begun = variables
        self.state: dict[Operation, Any] = dict(variables)  # every variable as it is now
        self.gradients: list[Gradient] = []
        self.updates: list[Operation | RowsStep] = []  # optimizers' operations, in order
        self.trained: dict[Operation, Expr] = {}  # what optimizers made of variables
        self.keys: list[Expr] = []  # one for each operation that draws
        self.rounds: list[Expr] = []  # how often the loops around have gone round, where they draw
        self.functions: dict[Operation, str] = {}  # what the functions of `py_func`s are called
        self.batch: int | None = None
        self.unsupported: dict[Operation, str] = {}
        self.open_loops: list[Operation] = []  # of which only a run knows the number of trips
        self.custom: dict[Operation, Any] = {}  # those that have a gradient of the script's own
        self.customs: list[custom.Custom] = []  # the functions that these have become
        self.differentiated: set[Operation] | None = set()  # what a gradient goes through; None for anything
        self.differentiates = False  # whether a gradient is taken, so that loops must have a known number of trips

    def child(self, inputs: dict[Tensor, Expr]) -> Trace:
        """A trace for the inside of a loop or branch: it sees what this one holds, and keeps what it computes to itself."""
        inner = Trace({**self.values, **inputs}, self.begun)
        inner.state = dict(self.state)
        inner.functions, inner.batch = self.functions, self.batch
        inner.custom, inner.customs = self.custom, self.customs
        inner.differentiated = None if self.differentiates else set()
        inner.keys, inner.open_loops, inner.differentiates = list(self.keys), self.open_loops, self.differentiates
        inner.rounds = list(self.rounds)
        return inner

    def name_keys(self) -> None:
        """Where one operation draws, it takes the key itself."""
        if len(self.keys) == 1:
            self.keys[0].head = "key"

    def read(self, tensor: Tensor) -> Any:
        """The value of `tensor` now."""
        if tensor in self.values:
            return self.values[tensor]
        if tensor.op.type == "Const":
            return tensor.op.attrs["value"]
        variable = variable_of(tensor)
        if variable is None:
            raise UnquotableError(f"{tensor.name} has no value")
        return self.state[variable]

    def step(self, op: Operation) -> None:
        """Evaluates one operation; what cannot be emitted is noted, and its values are unknown."""
        if op.type in VARIABLES or (op.outputs and all(t in self.values for t in op.outputs)):
            return
        if op.type == "Const":
            self.values[op.outputs[0]] = op.attrs["value"]
            return
        if op.type in ("NoOp", "Placeholder") or (op.type in ALIASES and variable_of(op.outputs[0]) is not None):
            return
        try:
            if op.type in UPDATES or op in self.rows:
                self._update(self.rows.get(op, op))
                return
            if op in self.inside:
                return
            if op.type == "Gradients":
                self._differentiate(op)
            elif op in self.custom:
                function = custom.Custom(op, self.custom[op], self)
                self.customs.append(function)
                self._name(op, values := function.results())
                self.values.update(zip(op.outputs, values, strict=True))
            elif op.type in tensor_arrays.RULES:
                if any(t in self.values and self.is_unknown(t) for t in op.inputs):
                    self._store_unknown(op)
                    return
                values = tensor_arrays.RULES[op.type](op, self)
                self._name(op, values)
                self.values.update(zip(op.outputs, values, strict=True))
            elif op.type == "DestroyTemporaryVariable":
                variable = variable_of(op.inputs[0])
                assert variable is not None
                self.values[op.outputs[0]] = self.state.pop(variable)
            elif op in self.functions:
                self._name(op, values := whole.called(op, self.functions[op], [self.read(t) for t in op.inputs], self.batch))
                self.values.update(zip(op.outputs, values, strict=True))
            elif op.regions:
                self._name(op, values := control.evaluate(op, self))
                self.values.update(zip(op.outputs, values, strict=True))
            else:
                self._store(op, self._results(op))
        except UnquotableError as error:
            self.unsupported.setdefault(op, str(error))
            self._store_unknown(op)

    def computed(self, op: Operation) -> list[Any]:
        """The values of an operation, by its rule, in a row."""
        return _flat(self._results(op))

    def _results(self, op: Operation) -> Any:
        if op.type in DRAWS:
            return self._draw(op)
        rule = registry.find(op.type)
        if rule is None or rule.host or rule.draws:
            raise UnquotableError("it runs on the host" if rule is not None and rule.host else _FORMLESS)
        if op.type in LAID_OUT:
            loss = LAID_OUT[op.type](*map(self._argument, op.arguments), **op.attrs)
            return [loss, *(self._unknown(t) for t in op.outputs[1:])]
        inputs = [self._static(a) if i in rule.static else None if i in rule.unread else self._argument(a)
                  for i, a in enumerate(op.arguments)]
        for i in rounding.joined(op):
            if isinstance(inputs[i], Expr):
                inputs[i] = record("call", "jax.lax.optimization_barrier", (inputs[i],), {}, jax.lax.optimization_barrier)
        keywords = {name: op.attrs[name] for name in rule.attrs}
        prepared = self._prepared(op, rule)
        if op.type == "Print":  # its rule has Python called when it runs; the module's has JAX print
            return FORMS["Print"](*inputs, **keywords)
        extras: dict[str, Any] = {**prepared, "check": _unchecked, "declared": tuple(t.sizes for t in op.outputs), "op": op,
                                  "differentiated": False}
        given = {name: extras[name] for name in rule.extras if name in extras}
        if len(given) < len(rule.extras):
            raise UnquotableError(_FORMLESS)
        if op.type in EXTREMES and self.differentiated is not None and op not in self.differentiated \
                and any(isinstance(value, Expr) for value in inputs):
            return EXTREMES[op.type](*inputs)
        if op.type in FORMS:
            with contextlib.suppress(UnquotableError):
                return FORMS[op.type](*inputs, **keywords)
        try:
            return twins().rules[op.type](*inputs, **keywords, **given)
        except UnquotableError:  # the rule does something that expressions cannot: its source can
            return self._quoted(op, rule, inputs, keywords, given)

    def _prepared(self, op: Operation, rule: registry.Rule) -> dict[str, Any]:
        """What the rule's companion computes on the host, where that is known before the program runs."""
        if rule.before is None:
            return {}
        values = [self._static(argument) for argument in rule.before.arguments(op)]
        attrs = {name: op.attrs[name] for name in rule.before.attrs}
        return {"prepared": rule.before.function(*values, **attrs)}

    def _quoted(self, op: Operation, rule: registry.Rule, inputs: list, keywords: dict, given: dict) -> Any:
        """A call of the rule itself, whose source goes into the module."""
        home = twins().homes.get(op.type)
        if home is None or set(given) - {"check"}:
            raise UnquotableError("its rule looks at the graph")

        def real(*args: Any, **kwargs: Any) -> Any:
            return rule.function(*args, **kwargs, **given)

        return record("call", ":".join(home), tuple(inputs), keywords, real)

    def _argument(self, argument: Any) -> Any:
        return [self.read(t) for t in argument] if isinstance(argument, list) else self.read(argument)

    def _static(self, argument: Any) -> Any:
        values = self._argument(argument)
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, Expr) and value.value is None:
                raise UnquotableError("a shape in it depends on values that only a run knows")
        return [np.asarray(v) for v in values] if isinstance(values, list) else np.asarray(values)

    def _draw(self, op: Operation) -> Any:
        key = Expr("name", f"keys[{len(self.keys)}]", outline=jax.eval_shape(lambda: jax.random.key(0)))
        self.keys.append(key)
        for number in self.rounds:
            key = record("call", "jax.random.fold_in", (key, number), {}, jax.random.fold_in)
        name = DRAWS[op.type]
        if not name:
            return self._candidates(op, key)
        arguments, options = self._drawn(op)
        made = record("call", f"jax.random.{name}", (key, *arguments), options, getattr(jax.random, name))
        made = made.T if op.type == "Multinomial" else made
        dtype = np.dtype(op.outputs[0].dtype.array_dtype)
        return made if made.dtype == dtype else made.astype(dtype)

    def _candidates(self, op: Operation, key: Expr) -> Any:
        """What a candidate sampler gives."""
        function = candidates.log_uniform_candidates if op.type.startswith("Log") else candidates.uniform_candidates

        def real(*arguments: Any) -> Any:
            classes, *expected = function(*arguments)
            return (classes.astype(np.int64), *(e.astype(np.float32) for e in expected))

        attrs = op.attrs
        arguments = key, self.read(op.inputs[0]), attrs["num_sampled"], attrs["range_max"], bool(attrs["unique"])
        return record("call", f"lowering.emit.candidates:{function.__name__}", arguments, {}, real)

    def _drawn(self, op: Operation) -> tuple[tuple, dict]:
        """The arguments that the function of `jax.random` gets besides the key."""
        if op.type == "RandomShuffle":
            return (self.read(op.inputs[0]),), {}
        if op.type == "Multinomial":
            logits, count = self.read(op.inputs[0]), int(self._static(op.inputs[1]))
            return (logits,), {"axis": -1, "shape": (count, logits.shape[0])}
        shape = tuple(int(size) for size in self._static(op.inputs[0]))
        if op.type == "RandomUniformInt":
            bounds = [value if isinstance(value, Expr) else int(value) for value in map(self.read, op.inputs[1:])]
            return (shape, *bounds), {}
        limits = (-2.0, 2.0) if op.type == "TruncatedNormal" else ()
        return (*limits, shape, np.dtype(op.attrs["dtype"].array_dtype)), {}

    def _name(self, op: Operation, values: list[Any]) -> None:
        for value in values:
            if isinstance(value, Expr) and value.origin is None:
                value.origin = op

    def _store(self, op: Operation, results: Any) -> None:
        values = _flat(results)
        self._name(op, values)
        rule = registry.find(op.type)
        assert rule is not None
        plain = [t for t in op.outputs if not (rule.writes and t.dtype.is_ref_dtype)]
        self.values.update(zip(plain, values, strict=False))
        arguments = op.arguments
        for at, value in zip(rule.writes, values[len(plain):], strict=True):
            variable = variable_of(arguments[at])
            assert variable is not None
            self.state[variable] = value

    def is_unknown(self, tensor: Tensor) -> bool:
        """Whether the value of a tensor has no form."""
        value = self.values.get(tensor)
        return isinstance(value, Expr) and value.kind == "name" and value.head == "unknown"

    def _store_unknown(self, op: Operation) -> None:
        self.values.update((t, self._unknown(t)) for t in op.outputs if t.dtype.base_dtype.array_dtype is not object)

    def _unknown(self, tensor: Tensor) -> Expr:
        """What stands for a value that has no form."""
        sizes = tuple(1 if n is None else n for n in tensor.sizes or ())
        dtype = np.dtype(tensor.dtype.base_dtype.array_dtype)
        return Expr("name", "unknown", outline=jax.ShapeDtypeStruct(sizes, dtype))

    def _update(self, op: Operation | RowsStep) -> None:
        """A step of an optimizer. Whoever reads the variable after it reads another dictionary."""
        variable = variable_of(op.inputs[0])
        assert variable is not None
        if self.state[variable] is not self.begun[variable]:
            raise UnquotableError(f"{variable.name} is written before it is trained")
        self.updates.append(op)
        old = self.begun[variable]
        outline = jax.ShapeDtypeStruct(old.shape, old.dtype)
        self.trained[variable] = Expr("name", old.head.replace("params", "new_params", 1), outline=outline)
        self.state[variable] = self.trained[variable]

    def _differentiate(self, op: Operation) -> None:
        parts = Parts(op)
        if (loop := next((loop for loop in self.open_loops if _is_between(loop, parts)), None)) is not None:
            raise UnquotableError(
                f"'{loop.name}' loops as often as the data says, and JAX does not differentiate such a loop: "
                "let its condition ask for a count as well, `tf.logical_and(..., i < limit)`")
        parts.leave_out_inner(Tensor.consumers)
        if inner := parts.inside():
            raise UnquotableError(f"'{inner[0].name}' takes rows of a table inside of a conditional or a loop, and how many "
                                  "there are shapes this gradient: gather them outside of it")
        objective: Any = None
        for y, seed in zip(parts.ys, parts.seeds, strict=True):
            value = self.read(y)
            if seed is not None:
                value = value * self.read(seed)
            value = value if value.ndim == 0 else record("call", "jnp.sum", (value,), {}, jax.numpy.sum)
            objective = value if objective is None else objective + value
        gradient = Gradient(op, objective)
        outputs = iter(op.outputs)
        for x, gathers, dense, declared in zip(parts.xs, parts.rows, parts.dense, op.attrs["rows"], strict=True):
            by = [self._moved(gather.outputs[0]) for gather in gathers]
            by += [self._moved(x)] if dense or not gathers else []
            results = [gradient.by(value) for value in by]
            if not declared:
                self.values[next(outputs)] = results[0]
                continue
            taken = [self.read(gather.inputs[1]) for gather in gathers]
            if dense:
                kind = op.named(declared[0]).inputs[1].dtype.base_dtype.array_dtype
                taken.append(jax.numpy.arange(by[-1].shape[0], dtype=kind))
            rows = [r if np.ndim(i) == 1 else r.reshape((-1, *r.shape[np.ndim(i):]))
                    for r, i in zip(results, taken, strict=True)]
            flat = [i if np.ndim(i) == 1 else i.reshape(-1) for i in taken]
            for name, parts_ in (("row_grads", rows), ("indices", flat)):
                joined = _joined(parts_)
                for made in (*parts_, joined):
                    if isinstance(made, Expr) and made.kind != "name" and made.origin is None:
                        made.origin, made.labels = op, [name]
                self.values[next(outputs)] = joined
        self.gradients.append(gradient)

    def _moved(self, x: Tensor) -> Expr:
        """What stands for the tensor that something is differentiated by."""
        variable = variable_of(x)
        value = self.state[variable] if variable is not None else self.read(x)
        if not isinstance(value, Expr):
            raise UnquotableError(f"a gradient by {x.name}, which is a constant")
        return value


def _joined(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else record("call", "jnp.concatenate", (parts,), {}, jax.numpy.concatenate)


def _flat(results: Any) -> list[Any]:
    if isinstance(results, (list, tuple)):
        return [value for result in results for value in _flat(result)]
    if results is None:
        return []
    return [results if isinstance(results, Expr) or tensor_arrays.is_array(results) else np.asarray(results)]


def _unchecked(*arguments: Any) -> None:
    """The emitted module is for inputs that TensorFlow would have let pass."""


def _is_between(loop: Operation, parts: Parts) -> bool:
    """Whether a gradient goes through a loop; of loops inside of others that is not asked."""
    if loop.region is not None:
        return True
    after: set[Operation] = set()
    _add_before(parts.ys, after)
    before: set[Operation] = set()
    _add_before([*loop.inputs, *(t for region in loop.regions for t in region.captures()[0])], before)
    return loop in after and any(x.op in before for x in parts.xs)


def _add_before(tensors: Iterable[Tensor], found: set[Operation]) -> None:
    """Adds all operations that lead to tensors."""
    stack = [t.op for t in tensors]
    while stack:
        op = stack.pop()
        if op not in found:
            found.add(op)
            stack += [t.op for t in op.inputs]


def walk(nodes: list[Operation], trace: Trace, stop: Callable[[Operation], bool] = lambda op: False) -> None:
    """Evaluates `nodes`, in order."""
    for op in nodes:
        if op.type == "Gradients":
            trace.differentiates = True
            parts = Parts(op)
            trace.custom |= parts.custom
            assert trace.differentiated is not None
            _add_before(parts.ys, trace.differentiated)
    for op in nodes:
        if stop(op):
            return
        trace.step(op)
