"""What a model is made of, in numbers."""

from __future__ import annotations

from typing import Any

__all__ = ["analyze_ops", "analyze_vars", "tensor_description"]


def tensor_description(var: Any) -> str:
    """The type and the sizes of a tensor or variable: `(float32 5x5x3)`."""
    sizes = "x".join(str(size) for size in var.get_shape().as_list())
    return f"({var.dtype.name} {sizes})"


def analyze_ops(graph: Any, print_info: bool = False) -> int:
    """How many elements the outputs of all operations have together, as far as it is known."""
    if print_info:
        print("---------\nOperations: name -> (type shapes) [size]\n---------")
    total = 0
    for op in graph.get_operations():
        sizes = [output.get_shape().num_elements() or 0 for output in op.outputs]
        total += sum(sizes)
        if print_info:
            print(op.name, "->", ", ".join(f"{tensor_description(output)} [{size}]" if size else output.name
                                           for output, size in zip(op.outputs, sizes, strict=True)))
    if print_info:
        print(f"---------\nTotal size: {total}")
    return total


def analyze_vars(variables: Any, print_info: bool = False) -> tuple[int, int]:
    """How many elements variables have together, and how many bytes."""
    if print_info:
        print("---------\nVariables: name (type shape) [size]\n---------")
    total, total_bytes = 0, 0
    for var in variables:
        size = var.get_shape().num_elements() or 0
        count = size * var.dtype.size
        total, total_bytes = total + size, total_bytes + count
        if print_info:
            print(var.name, tensor_description(var), f"[{size}, bytes: {count}]")
    if print_info:
        print(f"Total size of variables: {total}\nTotal bytes of variables: {total_bytes}")
    return total, total_bytes
