"""Conditionals and loops of JAX, with the functions that they are given."""

from __future__ import annotations

import re
from typing import Any

from lowering.emit.expressions import Expr, Local
from lowering.emit.literals import ATOM
from lowering.emit.naming import Names
from lowering.emit.texts import Texts


class Inner(Texts):
    """Writes functions inside of functions."""

    names: Names
    lines: list[str]
    simple: Any
    _text: dict[int, str]
    _uses: Any
    _inside: Any
    _statement: Any
    name: Any
    wanted: Any

    def _control(self, value: Expr) -> tuple[str, int]:
        """A loop or a conditional: its functions first."""
        words = []
        locals_ = [argument for argument in value.args if isinstance(argument, Local)]
        for outer in dict.fromkeys(e for local in locals_ for e in local.outside()):
            if outer.kind != "name" and id(outer) not in self._text:
                self.name(outer, *self.wanted(outer))
        for argument in value.args:
            words.append(self._local(argument) if isinstance(argument, Local) else self.text(argument))
        text = f"{self._function(value.head)}({', '.join(words)})"
        used = {i: piece for i, whole in enumerate(value.pieces) if self._uses[id(piece := self.simple(whole))]}
        if not used or not value.labels:
            name = self.names.fresh(*self.wanted(value))
            self._statement(value, f"{name} = {text}")
            self._text[id(value)] = name
            return name, ATOM
        names = {i: self.names.fresh(value.labels[i], True) for i in used}
        self._text.update({id(piece): names[i] for i, piece in used.items()})
        if len(used) == 1:
            ((i, name),) = names.items()
            self._statement(value, f"{name} = {text}[{i}]" if len(value.pieces) > 1 else f"({name},) = {text}")
        else:
            self._statement(value, f"{', '.join(names.get(i, '_') for i in range(len(value.pieces)))} = {text}")
        self._text[id(value)] = "unread"
        return "unread", ATOM

    def _local(self, local: Local) -> str:
        """Writes a function inside of this one, and returns its name."""
        name = self.names.fresh(local.name)
        inner = self._inside()
        inner.names = self.names.copy()
        parameters = [inner.names.fresh(parameter.head, True) for parameter in local.parameters]
        for parameter, text in zip(local.parameters, parameters, strict=True):
            inner.give(parameter, text)
        texts = inner.write(local.results)
        read = set(re.findall(r"\w+", "\n".join([*inner.lines, *texts])))
        parameters = [parameter if parameter in read else "_" for parameter in parameters]
        takes = ["values"] if parameters else []
        lines = [f"{', '.join(parameters)}{',' if len(parameters) == 1 else ''} = values"] if takes else []
        if local.name == "trip_body":
            takes = ["_", *takes]
        returned = f"({texts[0]},)" if len(texts) == 1 and local.name != "condition" else ", ".join(texts)
        self.lines += ["", f"def {name}({', '.join(takes)}):"]
        self.lines += ["    " + line if line else line for line in [*lines, *inner.lines, f"return {returned}"]]
        self.lines.append("")
        return name
