"""`SessionManager`: sessions whose variables come from the newest checkpoint, or from an initialization."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer import compat, errors, logging, scopes
from tracer.session import Session
from tracer.train.checkpoint_state import get_checkpoint_state


class SessionManager:
    """Makes sessions that are ready: restored from the newest checkpoint, or initialized.

    >>> manager = tf.train.SessionManager(ready_op=tf.report_uninitialized_variables())
    >>> sess = manager.prepare_session("", init_op=tf.initialize_all_variables(), saver=saver, checkpoint_dir="/tmp/run")

    Args:
        local_init_op: run in every new session; it initializes tables and local variables.
        ready_op: a tensor with the names of what is not ready yet; when it is empty, the model is. None for no check.
        graph: the graph; by default the default one.
        recovery_wait_secs: the seconds between two looks at whether others have made the model ready.
        ready_for_local_init_op: as `ready_op`, what `local_init_op` needs: that is run once this is ready. From 0.12 on.
    """

    def __init__(self, local_init_op: Any = None, ready_op: Any = None, graph: Any = None,
                 recovery_wait_secs: float = 30, ready_for_local_init_op: Any = None) -> None:
        if ready_for_local_init_op is not None and local_init_op is None:
            raise ValueError("If you pass a ready_for_local_init_op you must also pass a local_init_op , "
                             f"ready_for_local_init_op [{ready_for_local_init_op}]")
        self._local_init_op = local_init_op
        self._ready_for_local_init_op = ready_for_local_init_op
        self._ready_op = ready_op
        self._graph = scopes.get_default_graph() if graph is None else graph
        self._recovery_wait_secs = recovery_wait_secs

    def prepare_session(self, master: str, init_op: Any = None, saver: Any = None, checkpoint_dir: str | None = None,
                        wait_for_checkpoint: bool = False, max_wait_secs: float = 7200, config: Any = None,
                        init_feed_dict: Any = None, init_fn: Callable[[Any], Any] | None = None) -> Session:
        """A session that is ready: restored as by `recover_session`, or initialized.

        Args:
            init_op: what initializes the model when there is no checkpoint.
            init_feed_dict: what it is fed.
            init_fn: called with the session after `init_op`.
            master, saver, checkpoint_dir, wait_for_checkpoint, max_wait_secs, config: as for `recover_session`.

        Raises RuntimeError when the model can be neither restored nor initialized.
        """
        sess, initialized = self.recover_session(master, saver, checkpoint_dir, wait_for_checkpoint, max_wait_secs,
                                                 config)
        if initialized:
            return sess
        if init_op is None and not init_fn:
            raise RuntimeError("Model is not initialized and no init_op or init_fn was given")
        if init_op is not None:
            sess.run(init_op, feed_dict=init_feed_dict)
        if init_fn:
            init_fn(sess)
        problem = self._locally(sess)
        if problem:
            raise RuntimeError("Init operations did not make model ready for local_init.  Init op: "
                               f"{getattr(init_op, 'name', init_op)}, init fn: {init_fn}, error: {problem}")
        problem = self._problem(sess)
        if problem:
            raise RuntimeError(f"Init operations did not make model ready.  Init op: {getattr(init_op, 'name', init_op)}, "
                               f"init fn: {init_fn}, error: {problem}")
        return sess

    def recover_session(self, master: str, saver: Any = None, checkpoint_dir: str | None = None,
                        wait_for_checkpoint: bool = False, max_wait_secs: float = 7200,
                        config: Any = None) -> tuple[Session, bool]:
        """A session, restored from the newest checkpoint where there is one; and whether it is ready.

        Args:
            master: the target of the session.
            saver: the `Saver` that restores it.
            checkpoint_dir: the folder of the checkpoints.
            wait_for_checkpoint: whether to wait for one when there is none.
            max_wait_secs: for how many seconds at most.
            config: the ConfigProto of the session.
        """
        sess = self._new_session(master, config)
        if saver is None or not checkpoint_dir:
            return sess, not (self._locally(sess) or self._problem(sess))
        deadline = time.monotonic() + max_wait_secs
        while (state := get_checkpoint_state(checkpoint_dir)) is None or not state.model_checkpoint_path:
            left = deadline - time.monotonic()
            if not wait_for_checkpoint or left <= 0:
                return sess, False
            logging.info("Waiting for checkpoint to be available.")
            time.sleep(min(self._recovery_wait_secs, left))
        saver.restore(sess, state.model_checkpoint_path)
        saver.recover_last_checkpoints(list(state.all_model_checkpoint_paths))
        problem = self._locally(sess) or self._problem(sess)
        if problem:
            logging.info("Restoring model from %s did not make model ready: %s", checkpoint_dir, problem)
            return sess, False
        logging.info("Restored model from %s", checkpoint_dir)
        return sess, True

    def wait_for_session(self, master: str, config: Any = None, max_wait_secs: float = float("inf")) -> Session:
        """A session on `master`, as soon as others have made the model there ready.

        Raises tf.errors.DeadlineExceededError when that takes more than `max_wait_secs` seconds.
        """
        deadline = None if max_wait_secs is None else time.monotonic() + max_wait_secs
        while True:
            sess = self._new_session(master, config)
            problem = self._locally(sess) or self._problem(sess)
            if not problem:
                return sess
            sess.close()
            left = float("inf") if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise errors.DeadlineExceededError(
                    None, None, f"Session was not ready after waiting {max_wait_secs:g} secs.")
            logging.info("Waiting for model to be ready: %s", problem)
            time.sleep(min(self._recovery_wait_secs, left))

    def _new_session(self, master: str, config: Any) -> Session:
        sess = Session(master, graph=self._graph, config=config)
        if self._local_init_op is not None and self._ready_for_local_init_op is None:
            sess.run(self._local_init_op)
        return sess

    def _locally(self, sess: Session) -> str | None:
        """Runs `local_init_op` where it waits for something else; what that is if it is not ready yet."""
        if self._ready_for_local_init_op is None:
            return None
        problem = self._problem(sess, self._ready_for_local_init_op)
        if not problem:
            sess.run(self._local_init_op)
        return problem

    def _problem(self, sess: Session, ready_op: Any = None) -> str | None:
        """What is not ready yet; None when everything is."""
        ready_op = self._ready_op if ready_op is None else ready_op
        if ready_op is None:
            return None
        try:
            missing = np.asarray(sess.run(ready_op))
        except errors.FailedPreconditionError as error:  # `ready_op` may be `tf.assert_variables_initialized()`
            return str(error) or "uninitialized"
        if missing.dtype != object or not missing.size:
            return None
        return f"Variables not initialized: {', '.join(compat.as_str_any(name) for name in missing.reshape(-1))}"
