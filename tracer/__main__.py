"""python -m tracer script.py: runs a program written for TensorFlow 0.8, unedited, on JAX."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from tracer.legacy import cache, runner


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `tracer`, and `python -m tracer`. Returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    said = vars(_parser().parse_args(given))
    script, script_arguments = said.pop("script"), said.pop("args")
    switches = [word for word in given[:len(given) - len(script_arguments) - 1] if word != "-m"]
    as_module = said.pop("module")
    set_programs(said)
    use_cache, follow = not said.pop("no_cache"), said.pop("children")
    if said.pop("cache"):
        print(cache.report())
        return 0
    if said.pop("modules"):
        print(_modules())
        return 0
    if script is None:
        _parser().print_usage(sys.stderr)
        return 2
    if use_cache:
        cache.enable()
    try:
        run = runner.run_module if as_module else runner.run_script
        return run(script, script_arguments, switches if follow else None, **said)
    except runner.ScriptError as problem:
        print(problem, file=sys.stderr)
        return problem.code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tracer",
        usage="python -m tracer [options] script.py [arguments of the script]",
        description="Runs a program written for TensorFlow 0.8, unedited, on JAX.",
        epilog="In a folder that holds a types.py, Python cannot start with -m at all; the command `tracer` can.",
    )
    parser.add_argument("script", nargs="?", help="the program; what follows it is left to it")
    parser.add_argument("args", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.add_argument(
        "-m", dest="module", action="store_true", help="the program is named as a module: package.train"
    )
    add_environment(parser)
    other = add_programs(parser)
    other.add_argument("--no-cache", action="store_true", help="do not keep them on disk for the next start")
    other.add_argument("--cache", action="store_true", help="show where they are kept, and their size")
    parser.add_argument("--no-children", dest="children", action="store_false",
                        help="leave the Python processes that the program starts to plain Python")
    parser.add_argument(
        "--modules", action="store_true", help="list the module paths of TensorFlow that can be imported"
    )
    return parser


def add_programs(parser: argparse.ArgumentParser) -> Any:
    """Adds the switches of what programs become. Returns their group."""
    group = parser.add_argument_group("compiled programs")
    group.add_argument("--without", metavar="PATHS", default="",
                       help="leave out what only makes programs faster: `all`, or of `reroll` (a loop that the script "
                            "unrolled is a loop again), `first` (a first run, such as of initializers, is not compiled), "
                            "`apart`, `bursts`, `convolutions`, `decisions`, `few`, `hoist`, `idle`, `in_place`, `inline`, "
                            "`kept`, `layouts`, `lifted`, `masking`, `narrow`, `padding`, `pieces`, `products`, "
                            "`repeated`, `rows`, `staging`, `straight`, `winograd`, with commas between")
    group.add_argument("--precision", choices=["float32", "tf32", "bf16"], default="float32",
                       help="what the factors of products and convolutions are rounded to, on GPUs and TPUs")
    return group


def set_programs(said: dict[str, Any]) -> None:
    """Takes those switches out of `said`, and sets them for this process."""
    without = said.pop("without")
    if without:
        os.environ["TRACER_WITHOUT"] = without
    precision = said.pop("precision")
    if precision != "float32":
        os.environ["TRACER_PRECISION"] = precision


def add_environment(parser: argparse.ArgumentParser) -> None:
    """Adds the switches of the legacy environment."""
    old = parser.add_argument_group("what the program finds as it was in 2016")
    old.add_argument(
        "--python",
        choices=("auto", "2", "3"),
        default="auto",
        help="the Python it was written for: with 2, statements and / mean what they did; auto: found out file by file",
    )
    for flag, meaning in _SWITCHES.items():
        old.add_argument(f"--no-{flag}", dest=flag.replace("-", "_"), action="store_false", help="leave out " + meaning)
    old.add_argument(
        "--allow-pickle", action="store_true", help="let np.load unpickle objects; pickles can run any code"
    )


_SWITCHES = {
    "numpy-names": "np.float, np.int, np.asscalar and what else NumPy has dropped",
    "library-names": "time.clock, collections.Iterable, assertItemsEqual, Image.ANTIALIAS and the like",
    "scipy-misc": "scipy.misc.imread, imsave, imresize ... (through Pillow)",
    "six": "a small six where none is installed",
    "float-format": "numbers printed as NumPy 1.11 did: 0.80000001",
}


def _modules() -> str:
    from tracer.legacy.imports import available

    return "\n".join(available())


if __name__ == "__main__":
    sys.exit(main())
