"""The pages of the real TensorBoard in a browser show what an example of ours writes while it trains."""

import gzip
import os
import pathlib
import subprocess
import sys
import time

import numpy as np
import pytest

from tests import chromium
from tests.test_tensorboard import PATIENCE, Board
from tracer.legacy.datasets import mnist

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEEP = """((selector, host) => {
    const found = [];
    const walk = (node) => {
        for (const element of node.querySelectorAll("*")) {
            if (element.matches(selector) && (!host || node.host && node.host.nodeName.includes(host))) found.push(element);
            if (element.shadowRoot) walk(element.shadowRoot);
        }
    };
    walk(document);
    return found;
})"""
"""What a selector finds in the page, in the hidden parts of its elements too; all, or what is inside of one kind."""

pytestmark = pytest.mark.skipif(chromium.find() is None, reason="there is no Chromium here")


def write_digits(folder):
    """Files as MNIST has them, of made-up digits: for each of ten a pattern of its own, and noise."""
    rng = np.random.RandomState(0)
    patterns = rng.randint(0, 2, (10, 7, 7)).repeat(4, 1).repeat(4, 2) * 200
    for count, images, labels in ((10_000, mnist.TRAIN_IMAGES, mnist.TRAIN_LABELS),
                                  (100, mnist.TEST_IMAGES, mnist.TEST_LABELS)):
        digits = rng.randint(0, 10, count)
        pixels = (patterns[digits] + rng.randint(0, 56, (count, 28, 28))).astype(np.uint8)
        for name, head, body in ((images, (2051, count, 28, 28), pixels), (labels, (2049, count), digits.astype(np.uint8))):
            (folder / name).write_bytes(gzip.compress(np.array(head, ">i4").tobytes() + body.tobytes(), 1))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A browser and the address of a TensorBoard of a run of the example."""
    folder = tmp_path_factory.mktemp("pages")
    write_digits(folder)
    run = folder / "run"
    words = [f"--data_dir={folder}", f"--train_dir={run}"]
    for steps in (40, 80):  # each start sums up once at least
        subprocess.run([sys.executable, "-m", "tracer", str(ROOT / "examples" / "mnist_tfrecords.py"), *words,
                        f"--max_steps={steps}"], check=True, cwd=folder, stdout=subprocess.DEVNULL,
                       env={**os.environ, "PYTHONPATH": str(ROOT)})
    board = Board(str(run))
    shown = chromium.Page(chromium.find(), folder / "profile")
    yield shown, board.address
    shown.close()
    board.close()


def see(page, tab, script, until):
    """What a script says of what a tab shows, once `until` holds of it."""
    shown, address = page
    shown._ask("Page.navigate", url=f"{address}/#{tab}")
    end = time.monotonic() + PATIENCE
    while True:
        found = shown.run(f"{DEEP}{script}")
        if until(found):
            return found
        assert time.monotonic() < end, (tab, found)
        time.sleep(0.3)


def points(path):
    """How many points a path has."""
    return path.count("L") + path.count("M")


def test_scalars_are_shown(page):
    lines = see(page, "scalars", "('path.line', 'LINE-CHART').map(e => e.getAttribute('d') || '')",
                lambda lines: len(lines) > 1 and max(map(points, lines)) > 1)
    assert any("NaN" not in line for line in lines)
    names = "('tf-category-paginated-view').map(e => e.category && e.category.name)"
    assert {"loss", "zeros"} <= set(see(page, "scalars", names, lambda names: "loss" in names))


def test_the_graph_is_shown_with_its_name_scopes(page):
    names = "('g.node').map(e => e.getAttribute('data-name'))"
    found = see(page, "graphs", names, lambda names: "softmax" in names)
    assert {"input_producer", "shuffle_batch", "softmax", "loss", "gradients", "test", "global_step"} <= set(found)
    assert "softmax/weights" not in found
    page[0].run(f"{DEEP}('g.node[data-name=softmax] .expandbutton')[0].dispatchEvent("
                "new MouseEvent('click', {bubbles: true}))")
    opened = see(page, "graphs", names, lambda names: "softmax/weights" in names)
    assert {"softmax/weights", "softmax/biases", "softmax/MatMul", "softmax/add"} <= set(opened)


def test_histograms_are_shown(page):
    outlines = see(page, "histograms", "('path.outline', 'HISTOGRAM').map(e => e.getAttribute('d') || '')",
                   lambda paths: len(paths) >= 2 and all(paths))
    assert all(points(path) > 5 and "NaN" not in path for path in outlines)


def test_distributions_are_shown(page):
    areas = see(page, "distributions", "('path.area', 'DISTRIBUTION').map(e => e.getAttribute('d') || '')",
                lambda paths: len(paths) >= 5 and all(paths))
    assert all("NaN" not in path for path in areas)


def test_images_are_shown(page):
    sizes = see(page, "images", "('img', 'IMAGE').map(e => e.complete && [e.naturalWidth, e.naturalHeight])",
                lambda sizes: len(sizes) == 2 and all(sizes))
    assert sizes == [[28, 28], [28, 28]]
    pixels = """.map(e => {
        const canvas = Object.assign(document.createElement("canvas"), {width: 28, height: 28});
        const context = canvas.getContext("2d");
        context.drawImage(e, 0, 0);
        return Array.from(context.getImageData(0, 0, 28, 28).data);
    })"""
    for data in page[0].run(f"{DEEP}('img', 'IMAGE'){pixels}"):
        image = np.array(data).reshape(28, 28, 4)[:, :, 0]
        means = image.reshape(7, 4, 7, 4).mean((1, 3))  # of the pattern's cells, which are light or dark
        assert ((means < 70) | (means > 170)).all()
        assert len(np.unique(image)) > 10


def test_no_page_met_an_error(page):
    assert page[0].problems == []
