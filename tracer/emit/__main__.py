"""python -m tracer.emit script.py --fetch NAME -o model_jax.py: a program of 2016 as a JAX module that stands alone."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from tracer import bridge, commands, errors
from tracer.dump.loading import SUFFIXES


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m tracer.emit`. Returns the exit code."""
    parser = commands.parser(
        "tracer.emit", "script.py",
        "Runs a program written for TensorFlow 0.8 and writes a part of its graph as a JAX module that needs jax, numpy and "
        "optax only, with the variables' values as the program leaves them. With --checkpoint and no script, it only writes "
        "the arrays of the checkpoint, for a module written before.")
    _add_own(parser)
    for action in parser._actions:
        if action.dest == "script":
            action.nargs = "?"  # a checkpoint alone is converted
    said, options = commands.parsed(parser, arguments)
    if said.script is None and said.checkpoint:
        return _convert(said.checkpoint, os.path.abspath(said.output))
    if said.script is not None and not said.fetch:
        _behind(said)
    if said.script is None or not said.fetch:
        parser.error("a script and what to --fetch of it are needed, or a --checkpoint")
    if said.script.endswith(SUFFIXES):
        commands.refuse(f"{said.script} is a graph, and a module is emitted of a script, which says what its variables "
                        "hold: of one that imports it by tf.import_graph_def or tf.train.import_meta_graph and runs it.")
    with commands.watching() as watcher:
        end = commands.run(said.script, said.args, options)
    session, code = watcher.last, end.code
    if session is None:
        place = f"{os.path.basename(end.file or said.script)}:{end.line}"
        print("The program ran no session: there are no variables to take along."
              + (f" It stopped at {place}: {end.problem}" if end.problem else ""), file=sys.stderr)
        return 1
    tensors, targets = commands.fetched(session.graph, said.fetch, watcher.runs)
    state, output = watcher.state_of(session), os.path.abspath(said.output)
    if said.checkpoint:
        state = state.snapshot()
        state.variables.update(_fitting(_arrays(said.checkpoint), said.checkpoint, session.graph))
    title = f"{os.path.basename(said.script)} as JAX: {', '.join(said.fetch)}."
    runs = [run.executable for run in watcher.runs]
    bridge.emitted(tensors, targets, said.feed, output, session.graph, state, title, runs)
    print(f"wrote {output}")
    return code


def _add_own(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", default="model_jax.py", metavar="FILE", help="the module (model_jax.py)")
    parser.add_argument("--checkpoint", metavar="PATH", help="takes the variables' values from this checkpoint")


def _behind(said: argparse.Namespace) -> None:
    """Takes our options from behind the script, where there are none before it."""
    behind = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    behind.add_argument("--fetch", action="append")
    behind.add_argument("--feed", action="append")
    _add_own(behind)
    ours, said.args = behind.parse_known_args(said.args)
    said.fetch, said.feed, said.output = ours.fetch, ours.feed or said.feed, ours.output
    said.checkpoint = said.checkpoint or ours.checkpoint


def _arrays(checkpoint: str) -> dict:
    try:
        return bridge.arrays_of(checkpoint)
    except (errors.OpError, OSError) as problem:
        commands.refuse(f"{checkpoint}: {problem}")


def _fitting(arrays: dict, checkpoint: str, graph: Any) -> dict:
    """The arrays of a checkpoint, which must have the shapes of the graph's variables."""
    variables = {op.name: op.outputs[0] for op in graph.get_operations() if op.type == "Variable"}
    wrong = [f"\n  {name}: {tuple(array.shape)} in the checkpoint, {variables[name].get_shape()} in the program"
             for name, array in arrays.items() if name in variables
             and not variables[name].get_shape().is_compatible_with(array.shape)]
    if wrong:
        commands.refuse(f"{checkpoint} is of another program: some of its variables have other shapes." + "".join(wrong))
    if missing := [name for name in variables if name not in arrays]:
        print(f"Not in {checkpoint}, and so as the program leaves them: {', '.join(missing)}.", file=sys.stderr)
    return arrays


def _convert(checkpoint: str, output: str) -> int:
    """Writes the arrays of a checkpoint as an `.npz` file."""
    output = os.path.splitext(output)[0] + ".npz"
    bridge.write_arrays(output, _arrays(checkpoint))
    print(f"wrote {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
