"""Looking into checkpoints, and variables that start with what a checkpoint holds."""

from __future__ import annotations

import os
from typing import Any

from tracer import scopes
from tracer.ops import state
from tracer.ops.io import _restore_slice
from tracer.variables import Variable

__all__ = ["init_from_checkpoint", "list_variables", "load_checkpoint", "load_variable"]


def _file_of(filepattern: str) -> str:
    """The newest checkpoint of a folder; a checkpoint itself stays."""
    from tracer.train.saver import latest_checkpoint

    if not os.path.isdir(filepattern):
        return filepattern
    newest = latest_checkpoint(filepattern)
    if newest is None:
        raise ValueError(f"Couldn't find 'checkpoint' file or checkpoints in given directory {filepattern}")
    return newest


def load_checkpoint(filepattern: str) -> Any:
    """A reader (see `tf.train.NewCheckpointReader`) of a checkpoint, or of the newest one of a folder."""
    from tracer.train.saver import NewCheckpointReader

    return NewCheckpointReader(_file_of(filepattern))


def load_variable(checkpoint_dir: str, name: str) -> Any:
    """The array `name` of a checkpoint, or of the newest one of a folder; the `:0` of a tensor may be given."""
    return load_checkpoint(checkpoint_dir).get_tensor(name[:-2] if name.endswith(":0") else name)


def list_variables(checkpoint_dir: str) -> list[tuple[str, list[int]]]:
    """The names in a checkpoint, or in the newest one of a folder, in order, each with its shape.

    >>> tf.contrib.framework.list_variables("/tmp/run")
    [('biases', [10]), ('weights', [784, 10])]
    """
    return sorted(load_checkpoint(checkpoint_dir).get_variable_to_shape_map().items())


def init_from_checkpoint(checkpoint_dir: str, assignment_map: dict[str, Any]) -> None:
    """Variables of the graph start with what a checkpoint holds: their initializers restore them.

    >>> tf.contrib.framework.init_from_checkpoint("/tmp/run", {"old_scope/": "new_scope/", "w": w})

    Args:
        checkpoint_dir: a checkpoint, or a folder whose newest one counts.
        assignment_map: from what is in the checkpoint, a name or a scope that ends in `/`, to what is in the graph: a
            variable, its name, the list of a partitioned one's slices, or a scope that ends in `/`.

    Raises ValueError when one side lacks what is named, or shapes differ.
    """
    path = _file_of(checkpoint_dir)
    shapes = load_checkpoint(path).get_variable_to_shape_map()
    for source, target in assignment_map.items():
        if isinstance(target, str) and (source.endswith("/") or target.endswith("/")):
            _restore_scope(path, shapes, source, target)
        else:
            _restore(path, shapes, source, _variables_of(target))


def _variables_of(target: Any) -> list[Variable]:
    """The variable that `target` is or names, or its slices."""
    if isinstance(target, Variable):
        return [target]
    if isinstance(target, (list, tuple)):
        return list(target)
    made = _made_variables()
    found = made.get(target)
    if found is not None:
        return [found]
    parts = [var for name, var in made.items() if name.startswith(f"{target}_") and var._save_slice_info is not None]
    if not parts:
        raise ValueError(f"Variable {target} is not found among the variables of the graph")
    return parts


def _made_variables() -> dict[str, Variable]:
    return {var.op.name: var for var in scopes.get_collection(scopes.GraphKeys.VARIABLES)}


def _restore_scope(path: str, shapes: dict[str, list[int]], source: str, target: str) -> None:
    """Each variable below the scope `target` by its namesake below `source`."""
    if not source.endswith("/") or not target.endswith("/"):
        raise ValueError(f"Assignment map with scope only name {target} should map to scope only {source}. "
                         "Should be 'scope/': 'other_scope/'.")
    start, below = source.lstrip("/"), target.lstrip("/")
    slices: dict[str, list[Variable]] = {}
    for name, var in _made_variables().items():
        if name.startswith(below):
            info = var._save_slice_info
            slices.setdefault(info.full_name if info is not None else name, []).append(var)
    if not slices:
        raise ValueError(f"No variables of the graph are below the scope {target}")
    for name, parts in slices.items():
        _restore(path, shapes, start + name[len(below):], parts)


def _restore(path: str, shapes: dict[str, list[int]], source: str, variables: list[Variable]) -> None:
    if source not in shapes:
        raise ValueError(f"Tensor {source} is not found in {path} checkpoint")
    for var in variables:
        info = var._save_slice_info
        full = list(info.full_shape) if info is not None else var.get_shape().as_list()
        if full != shapes[source]:
            raise ValueError(f"Shape of variable {var.op.name} ({full}) doesn't match with shape of tensor {source} "
                             f"({shapes[source]}) from checkpoint reader.")
        with scopes.device(var.device), scopes.name_scope("checkpoint_initializer"):
            value = _restore_slice(path, source, info.spec if info is not None else "", var.dtype.base_dtype)
            var._initializer_op = state.assign(var.ref(), value).op
