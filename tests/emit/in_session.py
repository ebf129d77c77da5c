"""Emits subjects and runs them in a session: `python -m tests.emit.in_session FOLDER NAME...`.

For each name the folder gets `NAME_jax.py` with its arrays, `NAME_feeds.npz` by the argument and the place in it, and after
that `NAME_wanted.npz`: what the session gives in ten steps, and the variables after them; or `NAME_failed.txt`.
"""

from __future__ import annotations

import pathlib
import sys
import traceback
from typing import Any

import jax
import numpy as np

import tracer as tf
import tracer.legacy
from lowering.emit import arguments_of
from lowering.emit.candidates import log_uniform_candidates
from lowering.emit.trace import DRAWS
from lowering.pure import single
from lowering.run.executable import Executable
from tests.emit.alone import STEPS
from tests.emit.subjects import Subject, subject


def begun(folder: pathlib.Path, name: str) -> tuple[Subject, Any]:
    """The subject, and its session before the first step, after it has been emitted."""
    made = subject(name)
    session = tf.Session(graph=made.graph)
    with made.graph.as_default():
        session.run(tf.initialize_all_variables())
    title = f"{name} as JAX."
    with session.as_default():
        tf.emit(made.fetches, list(made.feeds), str(folder / f"{name}_jax.py"), session, title)
    np.savez(folder / f"{name}_feeds.npz", **{f"{i:02} {k:02}": made.feeds[tensor] for i, tensors in enumerate(
        arguments_of(list(made.feeds))) for k, tensor in enumerate(tensors)})
    return made, session


def drawn(made: Subject, session: Any) -> dict[Any, Any]:
    """What the emitted module draws from its key, to be fed in the place of what the session would draw."""
    tensors = [t for t in made.fetches if isinstance(t, tf.Tensor)]
    program = single(Executable(tensors, [t for t in made.fetches if t not in tensors], list(made.feeds)))
    draws = [op for op in program.stage.nodes if op.type in DRAWS]
    keys = list(jax.random.split(jax.random.key(0), len(draws))) if len(draws) > 1 else [jax.random.key(0)]
    found = {}
    for op, key in zip(draws, keys, strict=False):
        if op.type == "LogUniformCandidateSampler":
            labels = session.run(op.inputs[0], made.feeds)
            values = log_uniform_candidates(key, labels, op.attrs["num_sampled"], op.attrs["range_max"], True)
        else:
            function = {"RandomUniform": jax.random.uniform, "RandomStandardNormal": jax.random.normal}[op.type]
            values = [function(key, tuple(session.run(op.inputs[0], made.feeds)))]
        found.update(zip(op.outputs, map(np.asarray, values), strict=True))
    return found


def stepped(made: Subject, session: Any) -> dict[str, np.ndarray]:
    """The values of ten steps, and the variables after them."""
    found = {}
    feeds = {**made.feeds, **drawn(made, session)}
    for step in range(STEPS):
        values = [value for value in session.run(made.fetches, feeds) if value is not None]
        found.update({f"value {i} of step {step}": value for i, value in enumerate(values)})
    with made.graph.as_default():
        found.update({f"variable {v.op.name}": session.run(v) for v in tf.all_variables()})
    return found


def main() -> None:
    """Emits all that are named, and then runs them."""
    folder, names = pathlib.Path(sys.argv[1]), sys.argv[2:]
    tracer.legacy.install()
    ready = {}
    for name in names:
        try:
            ready[name] = begun(folder, name)
        except Exception:
            (folder / f"{name}_failed.txt").write_text(traceback.format_exc())
    print("emitted", flush=True)
    for name, (made, session) in ready.items():
        try:
            np.savez(folder / f"{name}_wanted.npz", **stepped(made, session))
        except Exception:
            (folder / f"{name}_failed.txt").write_text(traceback.format_exc())


if __name__ == "__main__":
    main()
