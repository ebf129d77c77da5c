"""Writes subjects as `jax.export` artifacts, and runs both: `python -m tests.emit.artifacts FOLDER NAME...`.

For each name the folder gets `NAME.jax`, and in `NAME_pair.npz` what the session gives in one run, the artifact in
plain JAX from the same state, and the variables that each has afterwards.
"""

import pathlib
import sys

import jax
import numpy as np

import tracer as tf
import tracer.legacy
from tests.emit.subjects import subject

PLATFORMS = ["cpu", "cuda", "tpu"]


def pair(folder: pathlib.Path, name: str) -> dict[str, np.ndarray]:
    """What is compared, by name: "session ..." and "artifact ..."."""
    made = subject(name)
    path = folder / f"{name}.jax"
    with tf.Session(graph=made.graph) as session:
        with made.graph.as_default():
            session.run(tf.initialize_all_variables())
        tf.export(str(path), made.fetches, list(made.feeds), session, platforms=PLATFORMS)
        call = jax.export.deserialize(path.read_bytes()).call
        with jax.enable_x64(True):
            state = held(path)
            results = call(*([] if state is None else [state]), *made.feeds.values())
            values, after = (results, {"variables": {}}) if state is None else results
        found = {f"artifact variable {key}": value for key, value in after["variables"].items()}
        wanted = session.run(made.fetches, made.feeds)
        found.update({f"session variable {key}": session.run(made.graph.get_tensor_by_name(f"{key}:0"))
                      for key in after["variables"]})
        for at, (value, want) in enumerate(zip(values, wanted, strict=True)):
            if want is not None:
                found.update({f"artifact value {at}": value, f"session value {at}": want})
    return {key: np.asarray(value) for key, value in found.items()}


def held(path: pathlib.Path) -> dict | None:
    """The state beside an artifact, as the artifact takes it."""
    beside = path.with_name(path.name + ".npz")
    if not beside.exists():
        return None
    state: dict[str, dict] = {"variables": {}, "streams": {}}
    with np.load(beside) as arrays:
        for key, array in arrays.items():
            kind, _, name = key.partition("/")
            state[kind][name] = array
    return state


if __name__ == "__main__":
    tracer.legacy.install()
    for subject_name in sys.argv[2:]:
        target = pathlib.Path(sys.argv[1])
        np.savez(target / f"{subject_name}_pair.npz", **pair(target, subject_name))
