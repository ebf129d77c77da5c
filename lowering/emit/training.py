"""The step of training in an emitted module: a loss, its gradients, an optimizer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from lowering.emit.expressions import Expr
from lowering.emit.trace import Gradient, Trace
from lowering.slice import variable_of
from tracer import errors
from tracer.ir import Operation

KINDS = {  # the quoted optimizer, and the inputs of the operation that it takes
    "ApplyGradientDescent": ("gradient_descent", (1,), 2, ()),
    "ApplyMomentum": ("momentum", (2, 4), 3, (1,)),
    "ApplyAdagrad": ("adagrad", (2,), 3, (1,)),
    "ApplyAdam": ("adam", (5, 6, 7, 8), 9, (1, 2, 3, 4)),
    "ApplyRMSProp": ("rms_prop", (3, 4, 5, 6), 7, (1, 2)),
}


def slots(nodes: Iterable[Operation]) -> set[Operation]:
    """The variables that optimizers keep for themselves."""
    found = [variable_of(op.inputs[i]) for op in nodes if op.type in KINDS for i in KINDS[op.type][3]]
    return {variable for variable in found if variable is not None}


def trained_by(nodes: Iterable[Operation]) -> list[Operation]:
    """The variables that optimizers change."""
    return list(dict.fromkeys(v for op in nodes if op.type in KINDS and (v := variable_of(op.inputs[0])) is not None))


class Training:
    """What a run does besides computing: which variables are trained, which are slots, which are something else."""

    def __init__(self, trace: Trace, paths: dict[Operation, tuple[str, ...]]) -> None:
        self.trace, self.paths = trace, paths
        unknown = [op for op in trace.updates if op.type not in KINDS]
        if unknown:
            raise errors.UnsupportedError("These optimizers have no form in a module:" + "".join(
                f"\n  {op.type} '{op.name}', recorded at {op.where}" for op in unknown))
        self.trained = trained_by(trace.updates)

    def groups(self) -> list[list[Operation]]:
        """The updates of one optimizer together."""
        found: dict[Any, list[Operation]] = {}
        for op in self.trace.updates:
            hyper = [self.trace.read(op.inputs[i]) for i in KINDS[op.type][1]]
            key = (op.type, *(id(h) if isinstance(h, Expr) else float(h) for h in hyper))
            found.setdefault(key, []).append(op)
        return list(found.values())

    def functions(self, draft: Any) -> list[str]:
        """The text of the module's functions."""
        return Step(self, draft).functions()


class Step:
    """Writes `loss`, `optimizer` and `train_step`."""

    def __init__(self, training: Training, draft: Any) -> None:
        self.training, self.draft, self.trace = training, draft, training.trace
        self.body = draft.body(["opt_state", "grads", "updates", "optimizer", "train_step", "key"])
        self.lines: list[str] = self.body.lines
        self.optimizers: list[str] = []

    def functions(self) -> list[str]:
        """The text of the functions."""
        losses = [self._loss(number, gradient) for number, gradient in enumerate(self.trace.gradients)]
        for number, gradient in enumerate(self.trace.gradients):
            self._gradient(number, gradient)
        results = [self.draft.result(t) for t in self.draft.fetches]
        texts = self._texts(results)
        written = self._written()
        for number, group in enumerate(self.training.groups()):
            self._update(group, number)
        if written:
            self.lines.append(written)
        kept = [*self.draft.arguments(), *(["opt_state"] if self.optimizers else [])]
        returned = ", ".join([*kept, *texts])
        arguments = [*kept, *self.draft.inputs, *(["key"] if self.trace.keys else [])]
        doc = "One step of training. Returns what it was given, as it is after the step" + (
            f", and {', '.join(t.name for t in self.draft.fetches)}." if texts else ".")
        step = self.draft.definition("train_step", arguments, self.lines, returned, doc)
        return [*losses, *self.optimizers, *self._start(), step]

    def _texts(self, results: list[Any]) -> list[str]:
        return self.body.write(results)

    # -- losses and gradients

    def _call(self) -> str:
        return ", ".join([*self.draft.arguments(), *self.draft.inputs, *(["key"] if self.trace.keys else [])])

    def _name(self, word: str, number: int) -> str:
        return word if len(self.trace.gradients) == 1 else f"{word}_{number + 1}"

    def _loss(self, number: int, gradient: Gradient) -> str:
        return self.draft.function(self._name("loss", number), self._call().split(", "), [gradient.objective],
                                   f"What {gradient.op.name} differentiates.")

    def _gradient(self, number: int, gradient: Gradient) -> None:
        name, loss = self._name("grads", number), self._name("loss", number)
        options = self._by(gradient, name)
        if any(self.draft.result(t) is gradient.objective for t in self.draft.fetches):
            value = self.body.names.fresh(f"{loss}_value")
            self.body.give(gradient.objective, value)
            self.lines.append(f"{value}, {name} = jax.value_and_grad({loss}{options})({self._call()})")
        else:
            self.lines.append(f"{name} = jax.grad({loss}{options})({self._call()})")

    def _by(self, gradient: Gradient, name: str) -> str:
        """The argnums of the gradient, where they are not the first; every result gets its text."""
        roots = []
        for x in gradient.by:
            variable = variable_of(x)
            text = self.trace.begun[variable].head if variable is not None else self.trace.values[x].head
            roots.append(text.partition("[")[0])
        arguments = self._call().split(", ")
        chosen = list(dict.fromkeys(roots))
        for x, root, result in zip(gradient.by, roots, gradient.results, strict=True):
            variable = variable_of(x)
            text = self.trace.begun[variable].head if variable is not None else root
            place = name if chosen == [root] else f"{name}[{chosen.index(root)}]"
            self.body.give(result, place + text.removeprefix(root))
        if chosen == arguments[:1]:
            return ""
        places = [arguments.index(root) for root in chosen]
        return f", argnums={places[0] if len(places) == 1 else tuple(places)}"

    # -- optimizers

    def _suffix(self, number: int) -> str:
        return "" if len(self.training.groups()) == 1 else f"_{number + 1}"

    def _update(self, group: list[Operation], number: int) -> None:
        function, hyper, gradient, _ = KINDS[group[0].type]
        values = [self.trace.read(group[0].inputs[i]) for i in hyper]
        if group[0].type == "ApplyAdagrad":
            values.append(np.float32(self._initial(group)))
        head = self.draft.quotes.need("lowering.emit.optimizers", function)
        grads = [self.trace.read(op.inputs[gradient]) for op in group]
        name = f"optimizer{self._suffix(number)}"
        written = iter(self._texts([v for v in values if isinstance(v, Expr)]))
        texts = [next(written) if isinstance(v, Expr) else self.body.text(v) for v in values]
        made = f"{head}({', '.join(texts)})"
        if any(isinstance(v, Expr) for v in values):
            self.lines.append(f"{name} = {made}")
            resting = ["0.0" if isinstance(v, Expr) else text for v, text in zip(values, texts, strict=True)]
            self.optimizers.append(f"{name} = {head}({', '.join(resting)})")
        else:
            self.optimizers.append(f"{name} = {made}")
        state = "opt_state" if not self._suffix(number) else f'opt_state["{name}"]'
        tree, params = self._gradient_tree(group, grads), self._tree(group)
        self.lines.append(f"updates, {state} = {name}.update({tree}, {state}, {params})")
        changed = f"optax.apply_updates({params}, updates)"
        self.lines.append(f"params = {changed if params == 'params' else self._merged('params', changed, group)}")

    def _merged(self, root: str, changed: str, group: list[Operation]) -> str:
        """`root` with some of its entries changed."""
        if self._divides(group):
            return f"{{**{root}, **{changed}}}"
        return f"{self.draft.quotes.need('lowering.emit.trees', 'merged')}({root}, {changed})"

    def _divides(self, group: list[Operation]) -> bool:
        """Whether no other trained variable is under the first names of these."""
        mine = {variable_of(op.inputs[0]) for op in group}
        heads = {self.training.paths[v][0] for v in mine if v is not None}
        return not any(self.training.paths[v][0] in heads for v in self.training.trained if v not in mine)

    def _start(self) -> list[str]:
        groups = self.training.groups()
        if len(groups) < 2:
            return []
        entries = ", ".join(f'"optimizer_{n + 1}": optimizer_{n + 1}.init({self._tree(g)})' for n, g in enumerate(groups))
        return [f'def init_optimizers(params):\n    """The state that train_step starts from."""\n    return {{{entries}}}']

    def _initial(self, group: list[Operation]) -> float:
        """The number that the sums of squares start from."""
        slot = variable_of(group[0].inputs[1])
        assert slot is not None
        assigned = next((c.inputs[1] for c in slot.outputs[0].consumers() if c.type == "Assign"), None)
        value = assigned.op.attrs.get("value") if assigned is not None else None
        if value is None:
            raise errors.UnsupportedError(f"The slot {slot.name} does not start from a constant")
        return float(np.asarray(value).flat[0])

    def _paths(self, group: list[Operation]) -> list[tuple[str, ...]]:
        return [self.training.paths[v] for op in group if (v := variable_of(op.inputs[0])) is not None]

    def _tree(self, group: list[Operation]) -> str:
        """The part of the parameters that these train."""
        if {variable_of(op.inputs[0]) for op in group} == set(self.training.trained):
            return "params"
        if self._divides(group):
            heads = dict.fromkeys(path[0] for path in self._paths(group))
            return "{" + ", ".join(f'"{head}": params["{head}"]' for head in heads) + "}"
        return dictionary({path: access("params", path) for path in self._paths(group)})

    def _gradient_tree(self, group: list[Operation], grads: list[Any]) -> str:
        paths, texts = self._paths(group), self._texts(grads)
        root = texts[0].partition("[")[0]
        if self._tree(group) == "params" and texts == [access(root, path) for path in paths]:
            return root
        if self._divides(group) and texts == [access(root, path) for path in paths]:
            heads = dict.fromkeys(path[0] for path in paths)
            return "{" + ", ".join(f'"{head}": {root}["{head}"]' for head in heads) + "}"
        return dictionary(dict(zip(paths, texts, strict=True)))

    # -- everything else that is written

    def _written(self) -> str:
        """The statement that changes all other variables; what it needs is computed from the old ones."""
        changed = {v: value for v, value in self.trace.state.items()
                   if value is not self.trace.begun[v] and v not in self.draft.slots and v not in self.training.trained}
        if not changed:
            return ""
        texts = dict(zip(changed, self._texts(list(changed.values())), strict=True))
        root = self.trace.begun[next(iter(changed))].head.partition("[")[0]
        tree = {self.training.paths[v]: text for v, text in texts.items()}
        if all(len(path) == 1 for path in tree):
            whole = len(tree) == len(self.draft.others)
            return f"{root} = {dictionary(tree) if whole else '{**' + root + ', ' + dictionary(tree)[1:]}"
        return f"{root} = {self.draft.quotes.need('lowering.emit.trees', 'merged')}({root}, {dictionary(tree)})"


def access(root: str, path: tuple[str, ...]) -> str:
    """The entry of a nested dictionary as source."""
    return root + "".join(f'["{part}"]' for part in path)


def dictionary(leaves: dict[tuple[str, ...], str]) -> str:
    """A nested dictionary as source."""
    heads: dict[str, dict[tuple[str, ...], str]] = {}
    for path, text in leaves.items():
        heads.setdefault(path[0], {})[path[1:]] = text
    return "{" + ", ".join(f'"{head}": ' + (inner[()] if () in inner else dictionary(inner))
                           for head, inner in heads.items()) + "}"
