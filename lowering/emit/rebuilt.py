"""Expressions with calls of functions in the place of parts."""

from __future__ import annotations

import copy
from typing import Any

import jax
import numpy as np

from lowering.emit.expressions import Expr, bottom_up, expressions, mapped
from lowering.emit.parts import Part, Template, entries_of, passed_to


class Rebuilt:
    """Expressions with calls in the place of parts."""

    def __init__(self, parts: list[Part], templates: dict[Any, Template], known: dict[int, str], simple: Any) -> None:
        self.part_of = {id(node): part for part in parts for node in part.nodes}
        self.templates, self.known, self.simple = templates, known, simple
        self.made: dict[int, Any] = {}
        self.held: list[Expr] = []

    def structure(self, value: Any) -> Any:
        """`value`, of any structure, rebuilt."""
        bottom_up(value, lambda expr: id(expr) in self.made, self._needs, self._make)
        return self._mapped(value)

    def _needs(self, expr: Expr) -> list[Expr]:
        if id(expr) in self.known or expr.kind == "name":
            return []
        part = self.part_of.get(id(expr))
        return passed_to(part) if part is not None else expressions([list(expr.args), expr.kwargs])

    def _make(self, expr: Expr) -> None:
        part = self.part_of.get(id(expr))
        if id(expr) in self.known or expr.kind == "name":
            self.made[id(expr)] = expr
        elif part is None:
            args, kwargs = self._mapped(expr.args), self._mapped(expr.kwargs)
            if all(a is b for a, b in zip(expressions([list(args), kwargs]), expressions([list(expr.args), expr.kwargs]),
                                          strict=True)):
                self.made[id(expr)] = expr
                return
            made = copy.copy(expr)
            made.args, made.kwargs = args, kwargs
            self._keep(expr, made)
        else:
            self._call(part)

    def _keep(self, expr: Expr, made: Expr) -> None:
        made.number = next(Expr._numbers)
        self.made[id(expr)] = made
        self.simple.keep(made)

    def _call(self, part: Part) -> None:
        arguments = []
        if part.root:
            first = entries_of(part.inputs)[0]
            text = self.known.get(id(first), first.head).removesuffix(first.head.removeprefix(part.root))
            arguments.append(Expr("name", text, outline=jax.ShapeDtypeStruct((), np.dtype(bool))))
        template = self.templates[part.signature]
        settings = [part.constants[i] for i in template.settings]
        call = Expr("call", template.name, (*arguments, *self._mapped(template.takes(part)), *settings))
        for argument in arguments:
            self.simple.keep(argument)
        self.simple.keep(call)
        if len(part.outputs) == 1:
            (output,) = part.outputs
            assert output is not None
            call.shape, call.dtype, call.origin = output.shape, output.dtype, output.origin
            self.made[id(output)] = call
            return
        call.tree = template.outlines
        call.origin = next(e.origin for e in reversed(part.outputs) if e is not None)
        for i, (output, outline) in enumerate(zip(part.outputs, template.outlines, strict=True)):
            piece = Expr("index", "", (call, i), {}, outline)
            if output is not None:
                piece.origin = output.origin
                piece.dtype, piece.shape = output.dtype, output.shape
                self._keep(output, piece)
            else:
                self.simple.keep(piece)
            call.pieces.append(piece)

    def _mapped(self, value: Any) -> Any:
        return mapped(value, lambda leaf: self.made[id(leaf)] if isinstance(leaf, Expr) else leaf)
