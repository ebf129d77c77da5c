"""The threads of a `Supervisor`: they write summaries, the speed of training, and checkpoints."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tracer import protos
from tracer.session import Session
from tracer.train.coordinator import LooperThread
from tracer.train.training_util import global_step as value_of_step

if TYPE_CHECKING:
    from tracer.train.supervisor import Supervisor


class SVSummaryThread(LooperThread):
    """Writes the summaries of a supervisor's model."""

    def __init__(self, sv: Supervisor, sess: Session) -> None:
        super().__init__(sv.coord, sv.save_summaries_secs)
        self._sv = sv
        self._sess = sess

    def run_loop(self) -> None:
        """One round."""
        if self._sv.global_step is None:
            self._sv.summary_computed(self._sess, self._sess.run(self._sv.summary_op))
        else:
            summary, step = self._sess.run([self._sv.summary_op, self._sv.global_step])
            self._sv.summary_computed(self._sess, summary, int(step.reshape(-1)[0]))


class SVStepCounterThread(LooperThread):
    """Writes how many steps a second the model is trained."""

    def __init__(self, sv: Supervisor, sess: Session) -> None:
        super().__init__(sv.coord, sv.save_summaries_secs)
        self._sv = sv
        self._sess = sess
        self._tag = f"{sv.global_step.op.name}/sec"

    def start_loop(self) -> None:
        """Before the first round."""
        self._last_time = time.time()
        self._last_step = value_of_step(self._sess, self._sv.global_step)

    def run_loop(self) -> None:
        """One round."""
        step, now = value_of_step(self._sess, self._sv.global_step), time.time()
        added, elapsed = step - self._last_step, now - self._last_time
        self._last_step, self._last_time = step, now
        speed = added / elapsed if elapsed > 0 else 0.0
        summary = protos.Summary(value=[protos.Summary.Value(tag=self._tag, simple_value=speed)])
        self._sv.summary_writer.add_summary(summary, step)


class SVTimerCheckpointThread(LooperThread):
    """Saves a supervisor's model."""

    def __init__(self, sv: Supervisor, sess: Session) -> None:
        super().__init__(sv.coord, sv.save_model_secs)
        self._sv = sv
        self._sess = sess

    def run_loop(self) -> None:
        """One round."""
        self._sv.saver.save(self._sess, self._sv.save_path, global_step=self._sv.global_step)
        if self._sv.summary_writer and self._sv.global_step is not None:
            saved = protos.SessionLog(status=protos.SessionLog.CHECKPOINT, checkpoint_path=self._sv.save_path)
            self._sv.summary_writer.add_session_log(saved, value_of_step(self._sess, self._sv.global_step))
