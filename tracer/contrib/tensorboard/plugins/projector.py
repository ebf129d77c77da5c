"""`tensorflow.contrib.tensorboard.plugins.projector` of TensorFlow 0.12: what TensorBoard shows of embeddings."""

from __future__ import annotations

import os
from typing import Any

PROJECTOR_FILENAME = "projector_config.pbtxt"
_MESSAGES = ("EmbeddingInfo", "ProjectorConfig", "SpriteMetadata")


def __getattr__(name: str) -> Any:
    if name not in _MESSAGES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tensorboard.plugins.projector import projector_config_pb2

    return getattr(projector_config_pb2, name)


def visualize_embeddings(summary_writer: Any, config: Any) -> None:
    """Writes what to show beside the events of a writer, where TensorBoard looks for it.

    Args:
        summary_writer: a `SummaryWriter`.
        config: a `ProjectorConfig`.
    """
    from google.protobuf import text_format

    folder = summary_writer.get_logdir()
    if folder is None:
        raise ValueError("Summary writer must have a logdir")
    with open(os.path.join(folder, PROJECTOR_FILENAME), "w") as file:
        file.write(text_format.MessageToString(config))
