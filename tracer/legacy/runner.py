"""Runs a script of 2016 as `python script.py` ran it."""

from __future__ import annotations

import importlib.util
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType, TracebackType

from tracer import legacy
from tracer.legacy import child_processes, startup

_OUR_FILES = os.path.dirname(os.path.abspath(__file__)) + os.sep
_IMPORT_SYSTEM = "<frozen importlib"


class ScriptError(Exception):
    """The script cannot be started; `code` is Python's exit code for that."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def run_script(
    script: str, arguments: Sequence[str] = (), children: Sequence[str] | None = None, **options: object
) -> int:
    """Runs the script to its end; the result is the exit code.

    With `children`, the scripts of Python processes that it starts are run by us as well, with these switches.

    SystemExit goes on to the caller, as does KeyboardInterrupt, already reported. Any other exception is reported
    with a traceback that starts in the script. Raises ScriptError when there is no such script.
    """
    path, data = _read(_path_of(script))
    folder = os.path.dirname(os.path.realpath(path))
    _prepare(folder, [script, *arguments], children, options)
    return _run(path, data, None)


def run_module(
    name: str, arguments: Sequence[str] = (), children: Sequence[str] | None = None, **options: object
) -> int:
    """Does the same for a module, found from the current folder, as `python -m name` does."""
    _prepare(os.getcwd(), ["-m", *arguments], children, options)
    spec = _find_module(name)
    if spec is None or not spec.origin or not spec.has_location:
        raise ScriptError(f"{_program()}: No module named {name}", 1)
    path, data = _read(spec.origin)
    sys.argv[0] = path
    return _run(path, data, spec)


def _prepare(
    folder: str, arguments: Sequence[str], children: Sequence[str] | None, options: Mapping[str, object]
) -> None:
    startup.leave_current_folder()
    legacy.install([folder], **options)
    if children is not None:
        child_processes.follow(children)
    if not sys.warnoptions:
        warnings.filterwarnings("ignore", category=DeprecationWarning)  # Python 2.7 did not show them either
    if not sys.flags.safe_path:
        sys.path.insert(0, folder)
    sys.argv[:] = arguments


def _run(path: str, data: bytes, spec: ModuleSpec | None) -> int:
    try:
        _execute(path, data, spec)
    except SystemExit:
        raise
    except BaseException as problem:
        _report(problem)
        if isinstance(problem, KeyboardInterrupt):
            # Python itself ends the process by the signal, if it sees the exception; it has been shown already.
            sys.excepthook = lambda *_: None
            raise
        return 1
    return 0


def _find_module(name: str) -> ModuleSpec | None:
    try:
        spec = importlib.util.find_spec(name)
        return importlib.util.find_spec(f"{name}.__main__") if spec and spec.submodule_search_locations else spec
    except ModuleNotFoundError:
        return None


def _program() -> str:
    return sys.orig_argv[0] if sys.orig_argv else sys.executable


def _path_of(script: str) -> str:
    path = os.path.abspath(script)
    if not os.path.isdir(path):
        return path
    inside = os.path.join(path, "__main__.py")
    if not os.path.isfile(inside):
        raise ScriptError(f"{_program()}: can't find '__main__' module in {path!r}", 1)
    return inside


def _read(path: str) -> tuple[str, bytes]:
    try:
        with open(path, "rb") as file:
            return path, file.read()
    except OSError as problem:
        message = f"{_program()}: can't open file {path!r}: [Errno {problem.errno}] {problem.strerror}"
        raise ScriptError(message, 2) from None


def _execute(path: str, data: bytes, spec: ModuleSpec | None) -> None:
    from tracer.legacy.loader import LegacyLoader
    from tracer.legacy.python2 import compile_source
    from tracer.legacy.python2_printing import finish_line

    installation = legacy.current()
    assert installation is not None
    code, python = compile_source(data, path, installation.options.python)
    installation.python = python
    module = ModuleType("__main__")
    module.__file__ = path
    module.__loader__ = LegacyLoader("__main__", path, installation)
    module.__spec__ = spec
    module.__package__ = spec.parent if spec else None
    module.__dict__.update(__builtins__=installation.builtins_for(python), __cached__=None)
    sys.modules["__main__"] = module
    try:
        exec(code, module.__dict__)
    finally:
        if python == 2:
            finish_line()


def _report(problem: BaseException) -> None:
    """Shows the exception as Python does when a script ends by one."""
    _strip(problem, set())
    sys.last_type, sys.last_value, sys.last_traceback = type(problem), problem, problem.__traceback__
    sys.stdout.flush()
    sys.excepthook(type(problem), problem, problem.__traceback__)


def _strip(problem: BaseException | None, seen: set[int]) -> None:
    """Takes our frames, and those of the import system, out of an exception and of those behind it."""
    if problem is None or id(problem) in seen:
        return
    seen.add(id(problem))
    problem.__traceback__ = _without_our_frames(problem.__traceback__)
    _strip(problem.__cause__, seen)
    _strip(problem.__context__, seen)


def _without_our_frames(trace: TracebackType | None) -> TracebackType | None:
    frames = []
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith((_OUR_FILES, _IMPORT_SYSTEM)):
            frames.append(trace)
        trace = trace.tb_next
    following = None
    for frame in reversed(frames):
        frame.tb_next = following
        following = frame
    return following
