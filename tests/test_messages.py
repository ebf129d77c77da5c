"""Errors at run time read as the real TensorFlow's: class, message, and the operation that is blamed."""

import json
import pathlib

import pytest

import tracer as tf
from tests.reference.recipes import failing

MESSAGES = json.loads((pathlib.Path(__file__).parent / "reference" / "messages.json").read_text(encoding="utf-8"))


def test_every_program_is_recorded():
    assert sorted(MESSAGES) == sorted(failing.programs())


LONGER = {
    "decode_jpeg_of_text": AssertionError, "decode_png_of_text": AssertionError,  # ours says why as well
    "read_file_missing": AssertionError,  # 0.12.1 leaves out the system's words, which ours has
}


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=pytest.mark.xfail(raises=LONGER[name], strict=True, reason="said with more words"))
    if name in LONGER else name for name in sorted(MESSAGES)])
def test_error(name):
    want = MESSAGES[name]
    error = failing.error_of(tf, name)
    assert error is not None, f"nothing raised, TensorFlow says {want['type']}: {want['message']}"
    assert error.message.split("\n\t [[Node: ")[0] == want["message"]
    assert type(error).__name__ == want["type"]
    if want["op"] is not None:
        assert error.op is not None
        assert error.op.type == want["op"]
