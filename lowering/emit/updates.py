"""Optimizers, and the lines that update parameters with them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

from lowering.emit.expressions import Expr
from lowering.emit.groups import Group
from lowering.emit.optimizers import made
from lowering.emit.parallel import alike, below, shared
from lowering.emit.paths import Path, access, cover, dictionary, rebuilt, subtree
from lowering.emit.render import Body
from lowering.emit.rows import RowsStep
from lowering.emit.simple import unfolded
from lowering.emit.trace import Gradient, Trace
from lowering.plan.slice import variable_of
from tracer import errors
from tracer.ir import Operation


class Rows(NamedTuple):
    """The gradient by a table of which only some rows have one."""

    indices: Expr
    grads: Expr


class Updates:
    """Writes what optimizers do."""

    draft: Any
    trace: Trace
    body: Body
    lines: list[str]
    groups: list[Group]
    optimizers: list[str]
    paths: dict[Operation, Path]
    all_paths: list[Path]
    later: list[Any]  # what a step computes after its optimizers
    with_calls: dict[int, tuple[Any, Any]]  # what optimizers are given, with calls of functions for what is there often

    def _zero(self, gradient: Gradient) -> set[Path]:
        raise NotImplementedError

    def _update(self, group: Group, changes: dict[Path, str], number: int) -> None:
        simple = self.body.simple
        first = group.operations[0]
        numbers: dict[str, str | None] = {}
        computed: dict[str, str] = {}
        for name, i in group.kind.hyper:
            value = simple(self.trace.read(first.inputs[i]))
            numbers[name] = None if isinstance(value, Expr) else self.body.text(_plain(value))
            if isinstance(value, Expr):
                computed[name] = self.body.text(value)
        group.computed = bool(computed)
        group.momentum, group.decay = numbers.get("momentum") != "0.0", numbers.get("b2") or ""
        why = f"# {group.kind.why}\n" if group.kind.why else ""
        if computed:
            why += f"# train_step sets the {', '.join(computed)}.\n".replace("_", " ").replace("train step", "train_step")
        kind = group.kind
        if ":" in kind.function:
            kind = kind._replace(function=self.draft.quotes.need(*kind.function.split(":")))
        self.optimizers.append(f"{why}{group.name} = {made(kind, numbers, self._extra(group))}")
        prefixes = self._prefixes(group)
        gradients = {self.paths[v]: self._gradient_of(op, group.kind.gradient)
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
        if "(" in gradient:
            gradient = self._named(gradient)
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

    def _gradient_of(self, op: Operation | RowsStep, place: int) -> Any:
        """The gradient that an update is given."""
        value = self.body.simple(self.trace.read(op.inputs[place]))
        return Rows(*unfolded(self.body.simple(self.trace.read(op.indices)), value)) if isinstance(op, RowsStep) else value

    def _named(self, gradient: str) -> str:
        """A name for a tree of gradients; it is that of those it is made of, where nothing else reads them."""
        alone = len(self.groups) == 1 and gradient.endswith(", grads)") and not any(
            self.body.known.get(id(e), "").startswith("grads") for e in below(self.later, self.body.known).values())
        name = "grads" if alone else self.body.names.fresh("new_grads", exact=True)
        self.lines.append(f"{name} = {gradient}")
        return name

    def _prefixes(self, group: Group) -> list[Path]:
        """The parts of the parameters that an optimizer gets: all, where the gradient by the others is zero."""
        paths = [self.paths[v] for v in group.variables]
        if len(self.groups) == 1 and len(self.trace.gradients) == 1 and len(paths) > 1:
            values = {path: self.body.simple(self.trace.read(op.inputs[group.kind.gradient]))
                      for path, op in zip(paths, group.operations, strict=True) if not isinstance(op, RowsStep)}
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
            return {"epsilon": self.body.text(_plain(self.trace.read(op.inputs[8])))}
        return {"start": self.body.text(np.float32(self._initial(op)))} if op.type == "ApplyAdagrad" else {}

    def _initial(self, op: Operation | RowsStep) -> float:
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
        rows = {path: value for path, value in values.items() if isinstance(value, Rows)}
        dense = {path: value for path, value in values.items() if path not in rows}
        if rows and dense and alike(dense, self.body.known) is not None:
            whole = self._part(dense, prefix)
            whole = self._named(whole) if "(" in whole else whole
            for path, (indices, grads) in rows.items():
                self.lines.append(f"{access(whole, path[len(prefix):])} = {', '.join(self.body.texts([indices, grads]))}")
            return whole
        if rows:
            texts = dict(zip(dense, self._texts(list(dense.values())), strict=True))
            texts |= {path: f"({', '.join(self._texts(list(pair)))})" for path, pair in rows.items()}
            return texts[prefix] if prefix in values else dictionary({path[len(prefix):]: texts[path] for path in values})
        roles = alike(values, self.body.known)
        if roles is not None:
            root = next(iter(roles))
            if next(iter(values.values())) is roles[root]:
                return access(root, prefix)
            mapped = self._mapped(list(values.values()), roles, prefix)
            if mapped is not None:
                return mapped
        texts = dict(zip(values, self._texts(list(values.values())), strict=True))
        return dictionary({path[len(prefix):]: text for path, text in texts.items()}) if () not in {
            path[len(prefix):] for path in texts} else next(iter(texts.values()))

    def _texts(self, values: list[Any]) -> list[str]:
        return self.body.texts([self.with_calls.get(id(value), (value,))[0] for value in values])

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
        roots, names_ = [access(root, prefix) for root in parameters], list(parameters.values())
        moved = re.fullmatch(r"(\w+) - \((\w+) - (\w+)\) \* (.+)", text)
        if moved and len(names_) == 2 and [moved[1], moved[3]] == names_ and moved[1] == moved[2]:
            return f"optax.incremental_update({roots[1]}, {roots[0]}, {moved[4].removeprefix('(').removesuffix(')')})"
        if (scaled := re.fullmatch(r"(\w+) \* (\w+)", text)) and names_ == [scaled[1]]:
            return f"optax.tree.scale({scaled[2]}, {roots[0]})"
        if text == f"{text.partition('(')[0]}({', '.join(names_)})":
            return f"jax.tree.map({text.partition('(')[0]}, {', '.join(roots)})"
        return f"jax.tree.map(lambda {', '.join(parameters.values())}: {text}, " + ", ".join(
            access(root, prefix) for root in parameters) + ")"


def _plain(number: Any) -> Any:
    """A number that a module has before anybody has switched 64 bits on."""
    number = np.asarray(number)
    return number if number.dtype == np.float32 else number.item()
