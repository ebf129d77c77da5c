"""`python -m tests.benchmarks [names]`: each measurement against its peer in the same run, medians, as a table."""

import argparse
import sys

from tests.benchmarks import bound, graph, models_table, ops, records, recurrent, saving, startup, steps, updates

MEASUREMENTS = {
    "import": startup.importing,
    "hello": startup.hello,
    "neuron_call": steps.neuron,
    "softmax_loop": steps.softmax,
    "convnet": steps.convnet,
    "ops": ops.operations,
    "bound": bound.bound,
    "language_model": recurrent.language_model,
    "updates": updates.updates,
    "records": records.records,
    "saving": saving.saving,
    "recording": graph.recording,
    "scaling": graph.scaling,
}


def main() -> None:
    ask = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    ask.add_argument("names", nargs="*", help=f"any of: {' '.join(MEASUREMENTS)}; or of the models: "
                     f"{' '.join(models_table.MODELS)} (all by default)")
    ask.add_argument("--original", metavar="PYTHON", help="a Python 2.7 with TensorFlow 0.12.1, for the models")
    ask.add_argument("--output", metavar="FOLDER", help="where models.json and models.png go")
    said = ask.parse_args()
    unknown = set(said.names) - set(MEASUREMENTS) - set(models_table.MODELS)
    if unknown:
        ask.error(f"no such measurement: {', '.join(sorted(unknown))}")
    small = [name for name in said.names if name in MEASUREMENTS] if said.names else list(MEASUREMENTS)
    if small:
        print(f"{'measurement':<34} {'ours':>12} {'peer':>12} {'ratio':>8}  peer, budget")
    for name in small:
        for row in MEASUREMENTS[name]():
            print(row, flush=True)
    models = [name for name in said.names if name in models_table.MODELS]
    if models or not said.names:
        models_table.main(models, said.original, said.output)


if __name__ == "__main__":
    sys.exit(main())
