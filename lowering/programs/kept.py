"""Compiled programs kept on disk and found by what they compute: the next start traces and lowers nothing.

JAX's own cache is asked with the lowered program, which takes longer to make than a small program runs. Here the
question is the graph: everything of a stage, and around it, that tracing looks at, in one digest. What cannot be told
that way (Python functions of the script, rules of its own) is traced as ever, and so is everything where JAX keeps
nothing on disk.
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
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jaxlib
import numpy as np

from lowering import fast, registry
from lowering.plan import slice as slicing
from lowering.programs import inline, loading, options
from tracer import dtypes, shapes
from tracer.ir import Operation, Region, Tensor

if TYPE_CHECKING:
    from lowering.programs.program import Program

_log = logging.getLogger("tracer")
_PLAIN = frozenset({bool, int, float, complex, str, bytes, type(None)})
_PACKAGES = ("lowering", "jax", "numpy")
"""Where the rules come from whose meaning goes by the version of these packages alone."""
_PYTHON = frozenset({"JaxFunction"})
"""Operations that call a Python function of the script while they are traced."""


class UntoldError(Exception):
    """What is computed here depends on something that no digest tells."""


class Kept:
    """The jitted function of a program, as compiled functions, one for each signature: from disk, or on their way there,
    where there is a folder for them."""

    def __init__(self, program: Program, jitted: Any, static: dict[Tensor, np.ndarray]) -> None:
        self.program = program
        self.jitted = jitted
        self.static = static
        self._found: dict[Any, Any] = {}
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

    @property
    def alone(self) -> Any:
        """The compiled function where there is one only, as JAX calls it in C++: nothing interrupts between it and its
        caller. None where there are several."""
        return _called(next(iter(self._found.values()))) if len(self._found) == 1 else None

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
        place = folder()
        if place is None:
            return self._compiled(arguments)[0]
        try:
            path = os.path.join(place, f"program-{digest(self.program, self.static, signature)}")
        except UntoldError as reason:
            _log.debug("The program that computes %s is not kept: %s", self.program.what, reason)
            return self.jitted
        loaded = _load(path, arguments)
        if loaded is None:
            _listening()
            _hits.count = 0
            compiled, small = self._compiled(arguments)
            if not _hits.count:  # what JAX has from its own file gives no whole file again
                _store(path, compiled, self.program.rolled, small)
            return compiled
        compiled, self.program.rolled = loaded
        self.program.told(self.static, jax.tree.map(lambda value: jax.ShapeDtypeStruct(value.shape, value.dtype), arguments))
        return compiled

    def _compiled(self, arguments: tuple) -> tuple[Any, bool]:
        """The function compiled for these arguments, and whether the calling thread computes it."""
        traced = self.jitted.trace(*arguments)
        small = inline.is_small(traced.jaxpr, waited=bool(self.program.stage.outputs))
        told = options.in_place(traced.jaxpr) if self.program.donate and self.program.updated else None
        lowered = traced.lower()
        return inline.compiled(lowered, told) if small else lowered.compile(compiler_options=told), small


def standing(name: str, jitted: Any, arguments: tuple) -> jax.stages.Compiled:
    """A function of ours that no graph tells of, compiled for arguments like these: from disk, or on its way there."""
    place = folder()
    if place is None:
        return jitted.lower(*arguments).compile()
    told = hashlib.blake2b(repr((_surroundings(), name, _signature(arguments))).encode(), digest_size=20).hexdigest()
    path = os.path.join(place, f"program-{told}")
    loaded = _load(path, arguments)
    if loaded is not None:
        return loaded[0]
    _listening()
    _hits.count = 0
    compiled = jitted.lower(*arguments).compile()
    if not _hits.count:
        _store(path, compiled, [], False)
    return compiled


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


def _load(path: str, arguments: tuple) -> tuple[Any, list[str]] | None:
    try:
        with open(path, "rb") as file:
            data = file.read()
        return loading.unpacked(data, arguments)
    except FileNotFoundError:
        return None
    except Exception as error:  # a file that is damaged, or a JAX that `loading` does not know: it is compiled anew
        _log.info("%s cannot be used: %s", path, error)
        return None


def _store(path: str, compiled: Any, rolled: list[str], small: bool) -> None:
    try:
        data = loading.packed(compiled, rolled, small)
        handle, name = tempfile.mkstemp(dir=os.path.dirname(path))
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except Exception as error:  # a full disk, a folder that cannot be written to, what cannot be put into a file
        _log.info("%s is not kept: %r", path, error)


# -- the digest


def digest(program: Program, static: dict[Tensor, np.ndarray], signature: Any) -> str:
    """The name of what a program computes, for this signature. Raises UntoldError where none can be given."""
    teller = _Teller()
    stage = program.stage
    teller.inside(stage.nodes)
    lists = [stage.nodes, stage.held, stage.written, stage.streams, program.hoisted]
    tensors = [stage.inputs, stage.static, stage.outputs, program.constants]
    told = (
        _surroundings(), program.donate, options.compiler_options(stage.nodes), repr(signature),
        [(teller.tensor(tensor), teller.plain(value)) for tensor, value in static.items()],
        [[teller.operation(op) for op in some] for some in lists],
        [[teller.tensor(tensor) for tensor in some] for some in tensors],
        sorted(teller.tensor(tensor) for tensor in stage.used),
    )
    return teller.digest(told)


class _Teller:
    """Tells operations by numbers, in the order in which they are come upon, and what each of them is."""

    def __init__(self) -> None:
        self.numbers: dict[Operation, int] = {}
        self.regions: dict[Region, int] = {}
        self.pending: list[Operation] = []
        self.within: set[Operation] = set()  # what is evaluated, and not only looked at
        self.named: set[Operation] = set()  # those whose names mean something
        self.rules: dict[str, str] = {}
        self.hash = hashlib.blake2b(digest_size=20)

    def inside(self, operations: Iterable[Operation]) -> None:
        """Takes note of what is evaluated."""
        for op in operations:
            if op.region is not None:
                raise UntoldError(f"{op.name} is in a region that is run step by step")
            for node in slicing.inner(op):
                self.within.add(node)
                self.rules[node.type] = _rule(node)
                rule = registry.find(node.type)
                if node.type == "TemporaryVariable" or (rule is not None and "op" in rule.extras):
                    self.named.add(node)

    def operation(self, op: Operation) -> int:
        """The number of an operation."""
        number = self.numbers.get(op)
        if number is None:
            number = self.numbers[op] = len(self.numbers)
            self.pending.append(op)
        return number

    def tensor(self, tensor: Tensor) -> tuple[int, int]:
        """The number of its operation, and which of its outputs."""
        return self.operation(tensor.op), tensor.value_index

    def digest(self, told: tuple) -> str:
        """The digest of `told`, and of all operations that it is about or that these depend on."""
        self._add(told)
        at = 0
        while at < len(self.pending):
            self._add(self._told(self.pending[at]))
            at += 1
        order = sorted(self.numbers.items(), key=lambda item: item[0]._id)
        self._add([number for _, number in order])
        self._add(sorted(self.rules.items()))
        return self.hash.hexdigest()

    def _add(self, value: Any) -> None:
        self.hash.update(repr(value).encode())
        self.hash.update(b"\0")

    def _told(self, op: Operation) -> tuple:
        strict = op in self.within
        return (op.type, op.name if op in self.named else "", op.device, op in slicing.FIXED, op in slicing.ON_HOST, strict,
                [self.tensor(tensor) for tensor in op.inputs], [self.operation(c) for c in op.control_inputs],
                [(output.dtype.name, output.sizes) for output in op.outputs],
                [(name, self._attribute(op, name, strict)) for name in sorted(op.attrs) if name[0] != "_"])

    def _attribute(self, op: Operation, name: str, strict: bool) -> Any:
        value = op.attrs[name]
        if op.type == "Gradients" and name == "rows":
            return [[self.operation(op.named(gather)) for gather in gathers] for gathers in value]
        if op.type == "Gradients" and name == "custom":
            return [(self.operation(op.named(by)), returned) for by, returned in value]
        return self.plain(value, strict)

    def plain(self, value: Any, strict: bool = True) -> Any:
        """A value as one whose `repr` tells all of it."""
        if type(value) in _PLAIN:
            return value
        if isinstance(value, (dtypes.DType, shapes.TensorShape)):
            return type(value).__name__, repr(value)
        if isinstance(value, (np.ndarray, np.generic)):
            return self._array(np.asarray(value))
        if isinstance(value, (list, tuple)):
            return [type(value).__name__, *(self.plain(part, strict) for part in value)]
        if isinstance(value, dict):
            return ["dict", *((self.plain(key), self.plain(part, strict)) for key, part in value.items())]
        if isinstance(value, Operation):
            return "operation", self.operation(value)
        if isinstance(value, Tensor):
            return "tensor", self.tensor(value)
        if isinstance(value, Region):
            return self._region(value)
        if strict:
            raise UntoldError(f"an attribute is a {type(value).__name__}")
        return type(value).__name__

    @staticmethod
    def _array(value: np.ndarray) -> tuple:
        if value.dtype.hasobject:
            words = [word if isinstance(word, bytes) else str(word).encode() for word in value.ravel()]
            return "strings", value.shape, words
        data = value.tobytes()
        return value.dtype.str, value.shape, data if len(data) <= 64 else hashlib.blake2b(data, digest_size=20).digest()

    def _region(self, region: Region) -> tuple:
        if region in self.regions:
            return "region", self.regions[region]
        number = self.regions[region] = len(self.regions)
        return ("region", number, [self.tensor(t) for t in region.inputs], [self.operation(op) for op in region.operations],
                [self.tensor(t) for t in region.outputs], [self.operation(op) for op in region.effects])


def _rule(op: Operation) -> str:
    """The name of its rule. Raises UntoldError where its meaning is not all in the graph and in these packages."""
    rule = registry.find(op.type)
    if rule is None:
        return ""
    module = getattr(rule.function, "__module__", None) or ""
    if op.type in _PYTHON or rule.host or {"session", "later"} & set(rule.extras) or (
            module.partition(".")[0] not in _PACKAGES):
        raise UntoldError(f"{op.name} is {op.type}")
    return f"{module}.{getattr(rule.function, '__qualname__', '')}"


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
