"""python -m tracer.emit script.py --fetch NAME -o model_jax.py: a program of 2016 as a JAX module that stands alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tracer import bridge, commands
from tracer.ir import Operation, Tensor


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m tracer.emit`. Returns the exit code."""
    parser = commands.parser(
        "tracer.emit", "script.py",
        "Runs a program written for TensorFlow 0.8 and writes a part of its graph as a JAX module that needs jax, numpy and "
        "optax only, with the variables' values as the program leaves them.", must_fetch=True)
    parser.add_argument("-o", "--output", default="model_jax.py", metavar="FILE", help="the module (model_jax.py)")
    said, options = commands.parsed(parser, arguments)
    names, output = said.fetch, os.path.abspath(said.output)
    with commands.watching() as watcher:
        code = commands.run(said.script, said.args, options).code
    session = watcher.last
    if session is None:
        print("The program ran no session: there are no variables to take along.", file=sys.stderr)
        return 1
    found = commands.elements(session.graph, names)
    tensors = [item for item in found if isinstance(item, Tensor)]
    targets = [item for item in found if isinstance(item, Operation)]
    for op in targets:  # an operation with a value is fetched for it, unless it is run for what it does
        if op.outputs and not op.outputs[0].dtype.is_ref_dtype:
            tensors.append(op.outputs[0])
    bridge.emitted(tensors, targets, said.feed, output, session.graph, watcher.state_of(session),
                   f"{os.path.basename(said.script)} as JAX: {', '.join(names)}.", [run.executable for run in watcher.runs])
    print(f"wrote {output}")
    return code


if __name__ == "__main__":
    sys.exit(main())
