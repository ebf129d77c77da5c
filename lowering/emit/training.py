"""The step of training in an emitted module: a loss, its gradients, an optimizer, and what else is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from lowering.emit.expressions import Expr
from lowering.emit.groups import Group
from lowering.emit.losses import Losses
from lowering.emit.optimizers import KINDS
from lowering.emit.parallel import below
from lowering.emit.paths import Path, access, cover, rebuilt
from lowering.emit.resumed import Resumed
from lowering.emit.rows import RowsStep
from lowering.emit.trace import Gradient
from lowering.emit.updates import Updates
from tracer import errors
from tracer.ir import Operation

SHORT = 76
"""What is returned is one line."""


class Step(Losses, Updates):
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
        found: dict[Any, list[Operation | RowsStep]] = {}
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

    def _said(self, update: Operation | RowsStep) -> str:
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
            early += [self.trace.read(op.indices) for op in group.operations if isinstance(op, RowsStep)]
        results = [self.draft.result(t) for t in self.draft.fetches]
        written = {v: value for v, value in self.trace.state.items()
                   if v in self.trace.begun and value is not self.trace.begun[v]
                   and value is not self.trace.trained.get(v) and v not in self.draft.slots}
        simple = self.body.simple
        return simple(early), simple(results), {v: simple(value) for v, value in written.items()}

    # -- text

    def functions(self) -> list[str]:
        """The text of the functions."""
        self.draft.repeats.look([[self.body.simple(gradient.objective)] for gradient in self.trace.gradients])
        early, results, written = self._roots()
        self._check_names(early, [results, list(written.values())])
        before = early
        early, results, written = self._with_calls(early, results, written)
        self.with_calls = {id(old): (new, old) for old, new in zip(before, early, strict=True)}
        self.later = [*results, *written.values()]
        outside = [*early, *self.later]
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
        self._return_at_once(returned)
        arguments = [*roots, *self.draft.inputs]
        trains = self.trace.gradients or self.groups
        doc = ("One step of training." if trains else "One run, which writes variables.") + (
            " Returns what it changes") + (
            f", and {_enumerated(self.draft.said(t) for t in self.draft.fetches)}." if texts else ".")
        doc += self.draft.said_lists()
        name = "train_step" if trains else "step"
        text, _ = self.draft.definition(name, arguments, self.lines, ", ".join(returned), doc, keep=arguments)
        resumed = Resumed(self.groups, [self._prefixes(group) for group in self.groups], self.paths)
        return [*self.defined, *self.optimizers, *self._start(), *resumed.function(), text]

    def _return_at_once(self, returned: list[str]) -> None:
        """Returns what a statement makes of the parameters at once, where it is short and nothing else reads it."""
        places = [i for i, line in enumerate(self.lines) if line.startswith("new_params = ")]
        if len(places) != 1 or "new_params" not in returned:
            return
        (place,) = places
        made = self.lines[place].removeprefix("new_params = ")
        others = "\n".join([*self.lines[:place], *self.lines[place + 1:]])
        whole = ", ".join(returned).replace("new_params", made)
        if len(whole) <= SHORT and "\n" not in made and not re.search(r"\bnew_params\b", others):
            del self.lines[place]
            returned[returned.index("new_params")] = made

    def _with_calls(self, early: list, results: list, written: dict[Operation, Any]) -> tuple[list, list, dict]:
        """The same with calls of functions for what is there again and again, outside of what is differentiated."""
        gradients = [[gradient.objective, *(value for value, _ in gradient.results)] for gradient in self.trace.gradients]
        whole = {head for head in {self.paths[v][0] for v in written if v not in self.draft.trained}
                 if {self.paths[v][1:] for v in written if self.paths[v][0] == head} == set(self.all_paths)}
        apart = {v for v in written if v not in self.draft.trained and self.paths[v][0] in whole}  # it is written once
        inside = {key: "" for key, e in below(self.body.simple(gradients)).items() if e.kind != "name"}
        some = [v for v in written if v not in apart]
        early, results, values = self.draft.repeats([early, results, [written[v] for v in some]], inside)
        self.body.names.take(self.draft.repeats.names)
        self.called = early, results, values  # held, so that no other expression gets their ids
        changed = dict(zip(some, values, strict=True))
        return early, results, {v: changed.get(v, value) for v, value in written.items()}

    def _check_names(self, early: list[Any], late: list[Any]) -> None:
        """Errors for what cannot be read where it is needed."""
        early = [early, *([gradient.objective, [value for value, _ in gradient.results]]
                          for gradient in self.trace.gradients)]
        trained = "A gradient is taken after {} has been trained, in the same run: emit the two operations one by one."
        for gradient in self.trace.gradients:
            inside = below([self.body.simple(gradient.objective)])
            other = next((o for o in self.trace.gradients if any(
                id(self.body.simple(result)) in inside for _, result in o.results)), None)
            if other is not None:
                raise errors.UnsupportedError(
                    f"A gradient is part of what is differentiated: {other.op.name}, recorded at {other.op.where}. A module "
                    "has no form for that; tracer.to_jax and tracer.export take it.")
        slot = "The run reads {}, which is part of the optimizer's state: fetch what does not need it."
        for value, root, why in ((early, "new_params", trained), ([early, late], "slots", slot)):
            for e in below(value).values():
                if e.kind == "name" and e.head.startswith(root):
                    raise errors.UnsupportedError(why.format(e.head.removeprefix(root)))


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
        if any(line.startswith("new_params = optax.apply_updates(params,") for line in self.lines) and root == "params":
            self.lines += [f"{access(made, path)} = {text}" for path, text in found.items()]  # it is new all through
            returned[returned.index(root)] = made
            return
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


def _enumerated(words: Iterable[str]) -> str:
    return ", ".join(words)

