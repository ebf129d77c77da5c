"""`tf.resource_loader`: data files that lie beside the source file that asks for them, or in TensorFlow's tree."""

from __future__ import annotations

import os
import sys
from typing import Any


def load_resource(path: str) -> bytes:
    """The contents of a file of TensorFlow's source tree, named from its `tensorflow` folder; an absolute path stays.

    That tree is no part of Tracer: the environment variable TRACER_TEST_SRCDIR names the folder that holds it.
    """
    tree = os.environ.get("TRACER_TEST_SRCDIR")
    if not os.path.isabs(path) and not tree:
        raise OSError(
            f"{path!r} is a file of TensorFlow's own sources, which are no part of Tracer; "
            "set TRACER_TEST_SRCDIR to the folder that holds a checkout of them"
        )
    with open(os.path.join(tree or "", "tensorflow", path), "rb") as file:
        return file.read()


def get_data_files_path() -> str:
    """The folder of the source file that calls this.

    >>> os.path.join(tf.resource_loader.get_data_files_path(), "testdata", "picture.png")
    """
    return _folder_of_caller(sys._getframe(1))


def get_path_to_datafile(path: str) -> str:
    """The path of a file, named from the folder of the source file that calls this."""
    return os.path.join(_folder_of_caller(sys._getframe(1)), path)


def readahead_file_path(path: str, unused_readahead: Any = None) -> str:
    """The path itself: the local file system reads ahead on its own."""
    return path


def _folder_of_caller(frame: Any) -> str:
    return os.path.dirname(os.path.abspath(frame.f_code.co_filename))
