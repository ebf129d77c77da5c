"""`Session.partial_run`: one run taken in several steps, each feeding and fetching a part."""

from __future__ import annotations

import itertools
from typing import Any

from tracer import errors

_numbers = itertools.count()


class PartialRun:
    """What a partial run may feed and fetch, and what it has so far.

    A later step starts from the values that earlier ones were fed and gave; what lies between is computed again.
    """

    def __init__(self, session: Any, fetches: Any, feeds: Any) -> None:
        graph = session.graph
        self.session = session
        self.handle = f"partial_run_{next(_numbers)}"
        self.fetches = {graph.as_graph_element(f, allow_operation=False) for f in fetches}
        self.feeds = {graph.as_graph_element(f, allow_operation=False) for f in feeds or ()}
        self.known: dict[Any, Any] = {}

    def step(self, fetches: Any, feed_dict: Any) -> Any:
        """Feeds and fetches some more."""
        graph = self.session.graph
        fed = {graph.as_graph_element(key, allow_operation=False): value for key, value in (feed_dict or {}).items()}
        for tensor in fed:
            if tensor not in self.feeds or tensor in self.known:
                raise errors.InvalidArgumentError(None, None, f"The feed {tensor.name} had already been fed.")
        flat = list(fetches) if isinstance(fetches, (list, tuple)) else [fetches]
        wanted = [graph.as_graph_element(fetch, allow_operation=False) for fetch in flat]
        for tensor in wanted:
            if tensor not in self.fetches:
                raise errors.InvalidArgumentError(None, None, f"The fetch {tensor.name} had already been fetched.")
        self.known.update(fed)
        values = self.session.run(wanted, self.known)
        self.fetches.difference_update(wanted)
        self.known.update(zip(wanted, values, strict=True))
        return values if isinstance(fetches, (list, tuple)) else values[0]
