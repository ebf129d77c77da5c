"""`params_from_checkpoint`: the variables of a file, as nested dictionaries."""

from __future__ import annotations

from lowering.emit.paths import Path, dictionary
from tracer.ir import Operation

LOADS = "The variables of an .npz file, by the names that they have in the script's checkpoints."
FEW = 4
"""So many variables are read one by one."""


class Loading:
    """Writes the function that reads the variables from a file."""

    trained: list[Operation]
    others: list[Operation]
    paths: dict[Operation, Path]

    def _loading(self, started: bool) -> str:
        """The function that reads the variables from a file."""
        if started and len(self.trained) + len(self.others) > FEW:
            return self._loading_all()
        trees = []
        for ops in (self.trained, self.others):
            if ops:
                trees.append(dictionary({self.paths[op]: f'read("{op.name}")' for op in ops}))
        return _function("params_from_checkpoint(path)", LOADS, "arrays = np.load(path)", "", "def read(name):",
                         "    return jnp.asarray(arrays[name])", "", f"return {', '.join(trees)}")

    def _loading_all(self) -> str:
        trees = [tree for tree, ops in (("params", self.trained), ("state", self.others)) if ops]
        slots = list(dict.fromkeys(self.paths[op][0] for op in self.others
                                   if "/".join(self.paths[op]) != op.name))
        lines, name = [], "key.key for key in keys"
        if slots:
            lines.append("    names = [key.key for key in keys]")
            name = "names"
            which = f'== "{slots[0]}"' if len(slots) == 1 else f"in {tuple(slots)!r}".replace("'", '"')
            lines += [f"    if names[0] {which}:", "        names = [*names[1:], names[0]]"]
        return _function(
            "params_from_checkpoint(path)", LOADS, "arrays = np.load(path)", "", "def read(keys, like):", *lines,
            f'    return jnp.asarray(arrays["/".join({name})])', "",
            f"{', '.join(trees)} = jax.eval_shape(init, jax.random.key(0))",
            f"return {', '.join(f'jax.tree.map_with_path(read, {tree})' for tree in trees)}")


def _function(head: str, doc: str, *lines: str) -> str:
    return f'def {head}:\n    """{doc}"""\n' + "\n".join("    " + line if line else line for line in lines)
