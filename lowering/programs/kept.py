"""Compiled programs kept on disk and found by what they compute: the next start traces and lowers nothing.

JAX's own cache is asked with the lowered program, which takes longer to make than a small program runs. Here the
question is the graph (`lowering.programs.telling`), and all that tracing looks at around it, in one digest. What cannot
be told that way is traced as ever. A program equal to one that is there in this process is found without a disk.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import platform
import sys
import tempfile
import threading
import time
import weakref
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jaxlib
import numpy as np

from lowering import fast
from lowering.programs import few, inline, lifted, loading, options, telling
from tracer.ir import Tensor

if TYPE_CHECKING:
    from lowering.programs.program import Program

_log = logging.getLogger("tracer")
_here: weakref.WeakValueDictionary[str, _Shared] = weakref.WeakValueDictionary()
_recent: deque[_Shared] = deque(maxlen=32)
"""The compiled functions that others may take, by digest: of programs that are there, and the last few of others."""


class _Shared:
    """A compiled function, the loops that were put together again in it, and whether the calling thread computes it."""

    def __init__(self, compiled: Any, rolled: list[str], small: bool) -> None:
        self.compiled = compiled
        self.rolled = rolled
        self.small = small


class Kept:
    """The jitted function of a program, as compiled functions, one for each signature: from this process, from disk, or on
    their way there, where there is a folder for them."""

    def __init__(self, program: Program, jitted: Any, static: dict[Tensor, np.ndarray]) -> None:
        self.program = program
        self.jitted = jitted
        self.static = static
        self._found: dict[Any, Any] = {}
        self._held: list[_Shared] = []  # for others, as long as this is there
        self._by_inputs: dict[Any, Any] = {}

    def lower(self, *arguments: Any) -> jax.stages.Lowered:
        """The lowered function, for those who read it."""
        return self.jitted.lower(*arguments)

    def trace(self, *arguments: Any) -> jax.stages.Traced:
        """The traced function, likewise."""
        return self.jitted.trace(*arguments)

    def _cache_size(self) -> int:
        """For how many signatures there is a compiled function, as JAX calls it."""
        return len(self._found)

    def quick(self, arguments: tuple) -> Any:
        """The compiled function for inputs of these shapes; a TypeError of it says that something else is new."""
        found = self._by_inputs.get(tuple([getattr(value, "shape", None) for value in arguments[-1]]))
        return self.at(arguments) if found is None else _called(found)

    def at(self, arguments: tuple) -> Any:
        """The compiled function for arguments like these."""
        key = _signature(arguments)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._obtained(key, arguments)
        self._by_inputs[tuple([getattr(value, "shape", None) for value in arguments[-1]])] = found
        return _called(found)

    def _obtained(self, signature: Any, arguments: tuple) -> Any:
        place, shares = folder(), fast.on("lifted")
        if place is None and not shares:
            compiled, self.program.small = self._compiled(arguments)
            return compiled
        try:
            told = digest(self.program, self.static, signature)
        except telling.UntoldError as reason:
            _log.debug("The program that computes %s is not kept: %s", self.program.what, reason)
            self.program.small = False
            return self.jitted
        shared = _here.get(told) if shares else None
        if shared is None:
            shared = self._loaded(place, told, arguments)
        if shared is None:
            shared = self._compiled_for(place, told, arguments)
        else:
            self.program.rolled = shared.rolled
            self.program.told(self.static, jax.tree.map(
                lambda value: jax.ShapeDtypeStruct(value.shape, value.dtype), arguments))
        if shares:
            _here[told] = shared
            _recent.append(shared)
            self._held.append(shared)
        self.program.small = shared.small
        return shared.compiled

    @staticmethod
    def _loaded(place: str | None, told: str, arguments: tuple) -> _Shared | None:
        loaded = None if place is None else _load(_path(place, told), arguments)
        return None if loaded is None else _Shared(*loaded)

    def _compiled_for(self, place: str | None, told: str, arguments: tuple) -> _Shared:
        """The function compiled, which is put on disk where there is a folder for it."""
        if place is not None:
            _listening()
            _hits.count = 0
        compiled, small = self._compiled(arguments)
        if place is not None and not _hits.count and not isinstance(compiled, few.Few):
            # What JAX has from its own file gives no whole file again.
            _store(_path(place, told), compiled, self.program.rolled, small)
        return _Shared(compiled, self.program.rolled, small)

    def _compiled(self, arguments: tuple) -> tuple[Any, bool]:
        """The function compiled for these arguments, and whether the calling thread computes it."""
        try:
            traced = self.jitted.trace(*arguments)
        except Exception as error:
            if self.program.lifted:
                raise lifted.NeededError from error
            raise
        if (plain := few.found(traced, arguments)) is not None:
            return plain, False  # feeds need not start where XLA would have them
        small = inline.is_small(traced.jaxpr, waited=bool(self.program.stage.outputs))
        told = options.in_place(traced.jaxpr) if self.program.donate and self.program.updated else None
        lowered = traced.lower()
        return inline.compiled(lowered, told) if small else lowered.compile(compiler_options=told), small


def standing(name: str, jitted: Any, arguments: tuple) -> jax.stages.Compiled:
    """A function of ours that no graph tells of, compiled for arguments like these: from disk, or on its way there."""
    return Standing(name, jitted).at(arguments)


class Standing:
    """Such a function: found by its name and by the arguments that it is first called with."""

    def __init__(self, name: str, jitted: Any) -> None:
        self.name = name
        self.jitted = jitted
        self.seconds = 0.0  # that it took to compile, now or when it was put on disk
        self._compiled: Any = None

    def __call__(self, *arguments: Any) -> Any:
        if self._compiled is None:
            self._compiled = self.at(arguments)
        return self._compiled(*arguments)

    def at(self, arguments: tuple) -> jax.stages.Compiled:
        """The compiled function for arguments like these."""
        place = folder()
        if place is None:
            return self._made(arguments)
        path = _path(place, _digest((_surroundings(), self.name, _signature(arguments))))
        loaded = _load(path, arguments)
        if loaded is not None:
            self.seconds = loaded[1]
            return loaded[0]
        _listening()
        _hits.count = 0
        compiled = self._made(arguments)
        if not _hits.count:
            _store(path, compiled, self.seconds, False)
        return compiled

    def _made(self, arguments: tuple) -> jax.stages.Compiled:
        started = time.perf_counter()
        compiled = self.jitted.lower(*arguments).compile()
        self.seconds = time.perf_counter() - started
        return compiled


def _path(place: str, told: str) -> str:
    return os.path.join(place, f"program-{told}")


def _called(compiled: Any) -> Any:
    return getattr(compiled, "_call", None) or compiled


def _signature(arguments: tuple) -> Any:
    """What a compiled function is for: the structure of the arguments, and the shape and type of each array."""
    leaves, structure = jax.tree.flatten(arguments)
    return structure, tuple([(leaf.shape, leaf.dtype, getattr(leaf, "weak_type", False)) for leaf in leaves])


class _Hits(threading.local):
    """How many programs this thread's compilations found in JAX's cache."""

    count = 0


_hits = _Hits()


def _listen(event: str, **_: Any) -> None:
    if event == "/jax/compilation_cache/cache_hits":
        _hits.count += 1


@functools.cache
def _listening() -> None:
    """Has JAX tell of hits in its cache, from the first compilation of ours on."""
    jax.monitoring.register_event_listener(_listen)


def folder() -> str | None:
    """Where programs are kept: with what JAX keeps. None where they are not."""
    place: Any = jax.config.jax_compilation_cache_dir  # type: ignore[attr-defined]
    if not place or "://" in place or not jax.config.jax_enable_compilation_cache or not fast.on("kept"):  # type: ignore[attr-defined]
        return None
    return place


def _load(path: str, arguments: tuple) -> tuple[Any, Any, bool] | None:
    try:
        with open(path, "rb") as file:
            data = file.read()
        return loading.unpacked(data, arguments)
    except FileNotFoundError:
        return None
    except Exception as error:  # a file that is damaged, or a JAX that `loading` does not know: it is compiled anew
        _log.info("%s cannot be used: %s", path, error)
        return None


def _store(path: str, compiled: Any, note: Any, small: bool) -> None:
    try:
        data = loading.packed(compiled, note, small)
        handle, name = tempfile.mkstemp(dir=os.path.dirname(path))
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except Exception as error:  # a full disk, a folder that cannot be written to, what cannot be put into a file
        _log.info("%s is not kept: %r", path, error)


# -- the digest


def masked(program: Program, static: dict[Tensor, np.ndarray], outline: tuple, plans: Any, call: Any) -> Standing | None:
    """What a program for these arguments became when it was masked according to `plans`, found by both. None where it cannot
    be told."""
    try:
        return Standing(repr((digest(program, static, _signature(outline)), plans)), call)
    except telling.UntoldError:
        return None


def digest(program: Program, static: dict[Tensor, np.ndarray], signature: Any) -> str:
    """The name of what a program computes, for this signature. Raises UntoldError where none can be given."""
    form = program.form()
    told = (
        _surroundings(), program.donate, options.compiler_options(program.stage.nodes), repr(signature), form.digest,
        [telling.told_value(np.asarray(value)) for value in static.values()],
        lifted.told(program),
    )
    return _digest(told)


def _digest(told: tuple) -> str:
    return hashlib.blake2b(repr(told).encode(), digest_size=20).hexdigest()


def _surroundings() -> tuple:
    """All besides the graph that a compiled program depends on."""
    device = jax.local_devices()[0]
    settings = [(name, repr(getattr(jax.config, name, None))) for name in sorted(jax.config.values)
                if "cache" not in name]
    variables = [(name, value) for name, value in sorted(os.environ.items())
                 if name.startswith(("XLA_", "TRACER_", "LIBTPU_", "CUDA_")) and name != "TRACER_ANNOUNCE"]
    return (_versions(), settings, variables, device.platform, device.device_kind, device.client.platform_version,
            len(jax.local_devices()), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())


@functools.cache
def _versions() -> tuple:
    """The versions of what lowers and compiles, ours by its source; and the machine that is compiled for."""
    sources = hashlib.blake2b(digest_size=20)
    here = Path(__file__).parent.parent
    face = here.parent / "tracer"
    for path in [*sorted(here.rglob("*.py")), *sorted(face.glob("*.py")), *sorted(face.glob("*.tsv"))]:
        sources.update(path.read_bytes())
    libraries = jax.__version__, jaxlib.version.__version__, np.__version__, sys.version
    return sources.hexdigest(), libraries, platform.machine(), _features()


def _features() -> str:
    """What the processor can do, as far as the system says."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")
