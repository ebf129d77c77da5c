"""`Coordinator`: lets threads stop together, and reports what stopped them."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tracer import errors, logging

_POLL = 0.05  # seconds between two looks at whether threads have ended


class Coordinator:
    """Where threads ask whether to stop, and any of them can make all stop.

    >>> coord = tf.train.Coordinator()
    >>> threads = tf.train.start_queue_runners(coord=coord)
    >>> while not coord.should_stop():
    ...     sess.run(train_step)
    >>> coord.join(threads)

    The first exception that a thread reports is raised by `join`. `tf.errors.OutOfRangeError` counts as a clean end.
    """

    def __init__(self, clean_stop_exception_types: tuple[type[BaseException], ...] | None = None) -> None:
        """`clean_stop_exception_types`, from 0.11 on, are those that count as a clean end."""
        self._clean = (errors.OutOfRangeError,) if clean_stop_exception_types is None else clean_stop_exception_types
        self._joined = False
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._raised: BaseException | None = None
        self._threads: list[threading.Thread] = []
        self.queue_threads: list[threading.Thread] = []  # of queue runners: `join` waits for them where it is given none

    def request_stop(self, ex: Any = None) -> None:
        """Makes `should_stop` true for all threads.

        Args:
            ex: the exception that is the reason, or what `sys.exc_info()` gave for it.
        """
        error = ex[1] if isinstance(ex, tuple) else ex
        if not isinstance(error, (BaseException, type(None))):
            raise TypeError(f"request_stop needs an exception or sys.exc_info(), not {ex!r}")
        with self._lock:
            if self._stop.is_set():
                return
            if error is not None and self._raised is None and not isinstance(error, self._clean):
                logging.info("Error reported to Coordinator: %s", error)
                self._raised = error
            self._stop.set()

    def clear_stop(self) -> None:
        """Makes `should_stop` false again; an exception that was reported stays."""
        self._joined = False
        self._stop.clear()

    def should_stop(self) -> bool:
        """Whether a stop has been requested."""
        return self._stop.is_set()

    @property
    def joined(self) -> bool:
        """Whether `join` has waited for all threads since the last start."""
        return self._joined

    def raise_requested_exception(self) -> None:
        """Raises the exception that was reported, if one was."""
        if self._raised is not None:
            raise self._raised

    @contextlib.contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """A context that turns any exception inside into a request to stop."""
        try:
            yield
        except BaseException:
            self.request_stop(sys.exc_info())

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Waits until a stop is requested, for `timeout` seconds at most. Returns whether it was."""
        return self._stop.wait(timeout)

    def register_thread(self, thread: threading.Thread) -> None:
        """Lets `join` wait for `thread` without being given it."""
        with self._lock:
            if thread not in self._threads:
                self._threads.append(thread)

    def join(self, threads: Iterable[threading.Thread] | None = None, stop_grace_period_secs: float = 120) -> None:
        """Waits for `threads` and those registered to end; without `threads`, as from 0.9 on, for those of queue runners.

        Raises:
            RuntimeError: some are still running `stop_grace_period_secs` seconds after a stop was requested.
            Exception: what a thread has reported.
        """
        with self._lock:
            waited_for = list(dict.fromkeys([*self._threads, *(self.queue_threads if threads is None else threads)]))
        while not self._stop.is_set() and (alive := [thread for thread in waited_for if thread.is_alive()]):
            alive[0].join(_POLL)
        deadline = time.monotonic() + stop_grace_period_secs
        for thread in waited_for:
            if thread.is_alive():  # one may never have been started
                thread.join(max(0.0, deadline - time.monotonic()))
        self._joined = True
        stragglers = [thread.name for thread in waited_for if thread.is_alive()]
        if self._raised is not None:
            raise self._raised
        if stragglers:
            raise RuntimeError(f"Coordinator stopped with threads still running: {' '.join(stragglers)}")


class LooperThread(threading.Thread):
    """A thread that calls `target` again and again until its coordinator stops.

    >>> tf.train.LooperThread.loop(coord, 10, target=report, args=(sess,))

    Args:
        coord: a `Coordinator`.
        timer_interval_secs: the seconds from one call to the next; None for no pause.
        target: what is called; a subclass may define `run_loop` instead.
        args, kwargs: its arguments.
    """

    def __init__(self, coord: Coordinator, timer_interval_secs: float | None, target: Callable | None = None,
                 args: Iterable[Any] | None = None, kwargs: Mapping[str, Any] | None = None) -> None:
        if not isinstance(coord, Coordinator):
            raise ValueError(f"'coord' argument must be a Coordinator: {coord}")
        super().__init__(daemon=True)
        self._coord = coord
        self._interval = timer_interval_secs
        self._looped = target
        self._arguments = tuple(args or ())
        self._keywords = dict(kwargs or {})

    @staticmethod
    def loop(coord: Coordinator, timer_interval_secs: float | None, target: Callable,
             args: Iterable[Any] | None = None, kwargs: Mapping[str, Any] | None = None) -> LooperThread:
        """A new thread that calls `target`, started."""
        thread = LooperThread(coord, timer_interval_secs, target=target, args=args, kwargs=kwargs)
        thread.start()
        return thread

    def isAlive(self) -> bool:
        """Whether it runs."""
        return self.is_alive()

    def run(self) -> None:
        """The thread's loop."""
        with self._coord.stop_on_exception():
            self.start_loop()
            due = time.monotonic()
            while not self._coord.wait_for_stop(0 if self._interval is None else max(0.0, due - time.monotonic())):
                due += self._interval or 0
                self.run_loop()
            self.stop_loop()

    def start_loop(self) -> None:
        """Called before the first round; for subclasses."""

    def stop_loop(self) -> None:
        """Called after the last round; for subclasses."""

    def run_loop(self) -> None:
        """One round."""
        if self._looped is not None:
            self._looped(*self._arguments, **self._keywords)
