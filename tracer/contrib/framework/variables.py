"""Variables of models, the step counter, and values from elsewhere given to variables."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer import dtypes, logging, scopes
from tracer.contrib.framework.arg_scope import add_arg_scope
from tracer.device import DeviceSpec
from tracer.ir import Graph, Operation, Tensor
from tracer.ops import array, control_flow, state
from tracer.scopes import GraphKeys
from tracer.train.training_util import assert_global_step, get_global_step
from tracer.variable_scope import get_variable
from tracer.variables import Variable

__all__ = [
    "VariableDeviceChooser", "add_model_variable", "assert_global_step", "assert_or_get_global_step",
    "assign_from_checkpoint", "assign_from_checkpoint_fn", "assign_from_values", "assign_from_values_fn",
    "create_global_step", "get_global_step", "get_local_variables", "get_model_variables",
    "get_or_create_global_step", "get_unique_variable", "get_variables", "get_variables_by_name",
    "get_variables_by_suffix", "get_variables_to_restore", "local_variable", "model_variable", "variable",
]


# -- the step counter


def assert_or_get_global_step(graph: Graph | None = None, global_step_tensor: Any = None) -> Any:
    """`global_step_tensor`, checked; without one, the step counter of the graph, or None."""
    if global_step_tensor is None:
        return get_global_step(graph)
    assert_global_step(global_step_tensor)
    return global_step_tensor


def create_global_step(graph: Graph | None = None) -> Variable:
    """Makes the step counter of `graph` (the default one): the int64 variable `global_step`, 0 at first.

    Raises ValueError when there is one.
    """
    graph = scopes.get_default_graph() if graph is None else graph
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None):
        return Variable(0, trainable=False, dtype=dtypes.int64, name=GraphKeys.GLOBAL_STEP,
                        collections=[GraphKeys.VARIABLES, GraphKeys.GLOBAL_STEP])


def get_or_create_global_step(graph: Graph | None = None) -> Any:
    """The step counter of `graph` (the default one), made where there is none."""
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


# -- making variables

def local_variable(initial_value: Any, validate_shape: bool = True, name: str | None = None) -> Variable:
    """A variable of this process: no checkpoint holds it, and `tf.initialize_local_variables` initializes it."""
    return Variable(initial_value, trainable=False, collections=[GraphKeys.LOCAL_VARIABLES],
                    validate_shape=validate_shape, name=name)


@add_arg_scope
def variable(name: str, shape: Any = None, dtype: Any = dtypes.float32, initializer: Any = None,
             regularizer: Any = None, trainable: bool = True, collections: Any = None, caching_device: Any = None,
             device: Any = None) -> Variable:
    """As `tf.get_variable`, with a device of its own.

    Args:
        name, shape, dtype, initializer, regularizer, trainable, collections, caching_device: see `tf.get_variable`.
        device: where its memory is: a device's name, or a function of the operation.
    """
    keys = list(dict.fromkeys(collections or [GraphKeys.VARIABLES]))
    with scopes.device(device or ""):
        return get_variable(
            name, shape=shape, dtype=dtypes.float32 if dtype is None else dtype, initializer=initializer,
            regularizer=regularizer, trainable=trainable, collections=keys, caching_device=caching_device)


@add_arg_scope
def model_variable(name: str, shape: Any = None, dtype: Any = dtypes.float32, initializer: Any = None,
                   regularizer: Any = None, trainable: bool = True, collections: Any = None,
                   caching_device: Any = None, device: Any = None) -> Variable:
    """As `variable`, listed among the variables of the model (`model_variables`) as well.

    >>> w = tf.contrib.framework.model_variable("w", [3, 4])
    >>> tf.contrib.framework.get_model_variables() == [w]
    True
    """
    collections = [*(collections or []), GraphKeys.VARIABLES, GraphKeys.MODEL_VARIABLES]
    return variable(name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer,
                    trainable=trainable, collections=collections, caching_device=caching_device, device=device)


def add_model_variable(var: Any) -> None:
    """Lists `var` among the variables of the model, unless it is there."""
    if var not in scopes.get_collection(GraphKeys.MODEL_VARIABLES):
        scopes.add_to_collection(GraphKeys.MODEL_VARIABLES, var)


# -- finding variables

def get_variables(scope: Any = None, suffix: str | None = None, collection: Any = GraphKeys.VARIABLES) -> list[Any]:
    """The variables of a collection whose names begin with `scope` and end with `suffix`.

    >>> tf.contrib.framework.get_variables("conv1", suffix="weights")

    Args:
        scope: a regular expression, or a variable scope.
        suffix: the end of the names.
        collection: the collection's name.
    """
    prefix = scope.name if hasattr(scope, "name") else scope
    found = scopes.get_collection(collection, None if prefix is None else str(prefix))
    return [var for var in found if suffix is None or var.op.name.endswith(suffix)]


def get_model_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """The variables of the model, as `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


def get_local_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """The local variables, as `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


def get_variables_by_suffix(suffix: str, scope: Any = None) -> list[Any]:
    """The variables whose names end with `suffix`."""
    return get_variables(scope, suffix)


def get_variables_by_name(given_name: str, scope: Any = None) -> list[Any]:
    """The variables whose last name, below all scopes, is `given_name`."""
    last = re.compile(rf"(.*/)?{re.escape(given_name)}$")
    return [var for var in get_variables(scope) if last.match(var.op.name)]


def get_unique_variable(var_op_name: str) -> Any:
    """The variable of this name. Raises ValueError when there is none, or more than one begins so."""
    candidates = get_variables(scope=var_op_name)
    if not candidates:
        raise ValueError(f"Couldnt find variable {var_op_name}")
    for candidate in candidates:
        if candidate.op.name == var_op_name:
            return candidate
    raise ValueError(f"Variable {var_op_name} does not uniquely identify a variable")


def get_variables_to_restore(include: Any = None, exclude: Any = None) -> list[Any]:
    """All variables whose names begin with one of `include`, without those that begin with one of `exclude`.

    >>> restored = tf.contrib.framework.get_variables_to_restore(exclude=["logits"])

    Raises TypeError when either is no list.
    """
    for name, value in (("include", include), ("exclude", exclude)):
        if value is not None and not isinstance(value, (list, tuple)):
            raise TypeError(f"{name} is provided but is not a list or a tuple.")
    wanted = get_variables() if include is None else [var for scope in include for var in get_variables(scope)]
    unwanted = {var for scope in exclude or [] for var in get_variables(scope)}
    return [var for var in dict.fromkeys(wanted) if var not in unwanted]


# -- giving them values

def _assignments(values: dict[Any, Any]) -> tuple[Operation, dict[Tensor, Any]]:
    """One operation that assigns to variables what the dict says to feed."""
    updates, feeds = [], {}
    for var, value in values.items():
        value = np.asarray(value)
        placeholder = array.placeholder(var.dtype.base_dtype, var.get_shape(), name=f"placeholder/{var.op.name}")
        updates.append(state.assign(var.ref(), placeholder))
        feeds[placeholder] = value.reshape([size if size is not None else -1 for size in var.get_shape().as_list()])
    return control_flow.group(*updates), feeds


def assign_from_values(var_names_to_values: dict[str, Any]) -> tuple[Operation, dict[Tensor, Any]]:
    """An operation that gives variables values, and the feeds to run it with.

    >>> assign, feeds = tf.contrib.framework.assign_from_values({"w": np.ones([3, 4])})
    >>> sess.run(assign, feeds)

    Raises ValueError when a variable is not there.
    """
    values = {}
    for name, value in var_names_to_values.items():
        found = [var for var in get_variables(name) if var.op.name == name]
        if not found:
            raise ValueError(f"Variable {name} wasnt found")
        values[found[0]] = value
    return _assignments(values)


def assign_from_values_fn(var_names_to_values: dict[str, Any]) -> Callable[[Any], Any]:
    """A function of a session that gives variables values; see `assign_from_values`."""
    assign, feeds = assign_from_values(var_names_to_values)
    return lambda session: session.run(assign, feeds)


def assign_from_checkpoint(model_path: str, var_list: Any) -> tuple[Operation, dict[Tensor, Any]]:
    """An operation that gives variables the values of a checkpoint, and the feeds to run it with.

    Args:
        model_path: the checkpoint.
        var_list: the variables, found by their names; or a dict from the names in the checkpoint to variables.

    Raises ValueError when the checkpoint lacks one of them.
    """
    from tracer.train.saver import NewCheckpointReader

    reader = NewCheckpointReader(model_path)
    values = {}
    for name, var in _by_name(var_list).items():
        if not reader.has_tensor(name):
            raise ValueError(f"Checkpoint is missing variable [{name}]")
        values[var] = reader.get_tensor(name)
    return _assignments(values)


def _by_name(var_list: Any) -> dict[str, Any]:
    return dict(var_list) if isinstance(var_list, dict) else {var.op.name: var for var in var_list}


def assign_from_checkpoint_fn(model_path: str, var_list: Any, ignore_missing_vars: bool = False,
                              reshape_variables: bool = False) -> Callable[[Any], None]:
    """A function of a session that gives variables the values of a checkpoint.

    Args:
        model_path: the checkpoint.
        var_list: the variables, found by their names; or a dict from the names in the checkpoint to variables.
        ignore_missing_vars: whether those that the checkpoint lacks stay as they are, with a warning.
        reshape_variables: whether values may have another shape with as many elements.
    """
    from tracer.train.saver import NewCheckpointReader, Saver

    wanted = _by_name(var_list)
    if ignore_missing_vars:
        reader = NewCheckpointReader(model_path)
        for name in [name for name in wanted if not reader.has_tensor(name)]:
            logging.warning("Variable %s missing in checkpoint %s", name, model_path)
            del wanted[name]
    if not wanted:
        logging.warning("No Variables to restore")
        return lambda session: None
    saver = Saver(wanted, reshape=reshape_variables)
    return lambda session: saver.restore(session, model_path)


class VariableDeviceChooser:
    """A device function that puts variables on parameter servers in turn.

    >>> with tf.contrib.framework.arg_scope([variable], device=VariableDeviceChooser(num_tasks=2)):
    ...     ...

    Args:
        num_tasks: how many parameter servers there are.
        job_name: their job.
        device_type, device_index: the device there.
    """

    def __init__(self, num_tasks: int = 0, job_name: str = "ps", device_type: str = "CPU",
                 device_index: int = 0) -> None:
        self._job_name = job_name
        self._device_type = device_type
        self._device_index = device_index
        self._num_tasks = num_tasks
        self._next_task_id = 0

    def __call__(self, op: Any) -> str:
        spec = DeviceSpec(device_type=self._device_type, device_index=self._device_index)
        if self._num_tasks > 0:
            spec.job, spec.task = self._job_name, self._next_task_id
            self._next_task_id = (self._next_task_id + 1) % self._num_tasks
        return spec.to_string()
