"""`tensorflow.python.summary.event_multiplexer`: the accumulators of several runs, by the name of the run."""

from __future__ import annotations

from typing import Any

from tensorboard.backend.event_processing import event_multiplexer as kept

from tracer.train import event_accumulator


class EventMultiplexer(kept.EventMultiplexer):
    """The events of several runs.

    >>> runs = event_multiplexer.EventMultiplexer({"small": "/tmp/small", "large": "/tmp/large"}).Reload()
    >>> runs.Scalars("small", "loss")
    """

    def AddRun(self, path: Any, name: str | None = None) -> EventMultiplexer:
        """Adds the events in `path` as the run `name`, by default `path` itself; a run of that name is replaced."""
        name = name or path
        with self._accumulators_mutex:
            if name in self._accumulators and self._paths[name] == path:
                return self
            accumulator = event_accumulator.EventAccumulator(
                path, size_guidance=self._size_guidance, purge_orphaned_data=self.purge_orphaned_data)
            self._accumulators[name], self._paths[name] = accumulator, path
        if self._reload_called:
            accumulator.Reload()
        return self

    def _GetAccumulator(self, run: str) -> Any:
        return self.GetAccumulator(run)
