"""`python -m tests.benchmarks [names]`: each measurement against its peer in the same run, medians, as a table."""

import argparse
import sys

from tests.benchmarks import graph, ops, recurrent, startup, steps

MEASUREMENTS = {
    "import": startup.importing,
    "hello": startup.hello,
    "neuron": steps.neuron,
    "softmax": steps.softmax,
    "convnet": steps.convnet,
    "ops": ops.operations,
    "language_model": recurrent.language_model,
    "recording": graph.recording,
    "scaling": graph.scaling,
}


def main() -> None:
    ask = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    ask.add_argument("names", nargs="*", help=f"any of: {' '.join(MEASUREMENTS)} (all by default)")
    said = ask.parse_args()
    unknown = set(said.names) - set(MEASUREMENTS)
    if unknown:
        ask.error(f"no such measurement: {', '.join(sorted(unknown))}")
    print(f"{'measurement':<34} {'ours':>12} {'peer':>12} {'ratio':>8}  peer, budget")
    for name in said.names or MEASUREMENTS:
        for row in MEASUREMENTS[name]():
            print(row, flush=True)


if __name__ == "__main__":
    sys.exit(main())
