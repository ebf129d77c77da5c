"""The file `checkpoint` of a folder: which checkpoint is the newest one, and which are kept."""

from __future__ import annotations

import contextlib
import glob
import os
from typing import Any

from tracer import logging


def write_whole(path: str, data: bytes) -> None:
    """Writes a file that appears under its name only when all of it is on the disk."""
    temporary = f"{path}.tempstate{os.urandom(8).hex()}"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def checkpoint_exists(checkpoint_prefix: str) -> bool:
    """Whether there is a checkpoint of that name, in either format; the name may be the pattern of shards."""
    files = (checkpoint_prefix, checkpoint_prefix + ".index")
    return any(map(os.path.exists, files)) or bool(glob.glob(checkpoint_prefix))


def _state_file(folder: str, latest_filename: str | None) -> str:
    return os.path.join(folder, latest_filename or "checkpoint")


def generate_checkpoint_state_proto(save_dir: str, model_checkpoint_path: str,
                                    all_model_checkpoint_paths: Any = None) -> Any:
    """The CheckpointState message for a folder.

    Args:
        save_dir: the folder; when it is relative, paths in the message are relative to it.
        model_checkpoint_path: the newest checkpoint.
        all_model_checkpoint_paths: all that are kept, oldest first; the newest one is added when it is missing.
    """
    from tracer import protos

    # A list that is given gets the newest one as well, as in TensorFlow.
    paths: list[str] = all_model_checkpoint_paths if isinstance(all_model_checkpoint_paths, list) else []
    if model_checkpoint_path not in paths[-1:]:
        if paths:
            logging.info("%s is not in all_model_checkpoint_paths. Manually adding it.", model_checkpoint_path)
        paths.append(model_checkpoint_path)
    if not os.path.isabs(save_dir):
        paths = [path if os.path.isabs(path) else os.path.relpath(path, save_dir) for path in paths]
        model_checkpoint_path = paths[-1]
    return protos.CheckpointState(model_checkpoint_path=model_checkpoint_path, all_model_checkpoint_paths=paths)


def update_checkpoint_state(save_dir: str, model_checkpoint_path: str, all_model_checkpoint_paths: Any = None,
                            latest_filename: str | None = None) -> None:
    """Writes the file `checkpoint` (or `latest_filename`) of a folder.

    Raises RuntimeError when the checkpoint has that very name.
    """
    from google.protobuf import text_format

    path = _state_file(save_dir, latest_filename)
    if path == model_checkpoint_path:
        raise RuntimeError(f"Save path '{model_checkpoint_path}' conflicts with path used for checkpoint state.  "
                           "Please use a different save path.")
    state = generate_checkpoint_state_proto(save_dir, model_checkpoint_path, all_model_checkpoint_paths)
    write_whole(path, text_format.MessageToString(state).encode())


def get_checkpoint_state(checkpoint_dir: str, latest_filename: str | None = None) -> Any:
    """The CheckpointState message of a folder, or None when its file is absent or cannot be read.

    >>> tf.train.get_checkpoint_state("/tmp/run").model_checkpoint_path
    '/tmp/run/model.ckpt-100'
    """
    from google.protobuf import text_format

    from tracer import protos

    path = _state_file(checkpoint_dir, latest_filename)
    try:
        with open(path, "rb") as file:
            state = text_format.Parse(file.read(), protos.CheckpointState())
    except OSError as error:
        if os.path.exists(path):
            logging.warning("%s: Checkpoint ignored", error)
        return None
    except (text_format.ParseError, UnicodeDecodeError) as error:
        logging.warning("%s: %s", path, error)
        logging.warning("%s: Checkpoint ignored", path)
        return None
    state.model_checkpoint_path = _joined(checkpoint_dir, state.model_checkpoint_path)
    for i, kept in enumerate(state.all_model_checkpoint_paths):
        state.all_model_checkpoint_paths[i] = _joined(checkpoint_dir, kept)
    return state


def _joined(folder: str, path: str) -> str:
    return path if os.path.isabs(path) else os.path.join(folder, path)


def latest_checkpoint(checkpoint_dir: str, latest_filename: str | None = None) -> str | None:
    """The name of the newest checkpoint of a folder, or None when there is none.

    >>> saver.restore(sess, tf.train.latest_checkpoint("/tmp/run"))
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is not None and state.model_checkpoint_path and checkpoint_exists(state.model_checkpoint_path):
        return state.model_checkpoint_path
    return None
