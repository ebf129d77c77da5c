"""What may import what: `tracer` records without JAX, `lowering` knows of `tracer` the graph only."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
ALLOWED = {"tracer.ir", "tracer.shapes", "tracer.dtypes", "tracer.errors"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "tracer":
                yield from (f"tracer.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", sorted((ROOT / "tracer").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_tracer_imports_no_jax(path):
    assert not [name for name in imported(path) if name.split(".")[0] in ("jax", "jaxlib", "optax")]


@pytest.mark.parametrize("path", sorted((ROOT / "lowering").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_lowering_knows_the_graph_only(path):
    assert not [name for name in imported(path) if name.split(".")[0] == "tracer" and name not in ALLOWED]


def test_import_is_light():
    code = ("import sys, tracer; heavy = {'jax', 'optax', 'google.protobuf', 'tensorboardX', 'tensorboard', 'PIL', "
            "'scipy', 'fissix'} & set(sys.modules); assert not heavy, heavy")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_import_changes_no_setting():
    # What importing JAX and optax does is theirs.
    code = ("import os, signal, sys, warnings, jax, numpy, optax; "
            "before = (dict(jax.config.values), numpy.geterr(), numpy.get_printoptions(), list(warnings.filters), "
            "dict(os.environ), list(sys.path), list(sys.meta_path), signal.getsignal(signal.SIGINT)); "
            "import tracer, lowering; "
            "s = tracer.Session(); v = tracer.Variable(numpy.zeros(2)); s.run(tracer.initialize_all_variables()); "
            "assert s.run(v).dtype == numpy.float64; "
            "after = (dict(jax.config.values), numpy.geterr(), numpy.get_printoptions(), list(warnings.filters), "
            "dict(os.environ), list(sys.path), list(sys.meta_path), signal.getsignal(signal.SIGINT)); "
            "assert before == after; assert jax.numpy.zeros(2).dtype == numpy.float32")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
