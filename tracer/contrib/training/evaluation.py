"""Waiting for checkpoints, one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tracer import logging
from tracer.train.checkpoint_state import latest_checkpoint


def wait_for_new_checkpoint(checkpoint_dir: str, last_checkpoint: str | None = None, seconds_to_sleep: float = 1,
                            timeout: float | None = None) -> str | None:
    """The path of the latest checkpoint of a folder, once it is another than `last_checkpoint`; None after `timeout`."""
    logging.info("Waiting for new checkpoint at %s", checkpoint_dir)
    end = None if timeout is None else time.time() + timeout
    while True:
        found = latest_checkpoint(checkpoint_dir)
        if found is not None and found != last_checkpoint:
            logging.info("Found new checkpoint at %s", found)
            return found
        if end is not None and time.time() + seconds_to_sleep > end:
            return None
        time.sleep(seconds_to_sleep)


def checkpoints_iterator(checkpoint_dir: str, min_interval_secs: float = 0,
                         timeout: float | None = None) -> Iterator[str]:
    """The paths of the checkpoints of a folder as they are written.

    Args:
        checkpoint_dir: the folder.
        min_interval_secs: how long a round takes at least.
        timeout: how long to wait for a checkpoint; None for ever.
    """
    path = None
    while True:
        path = wait_for_new_checkpoint(checkpoint_dir, path, timeout=timeout)
        if path is None:
            return
        start = time.time()
        yield path
        left = start + min_interval_secs - time.time()
        if left > 0:
            time.sleep(left)
