"""The training step and the training loop."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from tracer import errors, logging, scopes
from tracer.contrib.framework.variables import get_or_create_global_step
from tracer.convert import IndexedSlices
from tracer.ops import clip, constants, control_flow, logic, math, summary
from tracer.scopes import GraphKeys
from tracer.train.supervisor import Supervisor
from tracer.variables import trainable_variables

__all__ = ["add_gradients_summaries", "clip_gradient_norms", "create_train_op", "multiply_gradients", "train",
           "train_step"]

_USE_DEFAULT = 0
Pairs = list[tuple[Any, Any]]


def _changed(gradient: Any, change: Callable[[Any], Any]) -> Any:
    """A gradient, its values changed."""
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(change(gradient.values), gradient.indices, gradient.dense_shape)
    return change(gradient)


def clip_gradient_norms(gradients_to_variables: Pairs, max_norm: float) -> Pairs:
    """(gradient, variable) pairs, each gradient scaled down to the norm `max_norm` if its own is larger."""
    return [(None if gradient is None else _changed(gradient, lambda values: clip.clip_by_norm(values, max_norm)),
             variable) for gradient, variable in gradients_to_variables]


def multiply_gradients(grads_and_vars: Pairs, gradient_multipliers: dict[Any, float]) -> Pairs:
    """(gradient, variable) pairs, the gradients of some variables (or names of variables) times a factor.

    Raises ValueError when there are no pairs or no factors, or a factor for a gradient of None.
    """
    if not isinstance(grads_and_vars, list):
        raise ValueError("`grads_and_vars` must be a list.")
    if not gradient_multipliers:
        raise ValueError("`gradient_multipliers` is empty.")
    if not isinstance(gradient_multipliers, dict):
        raise ValueError("`gradient_multipliers` must be a dict.")
    found = []
    for gradient, variable in grads_and_vars:
        key = next((key for key in (variable, variable.op.name) if key in gradient_multipliers), None)
        if key is not None:
            if gradient is None:
                raise ValueError("Requested multiple of `None` gradient.")
            factor = gradient_multipliers[key]
            gradient = _changed(gradient, lambda values, factor=factor: values * factor)
        found.append((gradient, variable))
    return found


def add_gradients_summaries(grads_and_vars: Pairs) -> list[Any]:
    """A histogram and the norm of each gradient as summaries; None gradients are left out."""
    summaries = []
    for gradient, variable in grads_and_vars:
        if gradient is None:
            logging.info("Var %s has no gradient", variable.op.name)
            continue
        values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
        summaries.append(summary.histogram_summary(variable.op.name + "_gradient", values))
        summaries.append(summary.histogram_summary(variable.op.name + "_gradient_norm", clip.global_norm([values])))
    return summaries


def create_train_op(
    total_loss: Any, optimizer: Any, global_step: Any = None, update_ops: Any = None, variables_to_train: Any = None,
    clip_gradient_norm: float = 0, summarize_gradients: bool = False, gate_gradients: int = 1,
    aggregation_method: Any = None, colocate_gradients_with_ops: bool = False, gradient_multipliers: Any = None,
) -> Any:
    """A training step: running it moves the variables, counts the step and gives the loss.

    >>> train_op = slim.learning.create_train_op(slim.losses.get_total_loss(), optimizer)
    >>> slim.learning.train(train_op, "/tmp/run", number_of_steps=1000)

    Args:
        total_loss: a scalar.
        optimizer: what minimizes it.
        global_step: the variable that counts the steps; by default the graph's step counter, made where there is none.
        update_ops: what runs before the loss counts; by default the collection UPDATE_OPS.
        variables_to_train: by default the trainable variables.
        clip_gradient_norm: the largest norm of a gradient; 0 for any.
        summarize_gradients: whether gradients become summaries.
        gate_gradients, aggregation_method, colocate_gradients_with_ops: see `compute_gradients`.
        gradient_multipliers: factors for the gradients of some variables: see `multiply_gradients`.

    Raises ValueError when a variable to train is not trainable.
    """
    step = get_or_create_global_step() if global_step is None else global_step
    updates = set(scopes.get_collection(GraphKeys.UPDATE_OPS))
    if update_ops is not None:
        if not updates.issubset(update_ops):
            logging.warning("update_ops in create_train_op does not contain all the update_ops in "
                            "GraphKeys.UPDATE_OPS")
        updates = set(update_ops)
    if updates:
        with scopes.control_dependencies(sorted(updates, key=lambda update: update.name)):
            barrier = control_flow.no_op(name="update_barrier")
        total_loss = control_flow.with_dependencies([barrier], total_loss)
    trainable = trainable_variables()
    chosen = trainable if variables_to_train is None else list(variables_to_train)
    for variable in chosen:
        if variable not in trainable:
            raise ValueError(f"{variable.op.name} is to be trained, but it is not trainable.")
    pairs = optimizer.compute_gradients(
        total_loss, chosen, gate_gradients=gate_gradients, aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops)
    if gradient_multipliers:
        pairs = multiply_gradients(pairs, gradient_multipliers)
    if clip_gradient_norm > 0:
        pairs = clip_gradient_norms(pairs, clip_gradient_norm)
    if summarize_gradients:
        add_gradients_summaries(pairs)
    moved = optimizer.apply_gradients(pairs, global_step=step)
    with scopes.name_scope("train_op"):
        total_loss = control_flow.check_numerics(total_loss, "LossTensor is inf or nan")
        return control_flow.with_dependencies([moved], total_loss)


def train_step(sess: Any, train_op: Any, global_step: Any, train_step_kwargs: dict[str, Any]) -> tuple[Any, bool]:
    """Runs one training step, and logs it where `should_log` says so.

    Args:
        sess: the session.
        train_op: the training step.
        global_step: the step counter.
        train_step_kwargs: `should_stop` and `should_log`, bool tensors; `logdir` and `should_trace`, to write a trace
            of the step there.

    Returns:
        The loss, and whether training is over.
    """
    start = time.time()
    traced = "should_trace" in train_step_kwargs and sess.run(train_step_kwargs["should_trace"])
    metadata = _metadata() if traced else None
    total_loss, step = sess.run([train_op, global_step], options=_full_trace() if traced else None,
                                run_metadata=metadata)
    seconds = time.time() - start
    if metadata is not None:
        _write_trace(metadata, os.path.join(train_step_kwargs["logdir"], f"tf_trace-{step}.pb"))
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        logging.info("global step %d: loss = %.4f (%.2f sec/step)", step, total_loss, seconds)
    should_stop = bool(sess.run(train_step_kwargs["should_stop"])) if "should_stop" in train_step_kwargs else False
    return total_loss, should_stop


def _full_trace() -> Any:
    from tracer import protos

    return protos.RunOptions(trace_level=protos.RunOptions.FULL_TRACE)


def _metadata() -> Any:
    from tracer import protos

    return protos.RunMetadata()


def _write_trace(metadata: Any, path: str) -> None:
    from tracer.train.checkpoint_state import write_whole

    logging.info("Writing trace to %s", path)
    write_whole(path, metadata.SerializeToString())


def _check(train_op: Any, logdir: str | None, number_of_steps: int | None, given: dict[str, Any]) -> None:
    """Raises ValueError for what `train` cannot do."""
    if train_op is None:
        raise ValueError("train_op cannot be None.")
    if not logdir:
        for name, value in given.items():
            if value not in (_USE_DEFAULT, None):
                raise ValueError(f"Cannot provide {name} because logdir=None")
    if number_of_steps is not None and number_of_steps <= 0:
        raise ValueError("`number_of_steps` must be either None or a positive number.")


def _step_arguments(global_step: Any, number_of_steps: int | None, log_every_n_steps: int | None,
                    trace_every_n_steps: int | None, logdir: str | None) -> dict[str, Any]:
    """What `train_step` is told: when to stop, to log and to trace."""
    kind = global_step.dtype.base_dtype
    found: dict[str, Any] = {}
    with scopes.name_scope("train_step"):
        if number_of_steps:
            found["should_stop"] = logic.greater_equal(global_step, constants.constant(number_of_steps, dtype=kind))
        if log_every_n_steps and log_every_n_steps > 0:
            found["should_log"] = logic.equal(
                math.mod(global_step, constants.constant(log_every_n_steps, dtype=kind)), 0)
        if trace_every_n_steps is not None:
            found["should_trace"] = logic.equal(
                math.mod(global_step, constants.constant(trace_every_n_steps, dtype=kind)), 0)
            found["logdir"] = logdir
    return found


def train(
    train_op: Any, logdir: str | None, train_step_fn: Callable[..., tuple[Any, bool]] = train_step,
    train_step_kwargs: Any = _USE_DEFAULT, log_every_n_steps: int = 1, graph: Any = None, master: str = "",
    is_chief: bool = True, global_step: Any = None, number_of_steps: int | None = None, init_op: Any = _USE_DEFAULT,
    init_feed_dict: Any = None, local_init_op: Any = _USE_DEFAULT, init_fn: Any = None, ready_op: Any = _USE_DEFAULT,
    summary_op: Any = _USE_DEFAULT, save_summaries_secs: float = 600, summary_writer: Any = _USE_DEFAULT,
    startup_delay_steps: int = 0, saver: Any = None, save_interval_secs: float = 600, sync_optimizer: Any = None,
    session_config: Any = None, trace_every_n_steps: int | None = None,
) -> Any:
    """Runs training steps in a supervised session (see `tf.train.Supervisor`) until there have been enough.

    Args:
        train_op: the training step, as `create_train_op` makes it.
        logdir: the folder of checkpoints and events; None for neither.
        train_step_fn: called for each step, as `train_step`, which is the default.
        train_step_kwargs: the last argument of its calls.
        log_every_n_steps: how often the loss is logged.
        graph: the graph; by default the default one.
        master, session_config: of the session.
        is_chief: whether this program initializes and saves the model.
        global_step: the step counter; by default the graph's.
        number_of_steps: up to which step to train; by default until something stops it.
        init_op, init_feed_dict, local_init_op, init_fn, ready_op: see `tf.train.Supervisor`.
        summary_op, save_summaries_secs, summary_writer: the summaries, how often they are written, and by what.
        startup_delay_steps: which step to wait for when this is not the chief.
        saver, save_interval_secs: what saves the model, and how often.
        sync_optimizer: a `tf.train.SyncReplicasOptimizer` whose queue runner and initial tokens are started.
        trace_every_n_steps: how often a trace of the step is written to `logdir`.

    Returns:
        The last loss.

    Raises ValueError when there is no training step, or something to write and no `logdir`.
    """
    _check(train_op, logdir, number_of_steps, {
        "summary_op": summary_op, "saver": saver, "trace_every_n_steps": trace_every_n_steps})
    graph = scopes.get_default_graph() if graph is None else graph
    with graph.as_default():
        step = get_or_create_global_step() if global_step is None else global_step
        if train_step_kwargs == _USE_DEFAULT:
            train_step_kwargs = _step_arguments(step, number_of_steps, log_every_n_steps, trace_every_n_steps, logdir)
        chief_runner = None
        if sync_optimizer is not None and is_chief:
            init_fn = _with_tokens(init_fn, sync_optimizer.get_init_tokens_op())
            chief_runner = sync_optimizer.get_chief_queue_runner()
        supervisor = Supervisor(
            graph=graph, is_chief=is_chief, logdir=logdir, init_op=_given(init_op), init_feed_dict=init_feed_dict,
            local_init_op=_given(local_init_op), ready_op=_given(ready_op),
            summary_op=_given(summary_op) if logdir else None,
            summary_writer=_given(summary_writer) if logdir else None, global_step=step,
            saver=Supervisor.USE_DEFAULT if saver is None and logdir else saver,
            save_summaries_secs=save_summaries_secs, save_model_secs=save_interval_secs, init_fn=init_fn)
    return _loop(supervisor, train_op, step, train_step_fn, train_step_kwargs, master, session_config, logdir,
                 startup_delay_steps, chief_runner)


def _given(value: Any) -> Any:
    return Supervisor.USE_DEFAULT if value is _USE_DEFAULT else value


def _with_tokens(init_fn: Any, tokens: Any) -> Callable[[Any], None]:
    """`init_fn`, and then the first tokens of a synchronous optimizer."""
    def initialize(sess: Any) -> None:
        if init_fn is not None:
            init_fn(sess)
        sess.run(tokens)

    return initialize


def _loop(supervisor: Supervisor, train_op: Any, global_step: Any, train_step_fn: Any, train_step_kwargs: Any,
          master: str, session_config: Any, logdir: str | None, startup_delay_steps: int, chief_runner: Any) -> Any:
    total_loss, is_chief = None, supervisor._is_chief
    with supervisor.managed_session(master, config=session_config, start_standard_services=False) as sess:
        logging.info("Starting Session.")
        if is_chief and logdir:
            supervisor.start_standard_services(sess)
        elif not is_chief and startup_delay_steps > 0:
            _wait_for_step(sess, global_step, startup_delay_steps)
        supervisor.start_queue_runners(sess)
        logging.info("Starting Queues.")
        if chief_runner is not None:
            supervisor.start_queue_runners(sess, [chief_runner])
        try:
            while not supervisor.should_stop():
                total_loss, should_stop = train_step_fn(sess, train_op, global_step, train_step_kwargs)
                if should_stop:
                    logging.info("Stopping Training.")
                    break
        except errors.OutOfRangeError:
            logging.info("Caught OutOfRangeError. Stopping Training.")
        if logdir and is_chief and supervisor.saver is not None:
            logging.info("Finished training! Saving model to disk.")
            supervisor.saver.save(sess, supervisor.save_path, global_step=supervisor.global_step)
    sys.stdout.flush()
    return total_loss


def _wait_for_step(sess: Any, global_step: Any, wanted: int) -> None:
    while True:
        step = sess.run(global_step)
        if step >= wanted:
            return
        logging.info("Waiting for step %d before starting training. Current step: %d", wanted, step)
        time.sleep(1)
