"""`python -m tests.stress [names] [--trials 1000] [--seed 0]`: how often what went which way; asserts what must hold."""

import argparse
import collections
import sys
import time

from tests.stress import damage, runs, saves, threads

# The first one forks, which must come before JAX has threads.
TRIALS = {"saves": saves.trials, **damage.KINDS, "threads": threads.trials, "runs": runs.trials}


def main() -> None:
    ask = argparse.ArgumentParser(prog="python -m tests.stress", description=__doc__)
    ask.add_argument("names", nargs="*", help=f"any of: {' '.join(TRIALS)} (all by default)")
    ask.add_argument("--trials", type=int, default=1000, help="how many of each")
    ask.add_argument("--seed", type=int, default=0, help="where the random numbers start")
    said = ask.parse_args()
    unknown = set(said.names) - set(TRIALS)
    if unknown:
        ask.error(f"no such trials: {', '.join(sorted(unknown))}")
    for name in [name for name in TRIALS if name in said.names] or TRIALS:
        start = time.monotonic()
        outcomes = collections.Counter(TRIALS[name](said.trials, said.seed))
        ways = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
        print(f"{name}: {sum(outcomes.values())} trials in {time.monotonic() - start:.0f} s: {ways}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
