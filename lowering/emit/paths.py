"""Nested dictionaries of variables: where each is, parts of them as source, and what they become."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tracer.ir import Operation

Path = tuple[str, ...]


def access(root: str, path: Path) -> str:
    """The entry of a nested dictionary as source."""
    return root + "".join(f'["{part}"]' for part in path)


def dictionary(leaves: Mapping[Path, str]) -> str:
    """A nested dictionary as source."""
    heads: dict[str, dict[Path, str]] = {}
    for path, text in leaves.items():
        heads.setdefault(path[0], {})[path[1:]] = text
    return "{" + ", ".join(f'"{head}": ' + (inner[()] if () in inner else dictionary(inner))
                           for head, inner in heads.items()) + "}"


def rebuilt(root: str, changes: Mapping[Path, str], paths: Collection[Path]) -> str:
    """The dictionary `root`, which has leaves at `paths`, with the entries of `changes` in the place of its own."""
    if () in changes:
        return changes[()]
    heads = list(dict.fromkeys(path[0] for path in paths))
    changed = list(dict.fromkeys(path[0] for path in changes))
    entries = [f'"{head}": ' + rebuilt(f'{root}["{head}"]', _below(changes, head), [p[1:] for p in paths if p[0] == head])
               for head in heads if head in changed]
    return "{" + ", ".join([*([f"**{root}"] if len(changed) < len(heads) else []), *entries]) + "}"


def _below(changes: Mapping[Path, str], head: str) -> dict[Path, str]:
    return {path[1:]: text for path, text in changes.items() if path[0] == head}


def cover(chosen: Collection[Path], paths: Collection[Path]) -> list[Path]:
    """The fewest sub-trees of the tree with leaves at `paths` that hold just the leaves in `chosen`."""
    wanted = set(chosen)
    if wanted.issuperset(paths):
        return [()]
    found: list[Path] = []
    for head in dict.fromkeys(path[0] for path in chosen):
        inside = [p[1:] for p in chosen if p[0] == head]
        found += [(head, *rest) for rest in cover(inside, [p[1:] for p in paths if p[0] == head])]
    return found


def subtree(root: str, prefixes: list[Path]) -> str:
    """The part of `root` under these prefixes: one of them itself, several as a dictionary."""
    if len(prefixes) == 1:
        return access(root, prefixes[0])
    return dictionary({prefix: access(root, prefix) for prefix in prefixes})


def paths(variables: list[Operation]) -> dict[Operation, tuple[str, ...]]:
    """Where each variable is in the nested dictionary; one that is also a scope of others keeps its whole name."""
    names = [op.name for op in variables]
    scopes = {"/".join(name.split("/")[:i]) for name in names for i in range(1, name.count("/") + 1)}
    return {op: (op.name,) if op.name in scopes else tuple(op.name.split("/")) for op in variables}


def other_paths(variables: list[Operation], trained: dict[Operation, Path]) -> dict[Operation, Path]:
    """Where the variables are that are not trained: a slot of a trained one, like its average, under the slot's name."""
    owners = {op.name: path for op, path in trained.items()}
    kept = {op: op.name.rpartition("/")[::2] for op in variables if op.name.rpartition("/")[0] in owners}
    heads = {op.name.partition("/")[0] for op in variables if op not in kept}
    kept = {op: (owner, slot) for op, (owner, slot) in kept.items() if slot not in heads}
    return {**paths([op for op in variables if op not in kept]),
            **{op: (slot, *owners[owner]) for op, (owner, slot) in kept.items()}}
