"""python -m tracer.emit script.py --fetch NAME -o model_jax.py: a program of 2016 as a JAX module that stands alone."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import sys
from collections.abc import Sequence
from typing import Any

from tracer import __main__ as command
from tracer import bridge
from tracer import session as sessions
from tracer.ir import Graph, Operation, Tensor
from tracer.legacy import runner


class _Last:
    """Keeps the sessions that a script runs, and what their variables held when they were closed."""

    def __init__(self) -> None:
        self.sessions: list[Any] = []
        self.kept: dict[int, Any] = {}
        self.runs: list[Any] = []

    def __call__(self, opened: Any, executable: Any) -> None:
        if opened in self.sessions:
            self.sessions.remove(opened)
        self.sessions.append(opened)
        self.runs.append(executable)

    def closing(self, session: Any) -> None:
        """Called before a session lets its variables go."""
        if session._state is not None:
            self.kept[id(session)] = session._state.snapshot()

    def state_of(self, session: Any) -> Any:
        """The state that a session has, or had."""
        return self.kept.get(id(session)) or session.state


def elements(graph: Graph, names: Sequence[str]) -> list[Any]:
    """The operations and tensors of these names. SystemExit with the nearest names for one that is not there."""
    found = []
    for name in names:
        try:
            found.append(graph.as_graph_element(name))
        except (KeyError, ValueError):
            known = [op.name for op in graph.get_operations()]
            near = difflib.get_close_matches(name.partition(":")[0], known, 5, 0.4)
            hint = f" Near it: {', '.join(near)}." if near else ""
            raise SystemExit(f"The graph has no {name}.{hint}") from None
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m tracer.emit`. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tracer.emit",
        usage="python -m tracer.emit [options] script.py [arguments of the script]",
        description="Runs a program written for TensorFlow 0.8 and writes a part of its graph as a JAX module that needs "
                    "jax, numpy and optax only, with the variables' values as the program leaves them.",
    )
    parser.add_argument("script", help="the program; what follows it is left to it")
    parser.add_argument("args", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.add_argument("--fetch", action="append", required=True, metavar="NAME",
                        help="an operation or tensor by its name in the graph; may be given several times")
    parser.add_argument("--feed", action="append", metavar="NAME",
                        help="an argument of the functions; all placeholders that are needed when left out")
    parser.add_argument("-o", "--output", default="model_jax.py", metavar="FILE", help="the module (model_jax.py)")
    command.add_environment(parser)
    said = vars(parser.parse_args(arguments))
    script, script_arguments = said.pop("script"), said.pop("args")
    names, feeds, output = said.pop("fetch"), said.pop("feed"), os.path.abspath(said.pop("output"))
    last = _Last()
    sessions.WATCHERS.append(last)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            code = runner.run_script(script, script_arguments, **said)
    except runner.ScriptError as problem:
        print(problem, file=sys.stderr)
        return problem.code
    except SystemExit as ended:
        code = ended.code
    finally:
        sessions.WATCHERS.remove(last)
    if not last.sessions:
        print("The program ran no session: there are no variables to take along.", file=sys.stderr)
        return 1
    session = last.sessions[-1]
    found = elements(session.graph, names)
    tensors = [item for item in found if isinstance(item, Tensor)]
    targets = [item for item in found if isinstance(item, Operation)]
    for op in targets:  # an operation with a value is fetched for it, unless it is run for what it does
        if op.outputs and not op.outputs[0].dtype.is_ref_dtype:
            tensors.append(op.outputs[0])
    bridge.emitted(tensors, targets, feeds, output, session.graph, last.state_of(session),
                   f"{os.path.basename(script)} as JAX: {', '.join(names)}.", last.runs)
    print(f"wrote {output}")
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    sys.exit(main())
