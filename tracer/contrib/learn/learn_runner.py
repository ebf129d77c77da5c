"""`learn_runner.run`: makes an experiment and runs it; from 0.10 on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.contrib.learn.experiment import Experiment


def run(experiment_fn: Callable[[str], Experiment], output_dir: str, schedule: str | None = None) -> Any:
    """Makes an experiment and runs one of its methods.

    >>> learn_runner.run(lambda output_dir: learn.Experiment(...), "/tmp/model")

    Args:
        experiment_fn: makes the experiment, of the folder that its output goes to.
        output_dir: that folder.
        schedule: the name of the method. By default the one for a process by itself, which trains and evaluates.

    Returns what the method does.

    Raises:
        ValueError: there is no folder, or no such method.
        TypeError: `experiment_fn` is no function or makes no experiment, or `schedule` names no method.
    """
    if not output_dir:
        raise ValueError("Must specify an output directory")
    if not callable(experiment_fn):
        raise TypeError(f'Experiment builder "{experiment_fn}" is not callable.')
    experiment = experiment_fn(output_dir)
    if not isinstance(experiment, Experiment):
        raise TypeError(f"Experiment builder did not return an Experiment instance, got {type(experiment)} instead.")
    name = schedule or "train_and_evaluate"
    if not hasattr(experiment, name):
        kind = type(experiment)
        allowed = [other for other in dir(kind) if other[0] != "_" and callable(getattr(kind, other))]
        raise ValueError(f"Schedule references non-existent task {name}; there are {', '.join(allowed)}")
    task = getattr(experiment, name)
    if not callable(task):
        raise TypeError(f"Schedule references non-callable member {name}")
    return task()
