"""`tensorflow.python.summary.impl.gcs`: files of Google Cloud Storage, through its command `gsutil`."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

PATH_PREFIX = "gs://"


def _gsutil(*words: str) -> bytes:
    CheckIsSupported()
    done = subprocess.run(["gsutil", *words], capture_output=True)
    if done.returncode:
        raise OSError(f"gsutil {' '.join(words)} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def CheckIsSupported() -> None:
    """Raises OSError when the command `gsutil` is not installed."""
    if shutil.which("gsutil") is None:
        raise OSError("The command gsutil, which reads gs:// files, is not installed")


def IsGCSPath(path: str) -> bool:
    """Whether a path is one of Cloud Storage."""
    return path.startswith(PATH_PREFIX)


def CopyContents(gcs_path: str, byte_offset: int, local_file: Any) -> None:
    """Appends to an open local file what a file holds from an offset on."""
    if not IsGCSPath(gcs_path):
        raise ValueError(f"Invalid GCS path {gcs_path}")
    if int(_gsutil("du", gcs_path).split()[0]) > byte_offset:
        local_file.write(_gsutil("cat", "-r", f"{byte_offset}-", gcs_path))
        local_file.flush()


def ListDirectory(directory: str) -> list[str]:
    """The paths in a folder."""
    return _gsutil("ls", directory).decode().split()


def ListRecursively(top: str) -> list[tuple[str, list[str]]]:
    """The files below a folder, by folder."""
    found: dict[str, list[str]] = {}
    for path in _gsutil("ls", f"{top.rstrip('/')}/**").decode().split():
        found.setdefault(path.rpartition("/")[0] + "/", []).append(path)
    return sorted(found.items())


def Exists(path: str) -> bool:
    """Whether there is a file or folder of that name."""
    CheckIsSupported()
    return not subprocess.run(["gsutil", "ls", path], capture_output=True).returncode
