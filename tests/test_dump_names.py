"""One operation of an example, followed from the script's line to everything that it becomes."""

import gzip
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from tests import chromium
from tests.legacy.test_mnist_data import contents

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "examples" / "mnist_convnet.py"
NAME = "conv2/Conv2D"
LINE = next(number for number, text in enumerate(SCRIPT.read_text().splitlines(), 1) if "tf.nn.conv2d(" in text)


@pytest.fixture(scope="module")
def dumped(tmp_path_factory):
    """The dump of the example's training, as data and as a page."""
    folder = tmp_path_factory.mktemp("names")
    for name, data in contents().items():
        (folder / name).write_bytes(gzip.compress(data, 1))
    # With fewer products a convolution is some convolutions in functions of their own, and costs less than is said below.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JAX_COMPILATION_CACHE_DIR": str(folder / "cache"),
                   "TRACER_WITHOUT": "winograd"}
    for options in (["--format", "json", "--section", "all", "-o", "dump.json"], ["--html", "dump.html"]):
        command = [sys.executable, "-m", "tracer.dump", "--no-run", *options, str(SCRIPT), f"--data_dir={folder}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
    return json.loads((folder / "dump.json").read_text()), folder / "dump.html"


def place_of(entry):
    return entry["file"], entry["line"]


def test_from_the_line_to_the_operation(dumped):
    run, = dumped[0]["runs"]
    op, = [op for op in run["ir"] if op["name"] == NAME]
    assert (op["type"], *place_of(op)) == ("Conv2D", "mnist_convnet.py", LINE)
    assert any(NAME in stage["operations"] for stage in run["stages"])


@pytest.mark.parametrize(("section", "instruction"), [
    ("jaxpr", r"= conv_general_dilated\["), ("stablehlo", r"stablehlo\.convolution\("), ("hlo", r" convolution\(")])
def test_from_the_operation_to_the_programs(dumped, section, instruction):
    program, = dumped[0]["runs"][0]["programs"]
    own = [line for line in program[section] if line.get("operation") == NAME]
    assert {place_of(line) for line in own} == {("mnist_convnet.py", LINE)}
    products = [line for line in own if re.search(instruction, line["text"])]
    assert any(NAME in line["path"] and not line["backward"] for line in own if "path" in line)
    assert products
    if section != "hlo":  # XLA rewrites the gradient of a filter, and drops its name
        assert any(line["backward"] for line in products)


def test_from_the_operation_to_its_cost(dumped):
    program, = dumped[0]["runs"][0]["programs"]
    rows = {row["backward"]: row for row in program["costs"] if row["operation"] == NAME}
    inside = 2 * 32 * 14 * 14 * 64 * 32 * 5 * 5  # of 32 pictures
    whole = (3 + 4 + 10 * 5 + 4 + 3) / (14 * 5)  # of the filter, which hangs over at the edges
    assert rows[False]["flops"] == pytest.approx(inside * whole ** 2, rel=1e-3)
    assert place_of(rows[True]) == ("mnist_convnet.py", LINE)


def test_from_the_line_to_the_emitted_source(dumped):
    text = dumped[0]["runs"][0]["source"]["text"]
    after = re.findall(rf"#.*mnist_convnet\.py:{LINE}\b.*\n(.*)", text)  # the script calls its function twice
    assert [re.search(r"(\w+) = (?:conv2d|lax\.conv_general_dilated)\(", line)[1] for line in after] == [
        "convolved", "conv2_convolved"]


@pytest.mark.skipif(chromium.find() is None, reason="no Chromium on this machine (TRACER_CHROMIUM names one)")
def test_from_the_operation_to_the_page(dumped, tmp_path):
    page = chromium.Page(chromium.find(), tmp_path)
    try:
        page.open(dumped[1], "op=" + NAME.replace("/", "%2F"))
        page.wait("document.querySelector('.box.selected') !== null")
        assert page.run("document.querySelector('.box.selected').dataset.op") == NAME
        assert page.run("document.querySelector('#operation .place').innerText") == f"mnist_convnet.py:{LINE}"
        assert "tf.nn.conv2d" in page.run("document.querySelector('#operation .here').innerText")
        texts = "\n".join(page.run("[...document.querySelectorAll('#operation details pre')].map(part => part.innerText)"))
        for word in ("conv_general_dilated[", " convolution("):
            assert word in texts
        assert "conv2_convolved = " in page.run("document.querySelector('#operation .emitted').innerText")
        assert page.problems == []
    finally:
        page.close()
