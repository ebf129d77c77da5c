"""`python -m tracer.inspect_checkpoint`: what a checkpoint holds, tensor by tensor."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

from tracer import errors, train


def describe(value: np.ndarray) -> str:
    """The statistics of a tensor's elements, on one line."""
    if value.dtype.names is not None:
        value = value.view(value.dtype[0])
    if value.size == 0:
        return "empty"
    if value.dtype == object:
        lengths = [len(item) for item in value.reshape(-1).tolist()]
        return f"lengths {min(lengths)} to {max(lengths)}"
    if value.dtype == np.bool_:
        return f"true {int(value.sum())} of {value.size}"
    if np.iscomplexobj(value):
        return f"mean {value.mean():.6g}  largest {np.abs(value).max():.6g}"
    wide = value.astype(np.float64) if value.dtype.kind not in "iu" else value
    with np.errstate(all="ignore"):
        finite = wide[np.isfinite(wide)]
        if not finite.size:
            return f"no finite element of {value.size}"
        text = (f"min {finite.min():.6g}  max {finite.max():.6g}  mean {finite.mean(dtype=np.float64):.6g}  std "
                f"{finite.std(dtype=np.float64):.6g}")
    odd = value.size - finite.size
    return text + (f"  not finite {odd}" if odd else "")


def rows(reader: Any, statistics: bool) -> list[tuple[str, ...]]:
    """Name, type, shape and statistics of each tensor."""
    kinds = reader.get_variable_to_dtype_map()
    found = []
    for name, shape in reader.get_variable_to_shape_map().items():
        row = (name, kinds[name].name, str(shape))
        found.append((*row, describe(np.asarray(reader.get_tensor(name)))) if statistics else row)
    return found


def print_table(table: list[tuple[str, ...]]) -> None:
    """Prints rows with their columns under each other."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_tensors_in_checkpoint_file(file_name: str, tensor_name: str | None = None, all_tensors: bool = False) -> None:
    """Prints the elements of a tensor of a checkpoint; without a name, a line for each tensor, or all of them."""
    try:
        reader = train.NewCheckpointReader(file_name)
        if tensor_name:
            print("tensor_name: ", tensor_name)
            print(reader.get_tensor(tensor_name))
        elif all_tensors:
            for name in sorted(reader.get_variable_to_shape_map()):
                print("tensor_name: ", name)
                print(reader.get_tensor(name))
        else:
            print(reader.debug_string().decode())
    except errors.OpError as error:
        print(error)


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tracer.inspect_checkpoint", description=__doc__)
    parser.add_argument("checkpoint", help="a checkpoint, such as model.ckpt-1000, or a folder with checkpoints")
    parser.add_argument("--tensor", help="print the elements of this one")
    parser.add_argument("--names-only", action="store_true", help="leave out the statistics: nothing but the list is read")
    options = parser.parse_args(arguments)
    path = train.latest_checkpoint(options.checkpoint) or options.checkpoint
    try:
        reader = train.NewCheckpointReader(path)
        if options.tensor is not None:
            print(reader.get_tensor(options.tensor))
            return 0
        table = rows(reader, not options.names_only)
    except errors.OpError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    if table:
        print_table(table)
    elements = sum(int(np.prod(shape)) for shape in reader.get_variable_to_shape_map().values())
    print(f"{path}: {len(table)} tensors, {elements} elements")
    return 0


if __name__ == "__main__":
    sys.exit(main())
