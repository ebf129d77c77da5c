"""Records what the real TensorFlow 0.12.1 computes for the parity cases of the tests.

    python -m tests.reference.record --python tf012/bin/python [ops/math nn/losses ...]

A family is a test file that holds `@parity` rows: `tests/ops/test_math.py` is `ops/math`, and its recordings are
`tests/reference/ops/math.npz`. Rows that did not change are recorded anew as well: a file holds just what its test
file asks for.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pathlib
import subprocess
import tempfile

from tests import parity
from tests.reference import codec

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
LIMIT = 300_000  # bytes of one recorded file


def families() -> dict[str, list[parity.Case]]:
    """The cases of every test file that has some."""
    for path in sorted(TESTS.rglob("test_*.py")):
        if "@parity(" in path.read_text(encoding="utf-8"):
            importlib.import_module(".".join(path.relative_to(TESTS.parent).with_suffix("").parts))
    return parity.FAMILIES


def ask(python: str, cases: list[parity.Case]) -> codec.Reader:
    """What the TensorFlow of the interpreter `python` answers to `cases`."""
    with tempfile.TemporaryDirectory() as folder:
        request, answer = os.path.join(folder, "request.npz"), os.path.join(folder, "answer.npz")
        writer = codec.Writer()
        writer.save(request, [case.request(writer) for case in cases])
        command = [python, str(HERE / "worker012.py"), request, answer, str(HERE / "recipes")]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            last = done.stdout.strip().splitlines()[-1:] or ["(none)"]
            raise SystemExit(f"the real TensorFlow stopped at case {last[0]}:\n{done.stderr[-3000:]}")
        return codec.Reader(answer)


def record(python: str, family: str, cases: list[parity.Case]) -> None:
    """Records the cases of one family that no formula gives, and says what went wrong."""
    cases = list({case.key: case for case in cases if case.recorded}.values())
    path = parity.file_of(family)
    if not cases:
        path.unlink(missing_ok=True)
        return
    answers = ask(python, cases)
    index = {}
    for case, answer in zip(cases, answers.index, strict=True):
        if "missing" in answer:
            print(f"  {case.name}: 0.12.1 lacks it ({answer['missing']}); give the case an expect=")
            continue
        if "error" in answer and not case.raises:
            print(f"  {case.name}: raises {answer['error'][0]}: {answer['error'][1].splitlines()[0]}\n"
                  "    If it is meant to, say raises=True; if 0.12.1 only spells it otherwise, give a reference=")
            continue
        if "error" not in answer and case.raises:
            print(f"  {case.name}: raises nothing in 0.12.1; say raises=(type, pattern) as 0.8 does")
            continue
        if isinstance(answer.get("gradients"), dict):
            print(f"  {case.name}: its gradient raises {answer['gradients']['error']}")
        index[case.key] = {**answer, "name": case.name}
    path.parent.mkdir(exist_ok=True)
    writer = codec.Writer()
    writer.block.extend(answers.block)
    writer.save(path, index)
    size = path.stat().st_size
    print(f"{family}: {len(index)} cases, {size} bytes")
    if size > LIMIT:
        raise SystemExit(f"{path} is larger than {LIMIT} bytes: take smaller arrays")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="a Python 2.7 that has TensorFlow 0.12.1")
    parser.add_argument("families", nargs="*", help="only these, for example ops/math")
    arguments = parser.parse_args()
    known = families()
    for family in arguments.families or sorted(known):
        if family not in known:
            raise SystemExit(f"no family {family}; there are {', '.join(sorted(known))}")
        record(arguments.python, family, known[family])


if __name__ == "__main__":
    main()
