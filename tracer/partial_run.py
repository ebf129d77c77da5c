"""`Session.partial_run`: one run taken in several steps, each feeding and fetching a part."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from tracer import errors
from tracer.ir import Operation, Tensor

_numbers = itertools.count()


class PartialRun:
    """What a partial run may feed and fetch, and what it has so far.

    A later step starts from the values that earlier ones were fed and gave, and from what they drew or took from
    outside; what lies between is computed again.
    """

    def __init__(self, session: Any, fetches: Any, feeds: Any) -> None:
        graph = session.graph
        self.session = session
        self.handle = f"partial_run_{next(_numbers)}"
        elements = [graph.as_graph_element(fetch) for fetch in fetches]
        self.fetches = {element for element in elements if isinstance(element, Tensor)}
        self.feeds = {graph.as_graph_element(f, allow_operation=False) for f in feeds or ()}
        self.known: dict[Any, Any] = {}

    @property
    def done(self) -> bool:
        """Whether everything has been fed and fetched."""
        return not self.fetches and self.feeds <= set(self.known)

    def step(self, fetches: Any, feed_dict: Any) -> Any:
        """Feeds and fetches some more."""
        graph = self.session.graph
        fed = {graph.as_graph_element(key, allow_operation=False): value for key, value in (feed_dict or {}).items()}
        for tensor in fed:
            if tensor not in self.feeds or tensor in self.known:
                raise errors.InvalidArgumentError(None, None, f"The feed {tensor.name} had already been fed.")
        flat = list(fetches) if isinstance(fetches, (list, tuple)) else [fetches]
        wanted = [graph.as_graph_element(fetch) for fetch in flat]
        for tensor in wanted:
            if isinstance(tensor, Operation):
                raise RuntimeError("partial_run() requires empty target_list.")
            if tensor not in self.fetches:
                raise errors.InvalidArgumentError(None, None, f"The fetch {tensor.name} had already been fetched.")
        self.known.update(fed)
        self._check(wanted)
        kept = self._drawn(wanted, self.fetches.difference(wanted))
        values = self.session.run([*wanted, *kept], self.known)
        self.fetches.difference_update(wanted)
        self.known.update(zip([*wanted, *kept], values, strict=True))
        return values[:len(wanted)] if isinstance(fetches, (list, tuple)) else values[0]

    def _check(self, wanted: list[Tensor]) -> None:
        """Raises InvalidArgumentError when a fetch waits for a feed that has yet to come."""
        from lowering.plan import slice as slicing

        roots = [tensor.op for tensor in wanted if tensor not in self.known]
        used = {t for op in slicing.needed(roots, frozenset(self.known)) for t in op.inputs} | set(wanted)
        for tensor in sorted(used & self.feeds - set(self.known), key=lambda tensor: tensor.op._id):
            raise errors.InvalidArgumentError(
                None, None, f"Fetch {tensor.name} can't be computed from the feeds that have been fed so far.")

    def _drawn(self, wanted: Iterable[Tensor], later: Iterable[Tensor]) -> list[Tensor]:
        """What this step draws or takes from outside, and a later step needs as well: the run has it once."""
        from lowering import registry
        from lowering.plan import slice as slicing

        known = frozenset(self.known)
        now, then = (slicing.needed([t.op for t in some if t not in known], known) for some in (wanted, later))
        found = []
        for op in now & then:
            rule = registry.find(op.type)
            if rule is not None and (rule.draws or rule.host):
                found += [t for t in op.outputs if not t.dtype.is_ref_dtype and t not in known and t not in set(wanted)]
        return found
