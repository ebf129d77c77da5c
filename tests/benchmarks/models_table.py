"""Whole models, each engine in a process of its own, their steps measured in turns."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
PROCESSES = 3
"""Where its memory happens to lie makes a process up to a fifth slower than the next one: so many are asked, each anew."""
ROUNDS = 4
SECONDS = 0.6
"""So long does an engine run in each round of each process."""
MODELS = ("neuron", "softmax", "mlp", "mnist_deep", "cifar", "resnet", "lstm20", "lstm35", "seq2seq", "word2vec", "gan",
          "vae", "qnetwork", "style", "pipeline")


@dataclasses.dataclass
class Engine:
    """A worker process, and what it said at its start."""

    name: str
    process: subprocess.Popen[str]
    start: dict[str, float]
    memory: float = 0.0

    def run(self, steps: int) -> float:
        """The seconds of a step, among so many."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        answer = heard(self.process)
        self.memory = answer["memory"]
        return answer["seconds"] / steps


def heard(process: subprocess.Popen[str]) -> dict[str, float]:
    """The next answer of a worker. Raises RuntimeError when it died."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("!"):
            return json.loads(line[1:])
    raise RuntimeError(f"{process.args} ended with code {process.wait()}")


def started(name: str, model: str, cache: str, original: str | None) -> Engine:
    """A worker that has made its first step."""
    environment = {**os.environ, "JAX_COMPILATION_CACHE_DIR": cache, "TF_CPP_MIN_LOG_LEVEL": "3",
                   "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
                   "PYTHONPATH": str(ROOT)}
    if name == "original":
        assert original is not None
        command = [original, "-B", str(HERE / "worker.py"), name, model]
        environment.pop("PYTHONPATH")
    else:
        command = [sys.executable, "-m", "tests.benchmarks.worker", name, model]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               env=environment, cwd=ROOT)
    return Engine(name, process, heard(process))


def engines_of(model: str, original: str | None) -> list[str]:
    """Who can be compared."""
    names = ["tracer"]
    if importlib.util.find_spec("tensorflow") is not None:
        names.append("tensorflow")
    if (ROOT / "tests" / "models" / "by_hand" / f"{model.rstrip('0123456789')}.py").exists():
        names.append("jax")
    return names + (["original"] if original else [])


def measure(model: str, original: str | None = None) -> list[dict[str, Any]]:
    """One row for each engine: seconds, and MiB at most."""
    names = engines_of(model, original)
    times: dict[str, list[float]] = {name: [] for name in names}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        cold = {name: started(name, model, os.path.join(folder, name), original) for name in names}
        for engine in cold.values():
            engine.process.kill()
        for _ in range(PROCESSES):
            warm = {name: started(name, model, os.path.join(folder, name), original) for name in names}
            in_turns(warm, times)
            for engine in warm.values():
                engine.process.kill()
    for name, engine in warm.items():
        low, middle, high = statistics.quantiles(times[name], n=4)
        start = engine.start
        rows.append({
            "model": model, "engine": name, "import": start["import"], "build": start["build"],
            "cold": cold[name].start["first"], "cached": start["first"],
            "start": start["import"] + start["build"] + start["first"],
            "step": middle, "low": low, "high": high, "memory": engine.memory})
    return rows


def in_turns(engines: dict[str, Engine], times: dict[str, list[float]]) -> None:
    """Adds to `times` the seconds of a step, one for each round and engine."""
    steps = {name: max(1, int(SECONDS / max(min(engine.run(2), engine.run(2)), 1e-6))) for name, engine in engines.items()}
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            times[name].append(engine.run(steps[name]))


def lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The rows of one model as a table, with the ratio of our step to each peer's."""
    ours = rows[0]["step"]
    for row in rows:
        ratio = "" if row["engine"] == "tracer" else f"{ours / row['step']:.2f}"
        yield (f"{row['model']:<11} {row['engine']:<11} {row['import']:7.2f} {row['build']:7.2f} {row['cold']:7.2f} "
               f"{row['cached']:7.2f} {row['step'] * 1e3:10.3f} ({row['low'] * 1e3:.3f}-{row['high'] * 1e3:.3f}) "
               f"{row['memory']:7.0f} {ratio:>6}")


HEADING = (f"{'model':<11} {'engine':<11} {'import':>7} {'build':>7} {'cold':>7} {'cached':>7} {'step, ms':>10} (quartiles) "
           f"{'MiB':>7} ours/it")


def plot(rows: list[dict[str, Any]], path: str) -> bool:
    """Our step over each peer's, as a picture. False where matplotlib is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        return False
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    models = list(dict.fromkeys(row["model"] for row in rows))
    steps = {(row["model"], row["engine"]): row["step"] for row in rows}
    peers = [name for name in ("tensorflow", "jax", "original") if any(engine == name for _, engine in steps)]
    figure, axes = pyplot.subplots(figsize=(9, 0.5 + 0.4 * len(models)))
    for i, peer in enumerate(peers):
        places = [j + 0.8 * i / len(peers) for j, model in enumerate(models) if (model, peer) in steps]
        ratios = [steps[model, "tracer"] / steps[model, peer] for model in models if (model, peer) in steps]
        axes.barh(places, ratios, height=0.8 / len(peers), label=peer)
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.set_yticks([j + 0.3 for j in range(len(models))], models)
    axes.invert_yaxis()
    axes.set_xlabel("our step / its step (shorter is faster)")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    return True


def main(names: list[str], original: str | None, folder: str | None) -> None:
    """Prints the table as it grows; writes `models.json` and `models.png` into `folder`."""
    print(HEADING)
    rows: list[dict[str, Any]] = []
    for model in names or MODELS:
        found = measure(model, original)
        rows += found
        for line in lines(found):
            print(line, flush=True)
    if folder is not None:
        os.makedirs(folder, exist_ok=True)
        pathlib.Path(folder, "models.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
        if not plot(rows, os.path.join(folder, "models.png")):
            print("No plot: matplotlib is not installed.", file=sys.stderr)
