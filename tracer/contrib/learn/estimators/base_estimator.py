"""What all estimators do: train, evaluate and predict, each in a graph of its own, with checkpoints between them."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tracer import errors, logging, scopes
from tracer import train as training
from tracer.contrib.framework import variables as framework
from tracer.contrib.framework.checkpoint_utils import list_variables, load_variable
from tracer.contrib.learn import feeding
from tracer.contrib.learn.estimators import _sklearn
from tracer.contrib.learn.estimators.model_fn import ModeKeys, ModelFnOps
from tracer.contrib.learn.estimators.predictions import Predictions
from tracer.contrib.learn.estimators.run_config import RunConfig
from tracer.contrib.learn.estimators.tensor_signature import create_signatures
from tracer.contrib.learn.hooks import MonitorHook
from tracer.ir import Graph, Tensor
from tracer.ops import control_flow, summary
from tracer.ops.random import set_random_seed
from tracer.ops.sparse_tensor import SparseTensor
from tracer.scopes import GraphKeys
from tracer.static import constant_value
from tracer.train.summary_writer import SummaryWriter
from tracer.younger import hooks as session_hooks
from tracer.younger.monitored_session import ChiefSessionCreator, MonitoredSession, Scaffold


class BaseEstimator(_sklearn.BaseEstimator):
    """What all estimators are: a folder with checkpoints, and a model that classes derived from it make.

    Args:
        model_dir: the folder; by default a new one.
        config: how it runs.
    """

    def __init__(self, model_dir: str | None = None, config: RunConfig | None = None) -> None:
        self._model_dir = model_dir
        if self._model_dir is None:
            self._model_dir = tempfile.mkdtemp()
            logging.warning("Using temporary folder as model directory: %s", self._model_dir)
        self._config = RunConfig(tf_random_seed=None) if config is None else config
        self._graph: Graph | None = None
        self._labels_info: Any = None

    @property
    def config(self) -> RunConfig:
        """How it runs."""
        return self._config

    @property
    def model_dir(self) -> str:
        """The folder of its checkpoints."""
        assert self._model_dir is not None
        return self._model_dir

    # -- what a model is

    def _get_train_ops(self, features: Any, labels: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} defines no _get_train_ops")

    def _get_eval_ops(self, features: Any, labels: Any, metrics: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} defines no _get_eval_ops")

    def _get_predict_ops(self, features: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} defines no _get_predict_ops")

    # -- training

    def fit(self, x: Any = None, y: Any = None, input_fn: Callable | None = None, steps: int | None = None,
            batch_size: int | None = None, monitors: Any = None, max_steps: int | None = None) -> Any:
        """Trains the model, from its newest checkpoint on, and returns itself.

        Args:
            x, y: the features and labels of all examples.
            input_fn: in their place, a function that makes the tensors of a batch: features and labels.
            steps: how many steps to make; without it until the input ends.
            max_steps: in its place, the step to go on to.
            batch_size: how many of the examples make a batch.
            monitors: monitors and hooks that are told of each step.
        """
        if steps is not None and max_steps is not None:
            raise ValueError("Can not provide both steps and max_steps.")
        input_fn, feed, _ = feeding.chosen(x, y, input_fn, batch_size, True, None)
        if max_steps is not None:
            with contextlib.suppress(ValueError, errors.OpError):
                if load_variable(self.model_dir, GraphKeys.GLOBAL_STEP) >= max_steps:
                    logging.info("Skipping training since max_steps has already saved.")
                    return self
        loss = self._train_model(input_fn, feed, steps, max_steps, monitors)
        logging.info("Loss for final step: %s.", loss)
        return self

    def partial_fit(self, x: Any = None, y: Any = None, input_fn: Callable | None = None, steps: int | None = 1,
                    batch_size: int | None = None, monitors: Any = None) -> Any:
        """`fit` by one step, for data that do not fit into memory."""
        return self.fit(x, y, input_fn, steps, batch_size, monitors)

    def _train_model(self, input_fn: Callable, feed: Any, steps: int | None, max_steps: int | None, monitors: Any) -> Any:
        with self._new_graph() as graph:
            step = framework.create_global_step()
            features, labels = input_fn()
            self._note(labels)
            made = self._train_ops(features, labels)
            _add_loss(made.loss)
            scaffold, loss = Scaffold(saver=self._saver()), None
            every: list[Any] = [session_hooks.NanTensorHook(made.loss), session_hooks.LoggingTensorHook(
                {"loss": made.loss, "step": step}, every_n_iter=100)]
            every += _hooks(monitors, self, graph, steps if max_steps is None else max_steps)
            if steps is not None or max_steps is not None:
                every.append(session_hooks.StopAtStepHook(steps, max_steps))
            every += self._writing(scaffold)
            with MonitoredSession(ChiefSessionCreator(scaffold, config=self._config.tf_config,
                                                      checkpoint_dir=self.model_dir), every) as session:
                while not session.should_stop():
                    try:
                        feeds = feed() if feed is not None else None
                    except StopIteration:
                        break
                    _, loss = session.run([made.train_op, made.loss], feeds)
            session_hooks.SummaryWriterCache.clear()
            return loss

    def _note(self, labels: Any) -> None:
        """Keeps what the labels look like, for a model that asks for them when it predicts."""
        each = labels.values() if isinstance(labels, Mapping) else [labels]
        if all(isinstance(label, (Tensor, SparseTensor)) for label in each):
            self._labels_info = create_signatures(labels)

    def _train_ops(self, features: Any, labels: Any) -> ModelFnOps:
        made = self._get_train_ops(features, labels)
        if isinstance(made, ModelFnOps):
            return made
        train_op, loss = made  # as classes of 0.9 have it
        return ModelFnOps(ModeKeys.TRAIN, loss=loss, train_op=train_op)

    def _writing(self, scaffold: Scaffold) -> list[Any]:
        settings, found = self._config, []
        if settings.save_summary_steps:
            found.append(session_hooks.SummarySaverHook(save_steps=settings.save_summary_steps, scaffold=scaffold,
                                                        output_dir=self.model_dir))
        seconds = settings.save_checkpoints_secs if settings.save_checkpoints_steps is None else None
        if seconds or settings.save_checkpoints_steps:
            found.append(session_hooks.CheckpointSaverHook(self.model_dir, seconds, settings.save_checkpoints_steps,
                                                           scaffold=scaffold))
        return found

    def _saver(self) -> Any:
        return training.Saver(sharded=True, max_to_keep=self._config.keep_checkpoint_max, defer_build=True,
                              keep_checkpoint_every_n_hours=self._config.keep_checkpoint_every_n_hours)

    @contextlib.contextmanager
    def _new_graph(self) -> Iterator[Graph]:
        with Graph().as_default() as graph:
            if self._config.tf_random_seed is not None:
                set_random_seed(self._config.tf_random_seed)
            yield graph

    # -- evaluation

    def evaluate(self, x: Any = None, y: Any = None, input_fn: Callable | None = None, feed_fn: Callable | None = None,
                 batch_size: int | None = None, steps: int | None = None, metrics: Any = None,
                 name: str | None = None) -> dict[str, Any]:
        """The loss and the metrics of the newest checkpoint, as a dict, with its `global_step`.

        Args:
            x, y, input_fn, batch_size: as for `fit`.
            feed_fn: gives what to feed for each batch.
            steps: for how many batches; without it until the input ends.
            metrics: metrics by name: `MetricSpec`s, or functions of predictions and labels.
            name: of this evaluation, as part of the folder of its events.
        """
        input_fn, feed, _ = feeding.chosen(x, y, input_fn, batch_size, False, 1)
        checkpoint = self._checkpoint()
        with self._new_graph():
            step = framework.create_global_step()
            features, labels = input_fn()
            self._note(labels)
            made = self._get_eval_ops(features, labels, metrics)
            ops = made.eval_metric_ops if isinstance(made, ModelFnOps) else made
            values = {key: value[0] if isinstance(value, tuple) else value for key, value in ops.items()}
            updates = control_flow.group(*[value[1] if isinstance(value, tuple) else value for value in ops.values()])
            results = self._evaluated(checkpoint, updates, values, step, feed_fn or feed, steps)
        folder = os.path.join(self.model_dir, "eval" if name is None else f"eval_{name}")
        _write(folder, results)
        logging.info("Saving dict for global step %s: %s", results["global_step"],
                     ", ".join(f"{key} = {results[key]}" for key in sorted(results)))
        return results

    def _evaluated(self, checkpoint: str, updates: Any, values: dict[str, Any], step: Any, feed: Any,
                   steps: int | None) -> dict[str, Any]:
        done = 0
        with self._session(checkpoint) as session:
            while not session.should_stop() and (steps is None or done < steps):
                try:
                    session.run(updates, feed() if feed is not None else None)
                except (errors.OutOfRangeError, StopIteration):
                    break
                done += 1
            results = session._session.run({**values, "global_step": step})
        return results

    def _session(self, checkpoint: str) -> MonitoredSession:
        restorer = training.Saver(allow_empty=True)
        restored = Scaffold(init_op=control_flow.no_op(), saver=restorer,
                            init_fn=lambda _, session: restorer.restore(session, checkpoint))
        return MonitoredSession(ChiefSessionCreator(restored, config=self._config.tf_config))

    def _checkpoint(self) -> str:
        found = training.latest_checkpoint(self.model_dir)
        if not found:
            raise _sklearn.NotFittedError(f"Couldn't find trained model at {self.model_dir}.")
        return found

    # -- prediction

    def predict(self, x: Any = None, input_fn: Callable | None = None, batch_size: int | None = None,
                outputs: Sequence[str] | None = None, as_iterable: bool = True) -> Any:
        """What the model says of examples.

        Args:
            x, input_fn, batch_size: as for `fit`.
            outputs: which predictions, by name; all by default.
            as_iterable: whether to give one example's after the other, computed when they are asked for; such a result
                is an array as well, where all of it is wanted. Otherwise an array, or a dict of them.
        """
        input_fn, feed, arrays = feeding.chosen(x, None, input_fn, batch_size, False, 1)
        batches = self._predicted(self._checkpoint(), input_fn, feed, outputs, arrays is None and not as_iterable)
        if as_iterable:
            return Predictions(batches)
        found = list(batches)
        if isinstance(found[0], dict):
            return {key: np.concatenate([batch[key] for batch in found]) for key in found[0]}
        return np.concatenate(found)

    def _predicted(self, checkpoint: str, input_fn: Callable, feed: Any, outputs: Any, once: bool) -> Iterator[Any]:
        with self._new_graph() as graph:
            framework.create_global_step()
            given = input_fn()
            features = given[0] if isinstance(given, tuple) else given
            made = self._get_predict_ops(features)
            predictions = _of_names(made.predictions if isinstance(made, ModelFnOps) else made, outputs)
            ends = feed is None and not graph.get_collection(GraphKeys.QUEUE_RUNNERS)
            session = self._session(checkpoint)
        with session:
            while not session.should_stop():
                try:
                    yield session.run(predictions, feed() if feed is not None else None)
                except (errors.OutOfRangeError, StopIteration):
                    break
                if once or ends:  # a batch that is a constant is the only one
                    break

    # -- what it knows

    def get_variable_names(self) -> list[str]:
        """The names of the variables in its newest checkpoint."""
        return [name for name, _ in list_variables(self.model_dir)]

    def get_variable_value(self, name: str) -> np.ndarray:
        """The value of a variable there."""
        return load_variable(self.model_dir, name)

    def export(self, *args: Any, **kwargs: Any) -> Any:
        """Not there: TensorFlow Serving's session bundles are not written here."""
        raise NotImplementedError("Estimator.export writes a session bundle for TensorFlow Serving, which has no "
                                  "counterpart here; tracer.export, tracer.emit and freeze_graph take a trained graph out")


def _of_names(predictions: Any, outputs: Any) -> Any:
    if not outputs or not isinstance(predictions, Mapping):
        return predictions
    found = {name: predictions[name] for name in outputs if name in predictions}
    if not found:
        raise ValueError(f"Expected to run at least one output from {sorted(predictions)}, provided {list(outputs)}.")
    return found


def _add_loss(loss: Any) -> None:
    if isinstance(loss, Tensor) and loss not in scopes.get_collection(GraphKeys.LOSSES):
        scopes.add_to_collection(GraphKeys.LOSSES, loss)
    tags = [constant_value(made.op.inputs[0]) for made in scopes.get_collection(GraphKeys.SUMMARIES) if made.op.inputs]
    if not any(tag is not None and np.size(tag) == 1 and np.asarray(tag).item() == b"loss" for tag in tags):
        with scopes.name_scope(None):
            summary.scalar_summary("loss", loss, name="training_loss")


def _hooks(monitors: Any, estimator: Any, graph: Graph, max_steps: int | None) -> list[Any]:
    given = [] if monitors is None else list(monitors) if isinstance(monitors, Iterable) else [monitors]
    hooks = [one for one in given if isinstance(one, session_hooks.SessionRunHook) or hasattr(one, "before_run")]
    others = [one for one in given if one not in hooks]
    return [*hooks, *([MonitorHook(others, estimator, graph, max_steps)] if others else [])]


def _write(folder: str, results: dict[str, Any]) -> None:
    from tracer import protos

    writer = SummaryWriter(folder)
    numbers = {key: float(value) for key, value in results.items() if key != "global_step" and np.ndim(value) == 0}
    writer.add_summary(protos.Summary(value=[protos.Summary.Value(tag=key, simple_value=value)
                                             for key, value in numbers.items()]), int(results["global_step"]))
    writer.close()
