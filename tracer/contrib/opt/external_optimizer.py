"""Optimizers outside of the graph, which ask a session for losses and gradients."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer import logging
from tracer.gradients import gradients
from tracer.ops import array, constants
from tracer.scopes import get_default_session
from tracer.variables import trainable_variables


class ExternalOptimizerInterface:
    """The base of optimizers that see all variables as one vector.

    A class of one's own defines `_minimize`.

    Args:
        loss: a scalar.
        var_list: the variables; by default the trainable ones.
        equalities: scalars that are to be zero.
        inequalities: scalars that are not to be negative.
        **optimizer_kwargs: for the optimizer.
    """

    def __init__(self, loss: Any, var_list: Any = None, equalities: Any = None, inequalities: Any = None,
                 **optimizer_kwargs: Any) -> None:
        self.optimizer_kwargs = optimizer_kwargs
        self._loss = loss
        self._vars = list(trainable_variables() if var_list is None else var_list)
        self._equalities, self._inequalities = list(equalities or ()), list(inequalities or ())
        self._sizes = [var.get_shape().num_elements() or 0 for var in self._vars]
        self._placeholders = [array.placeholder(var.dtype.base_dtype, var.get_shape()) for var in self._vars]
        self._updates = [var.assign(value) for var, value in zip(self._vars, self._placeholders, strict=True)]
        self._loss_grad = self._packed_gradient(loss)
        self._equality_grads = [self._packed_gradient(one) for one in self._equalities]
        self._inequality_grads = [self._packed_gradient(one) for one in self._inequalities]
        self._packed_var = self._packed(self._vars)

    def minimize(self, session: Any = None, feed_dict: Any = None, fetches: Any = None,
                 step_callback: Callable[[np.ndarray], Any] | None = None,
                 loss_callback: Callable[..., Any] | None = None) -> None:
        """Moves the variables to a minimum of the loss.

        Args:
            session: the session; by default the current one.
            feed_dict: what is fed whenever it is asked for values.
            fetches: what `loss_callback` is given, at every evaluation of the loss.
            step_callback: called after each step with all variables as one vector.
            loss_callback: called at each evaluation with the values of `fetches`.
        """
        session = session or get_default_session()
        feeds = dict(feed_dict or {})
        wanted = list(fetches or ())

        def values(tensors: list[Any]) -> Callable[[np.ndarray], list[np.ndarray]]:
            def evaluate(packed: np.ndarray) -> list[np.ndarray]:
                self._put(session, packed)
                return [np.asarray(value, np.float64) for value in session.run(tensors, feeds)]

            return evaluate

        def loss_grad(packed: np.ndarray) -> tuple[float, np.ndarray]:
            self._put(session, packed)
            loss, gradient, *rest = session.run([self._loss, self._loss_grad, *wanted], feeds)
            if loss_callback is not None:
                loss_callback(*rest)
            return float(loss), np.asarray(gradient, np.float64)

        def single(tensors: list[Any]) -> list[Callable]:
            asked = [values([tensor]) for tensor in tensors]
            return [lambda packed, ask=ask: ask(packed)[0] for ask in asked]

        start = np.asarray(session.run(self._packed_var, feeds), np.float64)
        try:
            found = self._minimize(
                initial_val=start, loss_grad_func=loss_grad, equality_funcs=single(self._equalities),
                equality_grad_funcs=single(self._equality_grads), inequality_funcs=single(self._inequalities),
                inequality_grad_funcs=single(self._inequality_grads), step_callback=step_callback,
                optimizer_kwargs=self.optimizer_kwargs)
        except BaseException:
            self._put(session, start)
            raise
        self._put(session, found)

    def _minimize(self, initial_val: np.ndarray, loss_grad_func: Callable, equality_funcs: list[Callable],
                  equality_grad_funcs: list[Callable], inequality_funcs: list[Callable],
                  inequality_grad_funcs: list[Callable], step_callback: Callable | None,
                  optimizer_kwargs: dict[str, Any]) -> np.ndarray:
        """Where the minimum is.

        Args:
            initial_val: where to start.
            loss_grad_func: from a vector to the loss and its gradient.
            equality_funcs, equality_grad_funcs: from a vector to what is to be zero, and to its gradient.
            inequality_funcs, inequality_grad_funcs: from a vector to what is not to be negative, and to its gradient.
            step_callback: called after each step with the vector.
            optimizer_kwargs: what the constructor was given.
        """
        raise NotImplementedError(
            "To use ExternalOptimizerInterface, subclass from it and implement the _minimize() method.")

    def _put(self, session: Any, packed: np.ndarray) -> None:
        parts = np.split(np.asarray(packed), np.cumsum(self._sizes)[:-1])
        shaped = [part.reshape([int(size or 0) for size in place.get_shape().as_list()])
                  for place, part in zip(self._placeholders, parts, strict=True)]
        session.run(self._updates, dict(zip(self._placeholders, shaped, strict=True)))

    def _packed_gradient(self, tensor: Any) -> Any:
        found = gradients(tensor, self._vars)
        return self._packed([constants.zeros(var.get_shape(), var.dtype.base_dtype) if gradient is None else gradient
                             for var, gradient in zip(self._vars, found, strict=True)])

    @staticmethod
    def _packed(tensors: list[Any]) -> Any:
        flat = [array.reshape(tensor, [-1]) for tensor in tensors]
        return flat[0] if len(flat) == 1 else array.concat(0, flat)


class ScipyOptimizerInterface(ExternalOptimizerInterface):
    """`scipy.optimize.minimize` of a loss.

    >>> optimizer = tf.contrib.opt.ScipyOptimizerInterface(loss, method="L-BFGS-B", options={"maxiter": 100})
    >>> optimizer.minimize(sess)

    `method` is L-BFGS-B by default, and SLSQP where there are constraints; all other arguments are SciPy's.
    """

    _DEFAULT_METHOD = "L-BFGS-B"

    def _minimize(self, initial_val: np.ndarray, loss_grad_func: Callable, equality_funcs: list[Callable],
                  equality_grad_funcs: list[Callable], inequality_funcs: list[Callable],
                  inequality_grad_funcs: list[Callable], step_callback: Callable | None,
                  optimizer_kwargs: dict[str, Any]) -> np.ndarray:
        import scipy.optimize

        constraints = [{"type": kind, "fun": value, "jac": gradient}
                       for kind, values, jacobians in (("eq", equality_funcs, equality_grad_funcs),
                                                       ("ineq", inequality_funcs, inequality_grad_funcs))
                       for value, gradient in zip(values, jacobians, strict=True)]
        options = {"jac": True, "callback": step_callback, "method": self._DEFAULT_METHOD, **optimizer_kwargs}
        if constraints:
            options["constraints"] = constraints
            options["method"] = optimizer_kwargs.get("method", "SLSQP")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=DeprecationWarning)  # options that SciPy had in 2016
            found = scipy.optimize.minimize(loss_grad_func, initial_val, **options)
        message = found.message.decode() if isinstance(found.message, bytes) else found.message
        logging.info("Optimization terminated with:\n  Message: %s\n  Objective function value: %f\n"
                     "  Number of iterations: %d\n  Number of functions evaluations: %d",
                     message, found.fun, getattr(found, "nit", -1), found.nfev)
        return found.x
