"""Every parity row against today's TensorFlow, asked in this test run; skipped where the extra `parity` is not installed.

What 0.8 spelled otherwise, what was removed since and what has another meaning now is left out: `tests/reference/` holds
what the TensorFlow of that time said.
"""

import importlib.util
import pathlib
import re
import subprocess
import sys

import pytest

import tracer as tf
from tests import parity
from tests.reference import codec, record

TESTS = pathlib.Path(__file__).parent
FAMILIES = sorted((path.parent / path.stem.removeprefix("test_")).relative_to(TESTS).as_posix()
                  for path in TESTS.rglob("test_*.py")
                  if re.search("^@parity[(]", path.read_text(encoding="utf-8"), re.MULTILINE))
CHANGED = frozenset("""
    div floordiv round sign digamma saturate_cast recipe:mathematics.through_bfloat16
    image.central_crop image.convert_image_dtype image.resize_images image.resize_nearest_neighbor image.resize_area
    nn.softmax_cross_entropy_with_logits nn.sigmoid_cross_entropy_with_logits nn.weighted_cross_entropy_with_logits
    nn.log_poisson_loss recipe:drawing.runs_on
""".split())
"""Functions that mean something else today: integers divide downwards, halves round to even, what is no number has no sign,
the poles of digamma are no numbers, bfloat16 rounds instead of cutting; images are cropped and cast with other roundings
and, with corners aligned, resized at other places; labels come before logits, and targets before rates; more operations
stand before a random one, whose seed is their number."""
CHANGED_ROWS = frozenset({
    "sparse_tensor_dense_matmul-sparse complex64[2]-complex64[2,2]-adjoint_a=True",
    "raw.fused_batch_norm_v2-float16[2,3,4,5]-float32[5]-float32[5]-float32[5]-float32[5]-epsilon=0.01-is_training=False",
    "raw.fused_batch_norm_grad-float32[1,2,3,2]-float32[1,2,3,2]-float32[2]-float32[2]-float32[2]-epsilon=0.01-is_training=Fa",
    "raw.self_adjoint_eig_v2-float64[2,2]-compute_v=False"})
"""The adjoint of a sparse matrix is conjugated today; outside of training the reserved outputs are whatever memory held, and
those of a gradient, as vectors that nobody asked for, have no longer the shapes of 0.12."""
OTHERWISE = frozenset({"ops/codecs"})  # another libjpeg

pytestmark = pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="the extra `parity` is not installed")


def answers(cases, folder):
    """What today's TensorFlow answers."""
    request, answer = folder / "request.npz", folder / "answer.npz"
    writer = codec.Writer()
    writer.save(request, [case.request(writer) for case in cases])
    reference = TESTS / "reference"
    done = subprocess.run([sys.executable, str(reference / "worker_live.py"), request, answer, str(reference / "recipes")],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return codec.Reader(answer)


@pytest.mark.parametrize("family", [family for family in FAMILIES if family not in OTHERWISE])
def test_values_today(family, tmp_path):
    if family not in parity.FAMILIES:
        record.families()
    cases = [case for case in parity.FAMILIES[family] if not case.raises and case.reference is None
             and case.path not in CHANGED and case.name not in CHANGED_ROWS]
    reader = answers(cases, tmp_path)
    wrong, compared = [], 0
    for case, answer in zip(cases, reader.index, strict=True):
        if "values" not in answer:
            continue
        compared += 1
        expected = [reader.decode(value) for value in answer["values"]]
        with tf.Graph().as_default(), tf.Session() as session:
            tf.set_random_seed(1)
            outputs = case.build(tf.constant)
            values = session.run(parity.started(session, outputs))
        try:
            case.compare(values, expected, f"{case.name}, the value today")
        except AssertionError as error:
            wrong.append(" ".join(str(error).split())[:300])
    print(f"{family}: {compared} of {len(cases)} rows compared")
    assert not wrong, f"{len(wrong)} of {compared}:\n" + "\n".join(wrong)
    if not compared:
        pytest.skip("today's TensorFlow has none of these")
