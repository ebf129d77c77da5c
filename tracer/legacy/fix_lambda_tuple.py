"""A fissix fixer: `lambda a, (b, c): body` becomes `lambda a, unpacked: (lambda b, c: body)(*unpacked)`.

fissix's own fixer unpacks a tuple that is a lambda's only parameter.
"""

from __future__ import annotations

from typing import Any

from fissix import fixer_base
from fissix.fixer_util import Name
from fissix.pygram import python_symbols as symbols
from fissix.pytree import Node


class FixLambdaTuple(fixer_base.BaseFix):  # fissix finds the class by this name
    """One lambda at a time, innermost first."""

    BM_compatible = True
    order = "post"
    PATTERN = "lambdef< 'lambda' parameters=varargslist ':' body=any >"

    def transform(self, node: Node, results: dict[str, Any]) -> None:
        body = results["body"]
        for parameter in list(results["parameters"].children):
            if parameter.type == symbols.vfpdef:  # type: ignore[attr-defined]
                name = self.new_name("xxx_unpacked")
                inner = "".join(str(child) for child in parameter.children[1:-1]).strip(" ,")
                parameter.replace(Name(name, prefix=parameter.prefix))
                text = f"(lambda {inner}: {str(body).strip()})(*{name})"
                new_body = Name(text, prefix=body.prefix)
                body.replace(new_body)
                body = new_body
