"""What the commands that look into a program share: their options, the run of its script, and what is kept of that."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

from tracer import __main__ as runner_command
from tracer import ir, scopes
from tracer import session as sessions
from tracer.ir import Graph, Operation, Tensor
from tracer.legacy import runner

_OURS = tuple(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), name) + os.sep
              for name in ("tracer", "lowering"))


_SHOWN = 12  # so many names of what was run are listed


class Stopped(SystemExit):
    """Ends a script that is only to build its graph."""


class Run(NamedTuple):
    """A distinct run: the session that made it, that session's number, and what it runs."""

    session: Any
    number: int
    executable: Any


class Watcher:
    """Keeps the graphs, the sessions and their distinct runs, in order; and what variables held when sessions closed.

    With `building`, the script ends at its first run.
    """

    def __init__(self, building: bool = False) -> None:
        self.building = building
        self.graphs: list[Graph] = []
        self.sessions: list[Any] = []
        self.runs: list[Run] = []
        self.last: Any = None  # the session that has made a run last
        self._kept: dict[int, Any] = {}

    def __call__(self, session: Any, executable: Any) -> None:
        if session not in self.sessions:
            self.sessions.append(session)
        self.last = session
        self.runs.append(Run(session, self.sessions.index(session) + 1, executable))

    def preparing(self, session: Any) -> None:
        """Called before a session prepares a run."""
        if self.building:
            raise Stopped(0)

    def closing(self, session: Any) -> None:
        """Called before a session lets its variables go."""
        if session._state is not None:
            self._kept[id(session)] = session._state.snapshot()

    def state_of(self, session: Any) -> Any:
        """The state that a session has, or had."""
        return self._kept.get(id(session)) or session.state

    def graph_made(self, graph: Graph) -> None:
        """Called for each new graph."""
        self.graphs.append(graph)

    def filled_graphs(self) -> list[Graph]:
        """The graphs that hold something, in the order of their creation."""
        everywhere = [scopes.get_default_graph(), *self.graphs, *(session.graph for session in self.sessions)]
        return [graph for graph in dict.fromkeys(everywhere) if graph.version]


@contextlib.contextmanager
def watching(building: bool = False) -> Iterator[Watcher]:
    """Keeps what is made and run inside."""
    watcher = Watcher(building)
    sessions.WATCHERS.append(watcher)
    ir.WATCHERS.append(watcher.graph_made)
    try:
        yield watcher
    finally:
        sessions.WATCHERS.remove(watcher)
        ir.WATCHERS.remove(watcher.graph_made)


class End(NamedTuple):
    """How a script ended: its exit code; what stopped it, and at which line, where something did."""

    code: int
    problem: str = ""
    file: str = ""
    line: int = 0


def run(script: str, arguments: Sequence[str], options: dict[str, Any]) -> End:
    """Runs a script; what it prints goes to stderr. Raises SystemExit where there is no such script."""
    sys.last_value = None
    if os.path.isfile(script) and _is_binary(script):
        refuse(f"{script} is no Python program. (A graph is a .pb, .pbtxt or .meta file; tracer.inspect_checkpoint lists "
               "what is in a checkpoint.)")
    try:
        with contextlib.redirect_stdout(sys.stderr):
            code = runner.run_script(script, arguments, **options)
    except runner.ScriptError as problem:
        print(problem, file=sys.stderr)
        raise SystemExit(problem.code) from None
    except Stopped as ended:
        return End(0, "the first run", *_line_of(ended))
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        return End(code, f"sys.exit({ended.code!r})", *_line_of(ended)) if code else End(0)
    except KeyboardInterrupt as interrupt:
        return End(130, "KeyboardInterrupt", *_line_of(interrupt))
    error = sys.last_value
    if code and error is not None:
        first = (str(error).strip().splitlines() or [""])[0]
        return End(code, f"{type(error).__name__}{': ' if first else ''}{first}", *_line_of(error))
    return End(code)


def _line_of(error: BaseException) -> tuple[str, int]:
    """The innermost line of the user's program that an exception came through."""
    found = ("", 0)
    trace = error.__traceback__
    folder = os.path.dirname(os.path.abspath(sys.argv[0])) + os.sep
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith((*_OURS, "<frozen")) and (not found[0] or file.startswith(folder)):
            found = (file, trace.tb_lineno)
        trace = trace.tb_next
    return found


def parser(command: str, script: str, description: str, must_fetch: bool = False) -> argparse.ArgumentParser:
    """The parser of `python -m <command>`, with what every command takes."""
    made = argparse.ArgumentParser(
        prog=f"python -m {command}", usage=f"python -m {command} [options] {script} [arguments of the script]",
        description=description + " What the program prints itself goes to stderr.")
    made.add_argument("script", help="the program; what follows it is left to it")
    made.add_argument("args", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    made.add_argument("--fetch", action="append", required=must_fetch, default=None if must_fetch else [], metavar="NAME",
                      help="an operation or tensor by its name in the graph; may be given several times")
    made.add_argument("--feed", action="append", metavar="NAME",
                      help="an argument of the functions; all placeholders that are needed when left out")
    runner_command.add_programs(made)
    runner_command.add_environment(made)
    return made


def parsed(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> tuple[argparse.Namespace, dict[str, Any]]:
    """The parsed arguments; and those among them that `run` takes as its options."""
    said = parser.parse_args(arguments)
    environment = argparse.ArgumentParser(add_help=False)
    runner_command.add_environment(environment)
    runner_command.set_programs(vars(said))
    return said, {name: getattr(said, name) for name in vars(environment.parse_args([]))}


def elements(graph: Graph, names: Sequence[str], runs: Sequence[Run] = ()) -> list[Any]:
    """The operations and tensors of these names. SystemExit for those that are not there, with the nearest names and with
    what was fetched in `runs`."""
    found, missing = [], []
    for name in names:
        try:
            found.append(graph.as_graph_element(name))
        except (KeyError, ValueError):
            missing.append(name)
    if missing:
        lines = [f"The graph has no {name}." + (f" Near it: {close}." if (close := near(graph, name)) else "")
                 for name in missing]
        if ran := dict.fromkeys(item.name for run in runs for item in (*run.executable.fetches, *run.executable.targets)):
            lines.append(f"The program ran {', '.join(list(ran)[-_SHOWN:])}.")
        refuse("\n".join(lines))
    return found


def fetched(graph: Graph, names: Sequence[str], runs: Sequence[Run] = ()) -> tuple[list[Tensor], list[Operation]]:
    """What to fetch and what to run for these names: an operation that has a value is fetched."""
    tensors, targets = [], []
    for item in elements(graph, names, runs):
        if isinstance(item, Operation) and item.outputs and not item.outputs[0].dtype.is_ref_dtype:
            item = item.outputs[0]
        (tensors if isinstance(item, Tensor) else targets).append(item)
    return tensors, targets


def near(graph: Graph, name: str) -> str:
    """The names in the graph that are most like one that is not there."""
    known = [op.name for op in graph.get_operations()]
    wanted = name.partition(":")[0]
    found = difflib.get_close_matches(wanted, known, 5, 0.4)
    last = {op: op.rpartition("/")[2] for op in known}
    found += [op for op in known if last[op] == wanted.rpartition("/")[2] and op not in found][:5 - len(found)]
    return ", ".join(found)


def _is_binary(path: str) -> bool:
    with open(path, "rb") as file:
        return b"\0" in file.read(4096)


def refuse(message: str) -> NoReturn:
    """Ends the command with exit code 1 and a message."""
    raise SystemExit(message)
