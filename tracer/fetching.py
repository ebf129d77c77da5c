"""What a run fetches: the tensors and operations that `fetches` stands for, and how its result is put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tracer.convert import IndexedSlices
from tracer.ir import Operation, Tensor

if TYPE_CHECKING:
    from tracer.session import BaseSession

Assemble = Callable[[list[Any]], Any]


class Fetches:
    """What one form of `fetches` asks for, and how its result is put together."""

    def __init__(self, session: BaseSession, fetches: Any) -> None:
        self.session = session
        self.graph = session.graph
        self.tensors: list[Tensor] = []
        self.targets: list[Operation] = []
        self._index: dict[Tensor, int] = {}
        self.assemble = self._structure(fetches, fetches)

    def _structure(self, fetch: Any, whole: Any) -> Assemble:
        if isinstance(fetch, tuple) and hasattr(fetch, "_fields"):
            parts = [self._structure(item, whole) for item in fetch]
            kind = type(fetch)
            return lambda values: kind(*[part(values) for part in parts])
        if isinstance(fetch, (list, tuple)):
            parts = [self._structure(item, whole) for item in fetch]
            if isinstance(fetch, tuple) and fetch is not whole:  # 0.8 nested nothing, and made a list of a tuple
                return lambda values: tuple([part(values) for part in parts])
            return lambda values: [part(values) for part in parts]
        if isinstance(fetch, Mapping):
            named = {key: self._structure(item, whole) for key, item in fetch.items()}
            return lambda values: {key: part(values) for key, part in named.items()}
        return self._leaf(fetch, whole)

    def _leaf(self, fetch: Any, whole: Any) -> Assemble:
        if isinstance(fetch, IndexedSlices):
            parts = [self._leaf(t, whole) for t in (fetch.values, fetch.indices, fetch.dense_shape) if t is not None]
            return lambda values: IndexedSlicesValue(*[part(values) for part in parts],
                                                     *([None] * (3 - len(parts))))
        expand = getattr(fetch, "_session_parts", None)
        if expand is not None:
            tensors, rebuild = expand()
            pieces = [self._leaf(t, whole) for t in tensors]
            return lambda values: rebuild([piece(values) for piece in pieces])
        element = self._element(fetch, whole)
        if isinstance(element, Operation):
            if element not in self.targets:
                self.targets.append(element)
            return lambda values: None
        if element not in self._index:
            self._index[element] = len(self.tensors)
            self.tensors.append(element)
        at = self._index[element]
        if element.op.type == "GetSessionHandle":
            from tracer.ops.session import TensorHandle

            return lambda values: TensorHandle(values[at], self.session)
        return lambda values: values[at]

    def _element(self, fetch: Any, whole: Any) -> Operation | Tensor:
        try:
            element = self.graph.as_graph_element(fetch, allow_tensor=True, allow_operation=True)
        except TypeError as error:
            raise TypeError(f"Fetch argument {fetch!r} of {whole!r} has invalid type {type(fetch)!r}, must be a string "
                            f"or Tensor. ({error})") from None
        except (ValueError, KeyError) as error:
            raise ValueError(
                f"Fetch argument {fetch!r} of {whole!r} cannot be interpreted as a Tensor. ({error})") from None
        if not self.graph.is_fetchable(element):
            op = element.op if isinstance(element, Tensor) else element
            raise ValueError(f"Operation {op.name!r} has been marked as not fetchable.")
        return element


class IndexedSlicesValue(NamedTuple):
    """The fetched value of `IndexedSlices`."""

    values: Any
    indices: Any
    dense_shape: Any = None
