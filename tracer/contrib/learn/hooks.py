"""Monitors of `tf.contrib.learn` as a hook of a session."""

from __future__ import annotations

from typing import Any

from tracer.contrib.learn.monitors.told import Told
from tracer.younger.hooks import SessionRunArgs, SessionRunHook


class MonitorHook(SessionRunHook):
    """Tells monitors of each step.

    Args:
        monitors: those of 0.8 and from 0.9 on.
        estimator: whose training it is.
        graph: what is trained.
        max_steps: for how many steps.
    """

    def __init__(self, monitors: Any, estimator: Any, graph: Any, max_steps: int | None) -> None:
        self._told = Told(monitors, graph)
        self._estimator, self._max_steps = estimator, max_steps
        self._step = 0
        self._counter: Any = None

    def begin(self) -> None:
        from tracer.train.training_util import get_global_step

        self._counter = get_global_step()
        self._told.begin(self._estimator, self._max_steps)

    def after_create_session(self, session: Any, coord: Any) -> None:
        self._step = int(session.run(self._counter))

    def before_run(self, run_context: Any) -> Any:
        self._step += 1
        return SessionRunArgs({"step": self._counter, "asked": self._told.fetches(self._step)})

    def after_run(self, run_context: Any, run_values: Any) -> None:
        asked = list(dict.fromkeys(self._told._wanted.values()))
        values = dict(zip(asked, run_values.results["asked"], strict=True))
        if self._told.after(self._step, values, run_context.session):
            run_context.request_stop()

    def end(self, session: Any) -> None:
        self._told.end(session)
