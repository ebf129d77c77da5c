"""Runs emitted modules in a process that has JAX, NumPy and optax only: `python -S alone.py FOLDER NAME...`.

For each name the folder holds `NAME_jax.py`, its `NAME_jax.npz` and `NAME_feeds.npz`. What ten steps of training give goes
into `NAME_got.npz`: the values of every step, and the parameters after them.
"""

import importlib
import sys
import traceback

import jax
import numpy as np

STEPS = 10


def leaves(tree):
    """The arrays of a nested dictionary by the path to them."""
    return {"/".join(key.key for key in path): np.asarray(leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(tree)}


def arguments(feeds):
    """What the functions are given: arrays, and lists of them."""
    by = {}
    for key in sorted(feeds.files):
        by.setdefault(key.split()[0], []).append(feeds[key])
    return [arrays[0] if len(arrays) == 1 else arrays for arrays in by.values()]


def run(folder, name):
    """What the module's `train_step` gives, ten times in a row."""
    module = importlib.import_module(f"{name}_jax")
    inputs = arguments(np.load(f"{folder}/{name}_feeds.npz"))
    loaded = module.params_from_checkpoint(f"{folder}/{name}_jax.npz")
    trees = list(loaded) if isinstance(loaded, tuple) else [loaded]
    kept = len(trees)
    if hasattr(module, "init_optimizers"):
        trees.append(module.init_optimizers(trees[0]))
    elif hasattr(module, "optimizer"):
        trees.append(module.optimizer.init(trees[0]))
    step = module.train_step
    names = step.__code__.co_varnames[:step.__code__.co_argcount]
    if "key" in names:
        inputs.append(jax.random.key(0))
    step, found = jax.jit(step), {}
    for number in range(STEPS):
        *results, = step(*trees, *inputs)
        trees, values = results[:len(trees)], results[len(trees):]
        found.update({f"value {i} of step {number}": np.asarray(value) for i, value in enumerate(values)})
    for tree in trees[:kept]:
        found.update({f"variable {path}": leaf for path, leaf in leaves(tree).items()})
    return found


def main():
    """Runs all that are named."""
    folder, *names = sys.argv[1:]
    sys.path.insert(0, folder)
    for name in names:
        try:
            np.savez(f"{folder}/{name}_got.npz", **run(folder, name))
        except Exception:
            with open(f"{folder}/{name}_failed.txt", "w") as file:
                file.write(traceback.format_exc())
    assert not [name for name in sys.modules if name.partition(".")[0] in ("tracer", "lowering")]


if __name__ == "__main__":
    main()
