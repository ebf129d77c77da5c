"""The state of optax's optimizers from the slots in a checkpoint of the script's."""

from __future__ import annotations

from typing import Any

from lowering.emit.groups import slot_of
from lowering.emit.paths import Path, dictionary, subtree
from lowering.plan.slice import variable_of
from tracer.ir import Operation

_DOC = "The optimizer's state of an .npz file, by the names that its slots have in the script's checkpoints."
_READ = ["def slots(name, tree{}):", "    def read(keys, like):",
         '        return jnp.asarray(arrays["/".join([{}*(key.key for key in keys), name])])', "",
         "    return jax.tree.map_with_path(read, tree)", ""]


class Resumed:
    """Writes `opt_state_from_checkpoint`."""

    def __init__(self, groups: list[Any], prefixes: list[list[Path]], paths: dict[Operation, Path]) -> None:
        self.groups, self.prefixes, self.paths = groups, prefixes, paths
        self.reads = self.scoped = False
        self.lines: list[str] = []

    def function(self) -> list[str]:
        """Its text; nothing where no optimizer has a state."""
        states = [self._state(group, prefixes) for group, prefixes in zip(self.groups, self.prefixes, strict=True)]
        if all(group.kind.fields == () for group in self.groups):
            return []
        value = states[0] if len(states) == 1 else dictionary(
            {(group.name,): state for group, state in zip(self.groups, states, strict=True)})
        scope = iter((", *scope", "*scope, ") if self.scoped else ("", ""))
        reading = ["", *(line.format(next(scope)) if "{}" in line else line for line in _READ)] if self.reads else []
        lines = [f'"""{_DOC}"""', "arrays = np.load(path)", *reading, *self.lines, f"return {value}"]
        text = "\n".join("    " + line if line else line for line in lines)
        return ["def opt_state_from_checkpoint(path, params):\n" + text]

    def _state(self, group: Any, prefixes: list[Path]) -> str:
        start = f"{group.name}.init({subtree('params', prefixes)})"
        fields = {name: self._slots(group, prefixes, i) for name, i in group.kind.fields
                  if not (group.kind.function == "optax.rmsprop" and name == "trace" and not group.momentum)}
        if not fields:
            return start
        if group.kind.function == "optax.rmsprop" and "trace" in fields:  # optax adds its updates, TensorFlow subtracts
            fields["trace"] = f"jax.tree.map(jnp.negative, {fields['trace']})"
        if ":" in group.kind.function:  # our own, whose state is like TensorFlow's
            powers = [slot_of(group.operations[0].inputs[i]) for i in (3, 4)]
            words = ", ".join(f'jnp.asarray(arrays["{power.name}"])' for power in powers if power is not None)
            parts = ", ".join([*fields.values(), words])
            return f"optax.tree.set({start}, inner_state=({parts}))" if group.computed else f"({parts})"
        if group.kind.function == "optax.adam":  # it is wrapped, and each layer counts the steps
            power = slot_of(group.operations[0].inputs[4])
            assert power is not None
            count, state = (word if len(self.groups) == 1 else f"{group.name}_{word}" for word in ("count", "state"))
            self.lines += [f'{count} = jnp.int32(np.round(np.log(arrays["{power.name}"]) / np.log({group.decay})) - 1)',
                           f"{state} = {start}"]
            slots = ", ".join(f"{name}={text}" for name, text in fields.items())
            return (f"{state}._replace(count={count}, "
                    f"hyperparams_states=optax.tree.set({state}.hyperparams_states, count={count}), "
                    f"inner_state=optax.tree.set({state}.inner_state, count={count}, {slots}))")
        return f"optax.tree.set({start}, {', '.join(f'{name}={text}' for name, text in fields.items())})"

    def _slots(self, group: Any, prefixes: list[Path], i: int) -> str:
        """The tree of one slot of each variable."""
        names = {self.paths[v]: slot.name for v, op in zip(group.variables, group.operations, strict=True)
                 if (slot := variable_of(op.inputs[i])) is not None}
        patterns = {_pattern(variable.name, names[self.paths[variable]]) for variable in group.variables}
        if len(patterns) == 1 and (pattern := patterns.pop()) is not None:
            before, last = pattern
            scope = [*before, *(prefixes[0] if len(prefixes) == 1 else ())]
            self.reads, self.scoped = True, self.scoped or bool(scope)
            words = [f'"{last}"', subtree("params", prefixes), *(f'"{part}"' for part in scope)]
            return f"slots({', '.join(words)})"
        leaves = {path: f'jnp.asarray(arrays["{name}"])' for path, name in names.items()}
        if len(prefixes) == 1:
            leaves = {path[len(prefixes[0]):]: text for path, text in leaves.items()}
        return leaves[()] if () in leaves else dictionary(leaves)


def _pattern(variable: str, slot: str) -> tuple[tuple[str, ...], str] | None:
    """What stands before and after a variable's name in the name of its slot."""
    before, found, after = slot.rpartition(variable + "/")
    if not found or (before and not before.endswith("/")) or "/" in after:
        return None
    return tuple(part for part in before.split("/") if part), after
