"""A few of the trials of `python -m tests.stress`: damage, processes killed while they save, many threads on a queue."""

import collections
import os
import pathlib
import subprocess
import sys

import pytest

from tests.stress import damage, threads
from tests.stress.peer import Peer

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TRIALS = {"graphs": 25, "text": 25, "nodes": 12, "metas": 30}


@pytest.mark.parametrize("kind", damage.KINDS)
def test_damage_ends_in_a_named_error_or_the_right_value(kind, monkeypatch):
    monkeypatch.setattr(Peer, "wanted", False)
    outcomes = collections.Counter(damage.KINDS[kind](TRIALS.get(kind, 80), 11))
    assert sum(outcomes.values()) == TRIALS.get(kind, 80)
    assert sum(count for outcome, count in outcomes.items() if "value" not in outcome) > TRIALS.get(kind, 80) // 3


def test_a_record_that_is_damaged_is_named(tmp_path):
    from tracer import errors, python_io

    path = tmp_path / "records"
    path.write_bytes((damage.FILES / damage.pipeline.RECORDS).read_bytes()[:-1])
    with pytest.raises(errors.DataLossError, match=f"truncated record at .* of {path}"):
        list(python_io.tf_record_iterator(str(path)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_processes_killed_while_they_save():
    done = subprocess.run([sys.executable, "-m", "tests.stress", "saves", "--trials", "6", "--seed", "5"], cwd=ROOT,
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "saves: 6 trials" in done.stdout
    assert "killed by" in done.stdout


@pytest.mark.parametrize("kind", ["fifo", "padding", "shuffle"])
@pytest.mark.parametrize("many", [1, 7])
def test_eight_producers_and_two_consumers(kind, many):
    threads.check(kind, 1500, many)


@pytest.mark.parametrize("many", [1, 30])
def test_lines_of_files_through_eight_threads_and_two_consumers(many, tmp_path):
    assert threads.read(str(tmp_path / "lines"), 3000, many) == list(range(3000))
