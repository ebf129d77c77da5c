"""The step of training in an emitted module: a loss, its gradients, an optimizer, and what else is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from lowering import registry
from lowering.emit.expressions import Expr, expressions
from lowering.emit.naming import place
from lowering.emit.optimizers import KINDS, made
from lowering.emit.parallel import alike, below, shared
from lowering.emit.paths import Path, access, cover, dictionary, rebuilt, subtree
from lowering.emit.resumed import Resumed
from lowering.emit.trace import Gradient, Trace
from lowering.slice import VARIABLES, variable_of
from tracer import errors
from tracer.ir import Operation, Tensor

WORTH = 4
"""Expressions of so many parts are handed out of the loss instead of being computed again."""
LISTED = 3
"""So many rows of one table are one argument of the loss."""


def slots(nodes: list[Operation], fetches: Iterable[Tensor] = ()) -> set[Operation]:
    """The variables that optimizers keep for themselves. A power that a step of rows reads as well is an ordinary one."""
    found = [variable_of(op.inputs[i]) for op in nodes if op.type in KINDS for i in KINDS[op.type].slots]
    kept = {variable for variable in found if variable is not None}
    read = {variable_of(t) for t in fetches}
    powers = {v for op in nodes if op.type == "ApplyAdam" for i in (3, 4) if (v := variable_of(op.inputs[i])) is not None}
    return {v for v in kept if v not in powers or not (v in read or _is_used(v, nodes))}


def _is_used(power: Operation, nodes: list[Operation]) -> bool:
    """Whether a power goes into anything but optimizers' operations and what it becomes itself."""
    reached: set[Operation] = set()
    for op in nodes:
        if op.type in VARIABLES or op.type in KINDS:
            continue
        if any(t.op in reached or variable_of(t) is power for t in op.inputs):
            if op.type == "Assign":
                if variable_of(op.inputs[0]) is not power:
                    return True
            elif registry.find(op.type) is not None and registry.find(op.type).writes:  # type: ignore[union-attr]
                return True
            else:
                reached.add(op)
    return False


def trained_by(nodes: Iterable[Operation]) -> list[Operation]:
    """The variables that optimizers change, or by which something is differentiated."""
    found = [variable_of(op.inputs[0]) for op in nodes if op.type in KINDS]
    for op in nodes:
        if op.type == "Gradients":
            count = op.attrs["ys"]
            found += [variable_of(t) for t in op.inputs[count:count + op.attrs["xs"]]]
    return list(dict.fromkeys(variable for variable in found if variable is not None))


class Group:
    """The updates of one optimizer."""

    def __init__(self, operations: list[Operation], name: str) -> None:
        self.operations, self.name, self.kind = operations, name, KINDS[operations[0].type]
        self.variables = [v for op in operations if (v := variable_of(op.inputs[0])) is not None]
        self.momentum, self.decay = True, ""  # whether it has one, and Adam's second number as source


class Step:
    """Writes `loss`, the optimizers and `train_step`."""

    def __init__(self, draft: Any) -> None:
        self.draft, self.trace = draft, draft.trace
        self.paths: dict[Operation, Path] = draft.paths
        self.all_paths = [self.paths[v] for v in draft.trained]
        self.groups = self._groups()
        self.losses = self._loss_names()
        taken = ["grads", "updates", "new_params", "new_state", "opt_state", "train_step", "key", "keys",
                 *self.losses, *(group.name for group in self.groups)]
        self.body = draft.body(taken)
        self.lines: list[str] = self.body.lines
        self.defined: list[str] = []  # the functions before train_step
        self.optimizers: list[str] = []

    # -- what there is

    def _groups(self) -> list[Group]:
        found: dict[Any, list[Operation]] = {}
        for op in self.trace.updates:
            hyper = [self.trace.read(op.inputs[i]) for _, i in KINDS[op.type].hyper]
            key = (op.type, *(id(h) if isinstance(h, Expr) else float(h) for h in hyper))
            found.setdefault(key, []).append(op)
        if len(found) == 1:
            return [Group(operations, "optimizer") for operations in found.values()]
        names: dict[str, Group] = {}
        for number, operations in enumerate(found.values(), 1):
            said = self._said(operations[-1])
            name = said if "opt" in said.lower() else f"{said}_optimizer" if said else f"optimizer_{number}"
            name = name if name not in names else f"{name}_{number}"
            names[name] = Group(operations, name)
        return list(names.values())

    def _said(self, update: Operation) -> str:
        """What the script calls the step that an update is part of."""
        for op in update.graph.get_operations()[update._id:]:
            if op.where == update.where and op in self.draft.script:
                return self.draft.script[op]
        return ""

    def _loss_names(self) -> list[str]:
        gradients: list[Gradient] = self.trace.gradients
        if len(gradients) < 2:
            return ["loss"]
        names: list[str] = []
        for number, gradient in enumerate(gradients, 1):
            name = self.draft.script.get(gradient.op.inputs[0].op, f"loss_{number}")
            names.append(name if name not in names and name not in self.draft.inputs else f"loss_{number}")
        return names

    def _roots(self) -> tuple[list[Any], list[Any], dict[Operation, Any]]:
        """What a step computes besides gradients: for its optimizers, for its result, for variables."""
        early: list[Any] = []
        for group in self.groups:
            early += [self.trace.read(op.inputs[i]) for op in group.operations[:1] for _, i in group.kind.hyper]
            early += [self.trace.read(op.inputs[group.kind.gradient]) for op in group.operations]
        results = [self.draft.result(t) for t in self.draft.fetches]
        written = {v: value for v, value in self.trace.state.items()
                   if v in self.trace.begun and value is not self.trace.begun[v]
                   and value is not self.trace.trained.get(v) and v not in self.draft.slots}
        simple = self.body.simple
        return simple(early), simple(results), {v: simple(value) for v, value in written.items()}

    # -- text

    def functions(self) -> list[str]:
        """The text of the functions."""
        early, results, written = self._roots()
        self._check_names(early, [results, list(written.values())])
        outside = [*early, *results, *written.values()]
        self.body.count(outside)
        moved = [self.body.simple(value) for gradient in self.trace.gradients for value, _ in gradient.results]
        for name, gradient in zip(self.losses, self.trace.gradients, strict=True) if self.trace.gradients else ():
            self._gradient(name, gradient, outside, moved)
        changes: dict[Path, str] = {}
        for number, group in enumerate(self.groups):
            self._update(group, changes, number)
        texts = self.body.texts(results)
        roots = [*self.draft.arguments(), *(["opt_state"] if self.groups else [])]
        returned = list(self.draft.arguments())
        self._written({v: value for v, value in written.items() if v in self.draft.trained}, changes, "params", returned)
        state = {v: value for v, value in written.items() if v not in self.draft.trained}
        self._written(state, {}, "state", returned)
        returned += [*(["opt_state"] if self.groups else []), *texts]
        arguments = [*roots, *self.draft.inputs]
        trains = self.trace.gradients or self.groups
        doc = ("One step of training." if trains else "One run, which writes variables.") + (
            " Returns what it changes") + (
            f", and {_enumerated(self.draft.said(t) for t in self.draft.fetches)}." if texts else ".")
        name = "train_step" if trains else "step"
        text, _ = self.draft.definition(name, arguments, self.lines, ", ".join(returned), doc, keep=arguments)
        resumed = Resumed(self.groups, [self._prefixes(group) for group in self.groups], self.paths)
        return [*self.defined, *self.optimizers, *self._start(), *resumed.function(), text]

    def _check_names(self, early: list[Any], late: list[Any]) -> None:
        """Errors for what cannot be read where it is needed."""
        early = [early, *([gradient.objective, [value for value, _ in gradient.results]]
                          for gradient in self.trace.gradients)]
        trained = "A gradient is taken after {} has been trained, in the same run: emit the two operations one by one."
        slot = "The run reads {}, which is part of the optimizer's state: fetch what does not need it."
        for value, root, why in ((early, "new_params", trained), ([early, late], "slots", slot)):
            for e in below(value).values():
                if e.kind == "name" and e.head.startswith(root):
                    raise errors.UnsupportedError(why.format(e.head.removeprefix(root)))

    # -- losses and gradients

    def _gradient(self, name: str, gradient: Gradient, outside: list[Any], moved: list[Expr]) -> None:
        body = self.draft.body()
        objective = body.simple(gradient.objective)
        by = self._moved(gradient, body)
        handed = self._shared(objective, outside, moved)
        if len(self.trace.gradients) == 1:
            self.defined += self.draft.model(objective, body, [*(e for group in by.values() for e in group), *handed])
        texts = body.write([objective, *handed])
        returned = texts[0] if not handed else f"{texts[0]}, {_bundle(texts[1:])}"
        said = self.draft.script.get(gradient.op.inputs[0].op, "")
        doc = f"What is differentiated{f', {said}' if said and said != name else ''} ({place(gradient.op.inputs[0].op)})."
        arguments = [*self.draft.arguments(), *by, *self.draft.inputs]
        text, used = self.draft.definition(name, arguments, body.lines, returned, doc)
        self.defined.append(text)
        for argument, values in by.items():
            self._argument(argument, values)
        self._call(name, gradient, objective, handed, used, by, outside)

    def _moved(self, gradient: Gradient, body: Any) -> dict[str, list[Expr]]:
        """The arguments of a loss that are neither variables nor fed: one expression each, or rows of one table."""
        values = [value for value in map(body.simple, dict(gradient.results)) if value.kind != "name"]
        tables: dict[str, list[Expr]] = {}
        for value in values:
            tables.setdefault(_table(value), []).append(value)
        by: dict[str, list[Expr]] = {}
        for table, rows in tables.items():
            if table and len(rows) >= LISTED:
                name = body.names.fresh(f"{_last(table)}_rows")
                by[name] = rows
                body.give_list(name, rows)
            else:
                for value in rows:
                    by[body.give(value, body.names.fresh(*self.draft.wanted(value)))] = [value]
        return by

    def _argument(self, name: str, values: list[Expr]) -> None:
        """The statement that gives an argument of a loss its value."""
        if len(values) == 1:
            self.body.name(values[0], name, exact=True)
            return
        table = self.body.text(values[0].args[0])
        places = ", ".join(self.body.text(value.args[1]) for value in values)
        self.lines.append(f"{name} = [{table}[indices] for indices in [{places}]]")
        self.body.names.take([name])
        self.body.give_list(name, values)

    def _shared(self, objective: Expr, outside: list[Any], moved: list[Expr]) -> list[Expr]:
        """What a step computes besides, and the loss has computed already."""
        inside = below(objective, {id(value) for value in moved})
        objectives = {id(self.body.simple(gradient.objective)) for gradient in self.trace.gradients}
        found: dict[int, Expr] = {}
        seen: set[int] = set()
        stack = [e for root in outside for e in expressions(root)]
        while stack:
            expr = stack.pop()
            if id(expr) in seen or id(expr) in objectives or id(expr) in self.body.known:
                continue
            seen.add(id(expr))
            worth = [e for e in below(expr).values() if e.kind not in ("name", "attribute")] if id(expr) in inside else []
            if len(worth) >= WORTH and not any(expr is value for value in moved):
                found[id(expr)] = expr
            else:
                stack += expressions([list(expr.args), expr.kwargs])
        return _fewest(sorted(found.values(), key=lambda expr: expr.number), objective, outside)

    def _call(self, name: str, gradient: Gradient, objective: Expr, handed: list[Expr], used: list[str],
              by: dict[str, list[Expr]], outside: list[Any]) -> None:
        """The line that calls the gradient of the loss."""
        roots: dict[str, str] = {}  # the arguments of the loss it is differentiated by, and what those gradients are called
        alone = len(self.losses) == 1
        for value, result in gradient.results:
            value = self.body.simple(value)
            text = self.body.known.get(id(value), value.head)
            root = text.partition("[")[0]
            if root not in roots:
                wanted = ("grads" if alone else f"{name}_grads") if root == "params" else f"{root}_grad"
                roots[root] = self.body.names.fresh(wanted, exact=True) if wanted != "grads" else "grads"
            self.body.give(result, roots[root] + text.removeprefix(root))
            if len(by.get(root, ())) > 1:
                self.body.lists[roots[root]] = len(by[root])
        roots = {root: roots[root] for root in sorted(roots, key=used.index)}
        places = [used.index(root) for root in roots]
        options = "" if places == [0] else f", argnums={places[0] if len(places) == 1 else tuple(places)}"
        options += ", has_aux=True" if handed else ""
        if "params" in roots:
            zero = self._zero(gradient)
            self.body.trees[roots["params"]] = {access(roots["params"], path) for path in self.all_paths if path not in zero}
        call = f"({name}{options})({', '.join(used)})"
        left = _bundle(list(roots.values()))
        values: list[str] = []
        if any(id(objective) in below(root) for root in outside):
            values.append(self.body.give(objective, self.body.names.fresh(f"{name}_value")))
        if handed:
            values.append(_bundle([self.body.give(e, self.body.names.fresh(*self.draft.wanted(e))) for e in handed]))
        if len(values) == 2 or (values and not handed):
            first = values[0] if len(values) == 1 else f"({', '.join(values)})"
            self.lines.append(f"{first}, {left} = jax.value_and_grad{call}")
        elif handed:
            self.lines.append(f"{left}, {values[0]} = jax.grad{call}")
        else:
            self.lines.append(f"{left} = jax.grad{call}")

    def _zero(self, gradient: Gradient) -> set[Path]:
        """Where the gradient by the parameters is zero: what is only read by rows, which are arguments of the loss."""
        read = {e.head for value, _ in gradient.results if (e := self.body.simple(value)).kind == "name"}
        return {path for path in self.all_paths if access("params", path) not in read}

    # -- optimizers

    def _update(self, group: Group, changes: dict[Path, str], number: int) -> None:
        simple = self.body.simple
        first = group.operations[0]
        numbers: dict[str, str | None] = {}
        computed: dict[str, str] = {}
        for name, i in group.kind.hyper:
            value = simple(self.trace.read(first.inputs[i]))
            numbers[name] = None if isinstance(value, Expr) else self.body.text(value)
            if isinstance(value, Expr):
                computed[name] = self.body.text(value)
        group.momentum, group.decay = numbers.get("momentum") != "0.0", numbers.get("b2") or ""
        why = f"# {group.kind.why}\n" if group.kind.why else ""
        self.optimizers.append(f"{why}{group.name} = {made(group.kind, numbers, self._extra(group))}")
        prefixes = self._prefixes(group)
        gradients = {self.paths[v]: simple(self.trace.read(op.inputs[group.kind.gradient]))
                     for op, v in zip(group.operations, group.variables, strict=True)}
        state = "opt_state" if len(self.groups) == 1 else f'opt_state["{group.name}"]'
        tree = subtree("params", prefixes)
        gradient = self._tree(gradients, prefixes)
        after = state if len(self.groups) == 1 else f"{group.name}_state"
        if computed:
            settings = ", ".join(f"{name}={text}" for name, text in computed.items())
            self.lines.append(f"{after} = optax.tree.set({state}, {settings})")
            state = after
        updates = "updates" if len(self.groups) == 1 else f"{group.name}_updates"
        self.lines.append(f"{updates}, {after} = {group.name}.update({gradient}, {state}, {tree})")
        applied = f"optax.apply_updates({tree}, {updates})"
        if len(prefixes) == 1:
            changes[prefixes[0]] = applied
        else:
            name = self.body.names.fresh("trained" if len(self.groups) == 1 else f"trained_{number + 1}", exact=True)
            self.lines.append(f"{name} = {applied}")
            changes.update({prefix: access(name, prefix) for prefix in prefixes})
        if number == len(self.groups) - 1:
            self._all_updated(changes)

    def _prefixes(self, group: Group) -> list[Path]:
        """The parts of the parameters that an optimizer gets: all, where the gradient by the others is zero."""
        paths = [self.paths[v] for v in group.variables]
        if len(self.groups) == 1 and len(self.trace.gradients) == 1 and len(paths) > 1:
            values = {path: self.body.simple(self.trace.read(op.inputs[group.kind.gradient]))
                      for path, op in zip(paths, group.operations, strict=True)}
            others = set(self.all_paths) - set(paths)
            if others and others <= self._zero(self.trace.gradients[0]) and alike(values, self.body.known) is not None:
                return [()]
        return cover(paths, self.all_paths)

    def _all_updated(self, changes: dict[Path, str]) -> None:
        if len(self.groups) > 1:
            entries = ", ".join(f'"{group.name}": {group.name}_state' for group in self.groups)
            self.lines.append(f"opt_state = {{{entries}}}")
        self.lines.append(f"new_params = {rebuilt('params', changes, self.all_paths)}")

    def _extra(self, group: Group) -> dict[str, str]:
        op = group.operations[0]
        if op.type == "ApplyAdam":
            return {"epsilon": self.body.text(self.body.simple(self.trace.read(op.inputs[8])))}
        return {"start": self.body.text(np.float32(self._initial(op)))} if op.type == "ApplyAdagrad" else {}

    def _initial(self, op: Operation) -> float:
        """The number that the sums of squares start from."""
        slot = variable_of(op.inputs[1])
        assert slot is not None
        assigned = next((c.inputs[1] for c in slot.outputs[0].consumers() if c.type == "Assign"), None)
        value = assigned.op.attrs.get("value") if assigned is not None else None
        if value is None:
            raise errors.UnsupportedError(f"The slot {slot.name} does not start from a constant")
        return float(np.asarray(value).flat[0])

    def _start(self) -> list[str]:
        if len(self.groups) < 2:
            return []
        trees = [subtree("params", self._prefixes(group)) for group in self.groups]
        entries = ", ".join(f'"{group.name}": {group.name}.init({tree})'
                            for group, tree in zip(self.groups, trees, strict=True))
        lines = ['"""The opt_state that train_step starts from."""', f"return {{{entries}}}"]
        return ["def init_optimizers(params):\n" + "\n".join("    " + line for line in lines)]

    def _tree(self, values: dict[Path, Any], prefixes: list[Path]) -> str:
        """The tree of `values`: what exists already, the same computation for each of an existing one, or one by one."""
        parts = {prefix: self._part({path: value for path, value in values.items() if path[:len(prefix)] == prefix}, prefix)
                 for prefix in prefixes}
        return parts[prefixes[0]] if len(prefixes) == 1 else dictionary(parts)

    def _part(self, values: dict[Path, Any], prefix: Path) -> str:
        """The tree of `values` below `prefix`, all of whose leaves they are."""
        roles = alike(values, self.body.known)
        if roles is not None:
            root = next(iter(roles))
            if next(iter(values.values())) is roles[root]:
                return access(root, prefix)
            mapped = self._mapped(list(values.values()), roles, prefix)
            if mapped is not None:
                return mapped
        texts = dict(zip(values, self.body.texts(list(values.values())), strict=True))
        return dictionary({path[len(prefix):]: text for path, text in texts.items()}) if () not in {
            path[len(prefix):] for path in texts} else next(iter(texts.values()))

    def _mapped(self, values: list[Expr], roles: dict[str, Expr], prefix: Path) -> str | None:
        """Values for all entries at once, as a `jax.tree.map`."""
        names = {"grads": "grad", "params": "param", "new_params": "param"}
        parameters: dict[str, str] = {}
        for root in roles:
            plain = root.rpartition('["')[2].removesuffix('"]')
            wanted = names.get(root, "grad" if plain.endswith("grads") else "average" if "verage" in plain else "x")
            parameters[root] = wanted if wanted not in parameters.values() else f"{wanted}_{len(parameters)}"
        text = self.body.inner(values[0], {id(roles[root]): name for root, name in parameters.items()}, shared(values))
        if text is None:
            return None
        return f"jax.tree.map(lambda {', '.join(parameters.values())}: {text}, " + ", ".join(
            access(root, prefix) for root in parameters) + ")"

    # -- everything else that is written

    def _written(self, values: dict[Operation, Any], changes: dict[Path, str], root: str, returned: list[str]) -> None:
        """The statement that makes the new dictionary of variables."""
        if root not in returned:
            return
        if not values:
            if changes:
                returned[returned.index(root)] = f"new_{root}"
            return
        paths = {self.paths[v]: value for v, value in values.items()}
        whole = self.all_paths if root == "params" else [self.paths[v] for v in self.draft.others]
        found: dict[Path, str] = {}
        for prefix in cover(list(paths), whole):
            found.update(self._entries({p: value for p, value in paths.items() if p[:len(prefix)] == prefix}, root))
        made = f"new_{root}" if root == "params" and self.groups else root
        statement = f"new_{root} = {rebuilt(made, found, whole)}"
        self.lines.append(statement)
        returned[returned.index(root)] = f"new_{root}"

    def _entries(self, values: dict[Path, Any], root: str) -> dict[Path, str]:
        """The new entries; those of a slot that every parameter has, all at once."""
        found: dict[Path, str] = {}
        for head in dict.fromkeys(path[0] for path in values):
            inside = {path[1:]: value for path, value in values.items() if path[0] == head}
            if root == "state" and len(inside) > 1 and set(inside) == set(self.all_paths):
                found[(head,)] = self._part(inside, ())
            else:
                texts = self.body.texts(list(inside.values()))
                found.update({(head, *path): text for path, text in zip(inside, texts, strict=True)})
        return found


def _fewest(pieces: list[Expr], objective: Expr, outside: list[Any]) -> list[Expr]:
    """Where several pieces are all that something else is made of, that in their place."""
    if len(pieces) < 2:
        return pieces
    ids = {id(piece) for piece in pieces}
    inside = below(objective)
    outside = [root for root in outside if isinstance(root, Expr) and root is not objective]
    for root in outside:
        table = below(root)
        used = ids & set(table)
        names = [e for e in table.values() if e.kind == "name" and id(e) not in inside]
        elsewhere = [other for other in outside if other is not root and used & set(below(other))]
        if len(used) > 1 and not names and not elsewhere and id(objective) not in table:
            return _fewest([*(piece for piece in pieces if id(piece) not in used), root], objective, outside)
    return pieces


def _table(value: Expr) -> str:
    """The variable whose rows an expression is; "" where it is something else."""
    plain = value.kind == "index" and value.args[0].kind == "name" and isinstance(value.args[1], Expr)
    return value.args[0].head if plain else ""


def _last(access: str) -> str:
    return access.rpartition('["')[2].removesuffix('"]')


def _bundle(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


def _enumerated(words: Iterable[str]) -> str:
    return ", ".join(words)


def is_training(trace: Trace) -> bool:
    """Whether a run differentiates, trains or writes variables, so that it is a step."""
    return bool(trace.gradients or trace.updates
                or any(value is not trace.begun[v] for v, value in trace.state.items() if v in trace.begun))
