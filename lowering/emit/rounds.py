"""Chains of calls as `for` loops and comprehensions."""

from __future__ import annotations

import re
from typing import Any

from lowering.emit.chains import Chain, MismatchError, outline_of
from lowering.emit.expressions import Expr, expressions
from lowering.emit.naming import Names, snake
from lowering.emit.parallel import below
from lowering.emit.texts import Texts
from tracer.ir import Operation

TERMS = 3
"""So many terms that are alike are a `sum`."""


class Rounds(Texts):
    """Writes loops."""

    names: Names
    lines: list[str]
    script: dict[Operation, str]
    _text: dict[int, str]
    _uses: Any
    _chains: dict[int, Chain]
    _sums: set[int]
    width: int
    _said: str
    _inside: Any
    _place: Any
    give: Any
    repeats: Any
    name: Any
    wanted: Any
    give_list: Any

    def _loop(self, chain: Chain) -> None:
        """A chain as a `for` loop; what is read of it gets names."""
        calls, names = chain.calls, self.names
        self._hoist(chain)
        inner = self._inside()
        for i, (name, first, _) in chain.carried.items():
            once = isinstance(first, Expr) and id(first) not in {*self._text, *self._chains} and self._uses[id(first)] <= 1
            text = self._made(first)[0] if once and first.tree is None else self.text(first)
            if text.isidentifier() and isinstance(first, Expr) and first.kind != "name" and self._uses[id(first)] <= 1:
                inner.give(name, text)  # nothing else reads it
                continue
            self.lines.append(f"{inner.give(name, names.fresh(*self._carried_name(chain, i)))} = {text}")
        pieces = calls[0].pieces or calls[:1]
        single = len(chain.carried) == 1 and not calls[0].pieces and _is_result(chain)
        results = [inner.known[id(name)] for name, _, _ in chain.carried.values()] if single else [
            names.fresh(*self._result_name(piece, j in chain.needed)) for j, piece in enumerate(pieces)]
        results = [self._carried_as(chain, j, inner) or name for j, name in enumerate(results)]
        for e, name in zip(chain.before, results, strict=True):
            inner.give(e, name)
        kept = {j: names.fresh(_plural(results[j or 0]), True) for j, rounds in chain.needed.items()
                if rounds - {len(calls) - 1}}
        self.lines += [f"{name} = []" for name in kept.values()]
        heads = ["t"] if chain.counts else []
        lists = [f"range({len(calls)})"] if chain.counts else []
        for name, elements in chain.lists:
            heads.append(inner.give(name, names.fresh(self._element_name(elements))))
            lists.append(self.text(elements))
        source = _zipped(lists)
        if lists == []:
            heads, source = ["_"], f"range({len(calls)})"
        call = f"{calls[0].head}({', '.join(inner.text(argument) for argument in chain.arguments)})"
        if not chain.carried and not inner.lines:  # nothing goes on from one to the next
            self._said = self._place(calls[0], self._said)
            listed = kept.get(None) or names.fresh("outputs", True)
            self.lines = [line for line in self.lines if line != f"{listed} = []"]
            self.lines.append(f"{listed} = [{call} for {', '.join(heads)} in {source}]")
            self.give_list(listed, calls)
            return
        body = [*inner.lines, f"{', '.join(results)} = {call}"]
        inner.lines.clear()
        body += [f"{name}.append({results[j or 0]})" for j, name in kept.items()]
        for name, _, after in chain.carried.values():
            if not single and inner.known[id(name)] != (text := inner.text(after)):
                body += [*inner.lines, f"{inner.known[id(name)]} = {text}"]
                inner.lines.clear()
        self._said = self._place(calls[0], self._said)
        self.lines += [f"for {', '.join(heads)} in {source}:", *("    " + line for line in body)]
        for key, (k, j) in chain.places.items():
            self._text[key] = results[j or 0] if k == len(calls) - 1 else f"{kept[j]}[{k}]" if j in kept else "unread"
        self._text.update({key: inner.known[id(chain.carried[i][0])] for key, i in chain.last.items()})
        self.lists.update(dict.fromkeys(kept.values(), len(calls)))
        for j, name in kept.items():
            self._text[id(calls[-1].pieces[j] if j is not None else calls[-1])] = f"{name}[{len(calls) - 1}]"

    def _element_name(self, elements: list[Expr]) -> str:
        """What an element of a list is called, in turn."""
        whole = re.sub(r"_\d+$", "", self.text(elements).partition("[")[0])
        if whole.isidentifier():
            whole = whole.removeprefix("all_")
            if self.text(elements).startswith("all_"):
                return whole
            return whole[:-1] if re.search(r"[^s]s$", whole) else f"{whole}_t"
        said = snake(elements[0].head.rpartition('["')[2].removesuffix('"]')) if elements[0].kind == "name" else (
            self.wanted(elements[0])[0])
        return re.sub(r"_?\d+$", "", said) or "x"

    def _summed(self, value: Expr) -> str | None:
        """A sum of terms that differ in the elements of lists, as `sum`; None where it is another."""
        terms, e = [], value
        while (e.kind, e.head, e.shape) == ("binary", "+", value.shape) and all(isinstance(a, Expr) for a in e.args) and (
                e is value or (self._uses[id(e)] <= 1 and id(e) not in self._text)):
            terms.insert(0, e.args[1])
            e = e.args[0]
        terms.insert(0, e)
        if len(terms) < TERMS:
            return None
        for key in below(terms):
            if key in self._chains and key not in self._text:
                self._loop(self._chains[key])
        rounds = [Expr("call", "", (term,), outline=outline_of(term)) for term in terms]
        try:
            chain = Chain(rounds, self._text, self._uses, zips=True)
        except MismatchError:
            return None
        elements = [e for _, elements in chain.lists for e in elements]
        named = all(e.kind == "name" or id(e) in self._text for e in elements)
        if chain.carried or chain.counts or not elements or not named:
            return None
        inner = self._inside()
        inner.names, inner.width = self.names.copy(), 10 * self.width
        marks = [inner.give(name, f"element_{k}_") for k, (name, _) in enumerate(chain.lists)]
        lists = [self.text(elements) for _, elements in chain.lists]
        text = inner.text(chain.arguments[0])
        if inner.lines or any(source.startswith("[") for source in lists):
            return None
        self._sums.add(id(value))
        if [text] == marks:
            return f"sum({lists[0]})"
        names = Names(re.findall(r"\w+", text))  # those of the function are free: a generator has its own
        heads = [names.fresh(self._element_name(elements), True) for _, elements in chain.lists]
        for mark, head in zip(marks, heads, strict=True):
            text = text.replace(mark, head)
        return f"sum({text} for {', '.join(heads)} in {_zipped(lists)})"

    @staticmethod
    def _carried_as(chain: Chain, j: int, inner: Any) -> str:
        """The variable of the loop that a result is, as it is, in the next round, where nothing else needs the old one."""
        for i, (name, _, after) in chain.carried.items():
            if after is chain.before[j]:
                others = [value for k, (_, _, value) in chain.carried.items() if k != i]
                return inner.known[id(name)] if id(name) not in below(others) else ""
        return ""

    def _hoist(self, chain: Chain) -> None:
        """Gives names to what is the same in every round of a loop."""
        before = below([list(call.args) for call in chain.calls])
        stack = expressions([chain.arguments, [after for _, _, after in chain.carried.values()]])
        found: dict[int, Expr] = {}
        seen: set[int] = set()
        while stack:
            e = stack.pop()
            if id(e) in seen or id(e) in self._text or e.kind in ("name", "constant"):
                continue
            seen.add(id(e))
            if id(e) in before and chain.free(e):
                found[id(e)] = e
            else:
                stack += expressions([list(e.args), e.kwargs])
        for e in sorted(found.values(), key=lambda e: e.number):
            if "(" in self.text(e):
                self.name(e, *self.wanted(e))

    def _carried_name(self, chain: Chain, i: int) -> tuple[str, bool]:
        """What a loop's variable is called: as the script calls it in a later round, or in the last."""
        for e in [*(call.args[i] for call in chain.calls[1:]), chain.final.get(i)]:
            if isinstance(e, Expr) and e.origin in self.script:
                return self.script[e.origin], True
        first = chain.carried[i][1]
        if isinstance(first, Expr) and first.origin in self.script:
            return self.script[first.origin], True
        said = dict(enumerate(self.repeats.arguments(chain.calls[0].head) if self.repeats else [])).get(i, "x")
        return (said if len(said) > 1 else "carry"), True

    def _result_name(self, piece: Expr, read: bool) -> tuple[str, bool]:
        """What a result of every round is called; a nameless one that is read after the loop is an output."""
        wanted = self.wanted(piece)
        return wanted if wanted[1] or not read else ("output", False)


def _zipped(lists: list[str]) -> str:
    return lists[0] if len(lists) == 1 else f"zip({', '.join(lists)}, strict=True)"


def _plural(name: str) -> str:
    """A name for a list of what is called so in turn."""
    name = re.sub(r"_\d+$", "", name)
    return "outputs" if name.startswith(("carry", "new_")) else f"all_{name}" if name.endswith("s") else f"{name}s"


def _is_result(chain: Chain) -> bool:
    """Whether what a call gives is, as it is, the one thing that the next goes on with."""
    return all(after is chain.before[0] for _, _, after in chain.carried.values())
