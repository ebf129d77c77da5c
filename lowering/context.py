"""What the operations of a program are evaluated in: the values, variables and streams so far."""

from __future__ import annotations

from typing import Any, NamedTuple

from lowering.batch import symbolic
from lowering.checks import Checks
from lowering.kernels.arrays import StackRow
from lowering.kernels.rows import RowWrites
from lowering.plan.slice import variable_of
from tracer.ir import Operation, Tensor


class Alias(NamedTuple):
    """A tensor that is a variable's memory: who reads it sees the variable's value at that moment."""

    variable: Operation
    via: tuple[Tensor, ...]  # the tensors on the way, where a gradient may be asked for


class Level(NamedTuple):
    """What one differentiation adds: its zeros, and for each `Gather` the tensors that get its rows by themselves."""

    deltas: dict[Any, Any]
    rows: dict[Operation, set[Tensor]]


class Context:
    """The values of one program while it is traced."""

    def __init__(self) -> None:
        self.values: dict[Tensor, Any] = {}  # arrays, NumPy arrays where known, or `Alias`
        self.state: dict[Operation, Any] = {}
        self.streams: dict[Operation, Any] = {}
        self.checks = Checks()
        self.deltas: dict[Any, Any] = {}  # zeros to differentiate by: at tensors, and at rows that a Gather took
        self.levels: list[Level] = []  # the same, one for each differentiation around
        self.without: dict[Tensor, Any] = {}  # the values at those tensors without the zeros
        self.used: frozenset[Tensor] | None = None  # what anything reads; None is everything
        self.custom: dict[Operation, Any] = {}  # the operations that have a gradient of the script's own
        self.temporaries: set[str] = set()  # the names of temporary variables in use
        self.session: Any = None  # the resources of the session that the program belongs to
        self.failures: list[Exception] = []  # of Python functions that the program called
        self.silent = False  # whether Python functions stay uncalled: what runs has run before
        self.again: frozenset[Operation] = frozenset()  # the operations of which that is so
        self.given: frozenset[Tensor] = frozenset()  # what came into the program, whatever makes it in the graph
        self.lifted: dict[Tensor, tuple[Any, ...] | None] = {}  # constants that came into it: see `lowering.programs.lifted`
        self.readers: dict[Tensor, list[Any]] | None = None  # what reads each tensor; None in regions
        self.rolled: list[str] = []  # the loops that were put together again
        self.watched: frozenset[Operation] = frozenset()  # the `Gather`s in regions that gradients are taken by
        self.taken: dict[Operation, Any] = {}  # of those, the indices: see `lowering.flow.gathers`
        self.padded = False  # whether there may be more of them, with zeros
        self.courses: dict[Operation, Any] = {}  # and how the conditionals and loops went that hold some
        self._rows: Any = None  # of stacks, what has been taken out
        self.pieces: dict[Tensor, Any] = {}  # of tensors that many slices cut up, what each slice gives

    def child(self) -> Context:
        """A context for a region: it sees what this one holds, and keeps what it computes to itself."""
        inner = Context()
        inner.values, inner.state = dict(self.values), dict(self.state)
        inner.streams, inner.deltas = dict(self.streams), self.deltas
        if self.watched:  # these a region is given one by one
            inner.deltas = {key: delta for key, delta in self.deltas.items() if key not in self.watched}
        inner.temporaries, inner.given = set(self.temporaries), self.given
        inner.levels, inner.without, inner.lifted = self.levels, dict(self.without), self.lifted
        inner.custom, inner.session, inner.silent = self.custom, self.session, self.silent
        inner.failures, inner.again = self.failures, self.again
        inner.watched, inner.padded = self.watched, self.padded
        return inner

    def plain(self) -> Context:
        """The same, without gradients of the script's own and without zeros to differentiate by."""
        inner = self.child()
        inner.custom, inner.deltas, inner.levels, inner.watched = {}, {}, [], frozenset()
        return inner

    def read(self, tensor: Tensor) -> Any:
        """The value of `tensor` now."""
        value = self.values.get(tensor)
        if value is None:
            variable = variable_of(tensor)
            if variable is None:
                raise KeyError(f"{tensor} has no value in this program")
            value = Alias(variable, (tensor,))
        if isinstance(value, StackRow):
            return self._row(value)
        if not isinstance(value, Alias):
            return symbolic.traced(value, tensor.dtype.array_dtype) if symbolic.holds_sizes(value, tensor) else value
        array = self.settled(value.variable)
        for at in value.via:
            if at in self.deltas:
                array = array + self.deltas[at]
        return array

    def _row(self, row: StackRow) -> Any:
        from lowering.kernels import stacking

        if self._rows is None:
            self._rows = stacking.Rows()
        return self._rows.read(row)

    def read_for_rows(self, gather: Operation) -> Any:
        """What `gather` takes rows of, without the zeros at tensors whose gradient gets those rows by themselves."""
        tensor = gather.inputs[0]
        value = self.values.get(tensor)
        if isinstance(value, Alias):
            bare = Alias(value.variable, ())
            via = value.via
        else:
            while tensor not in self.without and tensor.op.type == "Identity":
                tensor = tensor.op.inputs[0]
            if tensor not in self.without:
                return self.read(gather.inputs[0])
            bare, via = self.without[tensor], (tensor,)
        array = self.settled(bare.variable) if isinstance(bare, Alias) else bare
        for level in self.levels:
            for at in via:
                if at in level.deltas and at not in level.rows.get(gather, ()):
                    array = array + level.deltas[at]
        return array

    def settled(self, variable: Operation) -> Any:
        """The value of a variable now."""
        array = self.state[variable]
        if isinstance(array, RowWrites):
            array = self.state[variable] = array.settle()
        return array

    def write(self, tensor: Tensor, value: Any) -> None:
        """Gives `tensor` its value."""
        if tensor in self.deltas and not isinstance(value, Alias):
            self.without[tensor] = value
            value = value + self.deltas[tensor]
        self.values[tensor] = value
