"""The estimator that all others of 0.8 are: a graph made by a function, trained on batches of arrays."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer import train, variables
from tracer.contrib import layers
from tracer.contrib.learn import monitors, trainer
from tracer.contrib.learn.estimators import _sklearn, saving
from tracer.contrib.learn.estimators._sklearn import NotFittedError as NotFittedError
from tracer.contrib.learn.estimators.run_config import RunConfig as RunConfig
from tracer.contrib.learn.io.data_feeder import setup_predict_data_feeder as setup_predict_data_feeder
from tracer.contrib.learn.io.data_feeder import setup_train_data_feeder as setup_train_data_feeder
from tracer.contrib.learn.ops.batch_norm_ops import IS_TRAINING, SWITCHES
from tracer.contrib.learn.ops.dropout_ops import DROPOUTS as DROPOUTS
from tracer.ir import Graph, Tensor
from tracer.ops import constants, summary
from tracer.session import Session


class TensorFlowEstimator(_sklearn.BaseEstimator):
    """A model that a function builds, trained on batches of rows.

    >>> def model(X, y):
    ...     return learn.models.logistic_regression(learn.ops.dnn(X, [10, 20, 10], dropout=0.5), y)
    >>> classifier = learn.TensorFlowEstimator(model_fn=model, n_classes=3)
    >>> classifier.fit(iris.data, iris.target).predict(iris.data)

    Args:
        model_fn: a function of the tensors of features and targets that returns those of predictions and loss.
        n_classes: how many classes the targets are of; 0 where they are numbers.
        batch_size: how many rows make a batch.
        steps: how many batches a call of `fit` trains on.
        optimizer: the name of an optimizer ("SGD", "Adam", "Adagrad" ...), its class, or a function from a learning
            rate to an optimizer.
        learning_rate: a number, or a function from the global step to a tensor.
        clip_gradients: the bound of the gradients' global norm; None for none.
        class_weight: a number for each class, which a model finds as the tensor `class_weight:0`.
        continue_training: whether `fit` goes on with the model as it is when it is called again.
        config: a `RunConfig`.
        verbose: 0 is quiet, 1 reports progress, 2 says on which device each operation runs.
    """

    def __init__(self, model_fn: Any, n_classes: int, batch_size: int = 32, steps: int = 200,
                 optimizer: Any = "Adagrad", learning_rate: float | Callable = 0.1,
                 clip_gradients: float | None = 5.0, class_weight: Any = None, continue_training: bool = False,
                 config: RunConfig | None = None, verbose: int = 1) -> None:
        self.model_fn = model_fn
        self.n_classes = n_classes
        self.batch_size = batch_size
        self.steps = steps
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.clip_gradients = clip_gradients
        self.class_weight = class_weight
        self.continue_training = continue_training
        self.config = config
        self.verbose = verbose
        self._initialized = False
        self._summaries: Tensor | None = None
        self._summary_writer: Any = None

    # -- training

    def fit(self, X: Any = None, y: Any = None, monitor: Any = None, logdir: str | None = None, x: Any = None,
            steps: int | None = None, monitors: Any = None) -> Any:
        """Trains on rows of features `X` and targets `y`; returns itself.

        Args:
            X: a matrix or an array of more dimensions, a table, or an iterator of rows. From 0.9 on: `x`.
            y: a vector or a matrix, a column or a table, or an iterator of targets.
            monitor: is told of each step; by default, one that prints the loss. From 0.9 on: a list, `monitors`.
            logdir: the folder for TensorBoard, if there is to be one.
            steps: how many batches to train on, if not as many as the constructor was given (from 0.9 on).
        """
        return self._fit(X if x is None else x, y, monitors or monitor, logdir, not self.continue_training, steps)

    def partial_fit(self, X: Any, y: Any) -> Any:
        """Trains on further rows, whatever `continue_training` says; returns itself."""
        return self._fit(X, y, None, None, False, None)

    def _fit(self, X: Any, y: Any, told: Any, logdir: str | None, afresh: bool, steps: int | None) -> Any:
        feeder = setup_train_data_feeder(X, y, self.n_classes, self.batch_size)
        told = told or monitors.default_monitor(verbose=self.verbose)
        told = list(told) if isinstance(told, (list, tuple)) else [told]
        if afresh or not self._initialized:
            self._setup_training(feeder)
            self._initialized = True
        else:
            feeder.set_placeholders(self._inp, self._out)
        if logdir is not None:
            self._setup_summary_writer(logdir)
        for monitor in told:
            monitor.set_estimator(self)
            if hasattr(monitor, "create_val_feed_dict"):
                monitor.create_val_feed_dict(self._inp, self._out)
        with self._graph.as_default():
            trainer.train(self._session, self._train, self._model_loss, self._global_step, feeder.get_feed_dict_fn(),
                          steps=self.steps if steps is None else steps, monitor=told,
                          summary_writer=self._summary_writer, summaries=self._summaries,
                          feed_params_fn=feeder.get_feed_params)
        if self._summary_writer is not None:
            self._summary_writer.flush()
        return self

    def _config(self) -> RunConfig:
        return self.config or RunConfig(verbose=self.verbose)

    def _setup_training(self, feeder: Any) -> None:
        """Builds the graph, the step and a session with initialized variables."""
        config = self._config()
        self._graph = Graph()
        self._graph.add_to_collection(IS_TRAINING, True)
        with self._graph.as_default():
            self._graph.seed = config.tf_random_seed
            self._global_step = variables.Variable(0, name="global_step", trainable=False)
            self._inp, self._out = feeder.input_builder()
            if self.class_weight:
                constants.constant(self.class_weight, name="class_weight")
            for name, kind, tensor in (("X", feeder.input_dtype, self._inp), ("y", feeder.output_dtype, self._out)):
                if kind.kind == "f" and tensor is not None:
                    summary.histogram_summary(name, tensor)
            self._model_predictions, self._model_loss = self.model_fn(self._inp, self._out)
            rate, optimizer = self.learning_rate, self.optimizer
            if callable(rate):
                rate = rate(self._global_step)
            self._train = layers.optimize_loss(
                self._model_loss, self._global_step, learning_rate=rate, optimizer=optimizer,
                clip_gradients=self.clip_gradients)
            self._summaries = summary.merge_all_summaries()
            initializers = variables.initialize_all_variables()
            self._saver = train.Saver(max_to_keep=config.keep_checkpoint_max,
                                      keep_checkpoint_every_n_hours=config.keep_checkpoint_every_n_hours)
        self._session = Session(config.tf_master, graph=self._graph, config=config.tf_config)
        self._session.run(initializers)

    def _setup_summary_writer(self, logdir: str) -> None:
        folder = datetime.datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
        self._summary_writer = train.SummaryWriter(os.path.join(logdir, folder), graph=self._graph)

    # -- predictions

    def predict(self, X: Any = None, axis: int = 1, batch_size: int | None = None, x: Any = None) -> np.ndarray:
        """The class of each row, or its numbers where there are no classes.

        Args:
            X: rows of features. From 0.9 on: `x`.
            axis: the axis of the predictions that classes are along; 2 for sequences.
            batch_size: how many rows go through the model at once; by default as many as in training.
        """
        return self._predict(X if x is None else x, axis, batch_size)

    def predict_proba(self, X: Any = None, batch_size: int | None = None, x: Any = None) -> np.ndarray:
        """What the model gives for each row: probabilities of classes, or numbers where there are no classes."""
        return self._predict(X if x is None else x, -1, batch_size)

    def _predict(self, X: Any, axis: int, batch_size: int | None) -> np.ndarray:
        self._check_fitted()
        feeds = self._evaluating()
        found = []
        for rows in setup_predict_data_feeder(X, batch_size=self.batch_size if batch_size is None else batch_size):
            batch = self._session.run(self._model_predictions, {**feeds, self._inp: rows})
            found.append(batch.argmax(axis=axis) if self.n_classes > 1 and axis != -1 else batch)
        return np.concatenate(found, axis=0)

    def _evaluating(self) -> dict[Any, Any]:
        """What is fed where nothing is trained: nothing is dropped, and moments are the averages."""
        feeds: dict[Any, Any] = dict.fromkeys(self._graph.get_collection(DROPOUTS), 1.0)
        feeds.update(dict.fromkeys(self._graph.get_collection(SWITCHES), False))
        return feeds

    def __sklearn_is_fitted__(self) -> bool:
        """What scikit-learn of today asks."""
        return self._initialized

    def __dask_tokenize__(self) -> Any:
        """What dask knows it by: the session that holds its variables, and how far they are trained."""
        step = self._session.run(self._global_step) if self._initialized else None
        return type(self).__name__, id(self), step

    def _check_fitted(self) -> None:
        if not self._initialized:
            raise NotFittedError(f"This {type(self).__name__} is not fitted yet: call fit() or restore() first.")

    # -- what is inside

    def get_tensor(self, name: str) -> Tensor:
        """The tensor of the graph called `name`."""
        self._check_fitted()
        return self._graph.get_tensor_by_name(name)

    def get_tensor_value(self, name: str) -> np.ndarray:
        """The value of the tensor called `name`, a variable's for example.

        >>> classifier.get_tensor_value("dnn/layer0/Linear/Matrix:0")
        """
        return self._session.run(self.get_tensor(name))

    get_variable_value = get_tensor_value  # from 0.9 on

    def get_variable_names(self) -> list[str]:
        """The names of all variables."""
        self._check_fitted()
        with self._graph.as_default():
            return [variable.name for variable in variables.all_variables()]

    # -- files

    def save(self, path: str) -> None:
        """Writes the model to the folder `path`: its graph, its variables and the estimator's arguments."""
        self._check_fitted()
        saving.save(self, path)

    @classmethod
    def restore(cls, path: str, config: RunConfig | None = None) -> Any:
        """The estimator that was saved to the folder `path`, of the class that it was.

        >>> classifier = learn.TensorFlowEstimator.restore("/tmp/model")

        Args:
            path: the folder.
            config: a `RunConfig`.

        Raises ValueError when something is missing there.
        """
        return saving.restore(cls, path, config)


class TensorFlowBaseTransformer(TensorFlowEstimator, _sklearn.TransformerMixin):
    """An estimator whose predictions are what the features are turned into."""

    def transform(self, X: Any) -> np.ndarray:
        """What the model makes of the rows of `X`."""
        return self._predict(X, -1, None)

    def fit(self, X: Any, y: Any = None, monitor: Any = None, logdir: str | None = None) -> Any:
        """Trains on rows of features; returns itself."""
        return super().fit(X, y, monitor, logdir)

    def fit_transform(self, X: Any, y: Any = None, monitor: Any = None, logdir: str | None = None) -> np.ndarray:
        """`fit`, then `transform`, of the same rows."""
        return self.fit(X, y, monitor, logdir).transform(X)
