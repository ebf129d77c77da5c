"""`Saver`: checkpoints of variables, written while a script trains and restored when it starts again."""

from __future__ import annotations

import glob
import os
import re
import time
from typing import Any

import numpy as np

from tracer import compat, errors, logging
from tracer.session import BaseSession
from tracer.train import input
from tracer.train.checkpoint_state import checkpoint_exists as checkpoint_exists
from tracer.train.checkpoint_state import generate_checkpoint_state_proto as generate_checkpoint_state_proto
from tracer.train.checkpoint_state import get_checkpoint_state as get_checkpoint_state
from tracer.train.checkpoint_state import latest_checkpoint as latest_checkpoint
from tracer.train.checkpoint_state import update_checkpoint_state as update_checkpoint_state
from tracer.train.meta_graph import add_collection_def
from tracer.train.meta_graph import export_meta_graph as export_meta_graph
from tracer.train.meta_graph import import_meta_graph as import_meta_graph
from tracer.train.meta_graph import read_meta_graph_file as read_meta_graph_file
from tracer.train.saver_builder import V1, V2
from tracer.train.saver_builder import BaseSaverBuilder as BaseSaverBuilder
from tracer.train.training_util import global_step as value_of_step

_SHARDS = re.compile(r"-[\d?]+-of-\d+$")


class NoParentError(errors.NotFoundError, ValueError):
    """The folder of a checkpoint does not exist: a NotFoundError in 0.8, a ValueError in 0.12."""


class Saver:
    """Saves variables to checkpoint files and restores them.

    >>> saver = tf.train.Saver()
    >>> saver.save(sess, "/tmp/run/model.ckpt", global_step=100)
    '/tmp/run/model.ckpt-100'
    >>> saver.restore(sess, "/tmp/run/model.ckpt-100")

    Args:
        var_list: the variables, as a list or as a dict by the names they are to be saved under; by default all.
        reshape: whether a saved tensor may have another shape than the variable it is restored to.
        sharded: whether the variables of each device are written to a file of their own.
        max_to_keep: how many of the newest checkpoints to keep; None or 0 for all.
        keep_checkpoint_every_n_hours: how often one is kept for good.
        name: the name scope of its operations.
        restore_sequentially: whether variables are restored one after the other.
        saver_def: a SaverDef message that names operations that are there already, instead of all the above.
        builder: what records the operations; by default a `BaseSaverBuilder`.
        defer_build: whether the operations are recorded later, by `build`.
        allow_empty: whether there may be no variables to save; then it does nothing.
        write_version: `SaverDef.V1` for the one-file format of 0.8, `SaverDef.V2` for that of 0.12: an index and data
            files. Both are read in any case.
        pad_step_number: whether step numbers in file names have eight digits at least.

    Raises:
        TypeError: `var_list` holds something other than variables.
        ValueError: no variables to save, or two of the same name.
    """

    def __init__(self, var_list: Any = None, reshape: bool = False, sharded: bool = False, max_to_keep: int | None = 5,
                 keep_checkpoint_every_n_hours: float = 10000.0, name: str | None = None,
                 restore_sequentially: bool = False, saver_def: Any = None, builder: Any = None,
                 defer_build: bool = False, allow_empty: bool = False, write_version: int = V1,
                 pad_step_number: bool = False) -> None:
        if defer_build and var_list:
            raise ValueError("If `var_list` is provided then build cannot be deferred. Either set defer_build=False or "
                             "var_list=None.")
        if write_version not in (V1, V2):
            raise ValueError(f"write_version must be SaverDef.V1 or SaverDef.V2, not {write_version!r}")
        self._options = {
            "reshape": reshape, "sharded": sharded, "max_to_keep": max_to_keep, "name": name,
            "keep_checkpoint_every_n_hours": keep_checkpoint_every_n_hours,
            "restore_sequentially": restore_sequentially}
        self._var_list = var_list
        self._builder = builder
        self._allow_empty = allow_empty
        self._write_version = write_version
        self._pad_step_number = pad_step_number
        self._is_empty = False
        self.saver_def = saver_def
        self._last_checkpoints: list[tuple[str, float]] = []
        self._next_checkpoint_time = 0.0
        if not defer_build:
            self.build()

    def build(self) -> None:
        """Records the operations, unless the constructor has done so."""
        from tracer import scopes, variables

        if self.saver_def is None:
            var_list = self._var_list
            if var_list is None:
                var_list = variables.all_variables() + scopes.get_collection(scopes.GraphKeys.SAVEABLE_OBJECTS)
            if not var_list:
                if not self._allow_empty:
                    raise ValueError("No variables to save")
                self._is_empty = True
                return
            builder = self._builder or BaseSaverBuilder(self._write_version)
            self.saver_def = builder.build(var_list, **self._options)
        self._check_saver_def()
        self._next_checkpoint_time = time.time() + self.saver_def.keep_checkpoint_every_n_hours * 3600

    def _check_saver_def(self) -> None:
        for field, what in (("save_tensor_name", "save_tensor_name"), ("restore_op_name", "restore_op_name")):
            if not getattr(self.saver_def, field):
                raise ValueError(f"saver_def must specify the {what}: {self.saver_def}")

    # -- which checkpoints there are

    @property
    def last_checkpoints(self) -> list[str]:
        """The checkpoints that are kept now, oldest first; they can be given to `restore`."""
        return [path for path, _ in self._last_checkpoints]

    def set_last_checkpoints(self, last_checkpoints: list[str]) -> None:
        """Tells it, after a restart, which checkpoints it wrote before, oldest first."""
        assert isinstance(last_checkpoints, list)
        # Of their age nothing is known: they are never deleted.
        self._last_checkpoints = [(path, np.inf) for path in last_checkpoints]

    def set_last_checkpoints_with_time(self, last_checkpoints_with_time: list[tuple[str, float]]) -> None:
        """Tells it, after a restart, which checkpoints it wrote before and when: (name, seconds since 1970)."""
        assert isinstance(last_checkpoints_with_time, list)
        self._last_checkpoints = last_checkpoints_with_time

    def recover_last_checkpoints(self, checkpoint_paths: list[str]) -> None:
        """Tells it, after a restart, which checkpoints may be there; those that are count, as old as their files."""
        known = [path for path in checkpoint_paths if checkpoint_exists(path)]
        self.set_last_checkpoints_with_time(list(zip(known, get_checkpoint_mtimes(known), strict=True)))

    def _note(self, path: str) -> list[str]:
        """Notes a new checkpoint. Returns those that are not to be kept any longer."""
        if not self.saver_def.max_to_keep:
            return []
        self._last_checkpoints = [known for known in self._last_checkpoints if known[0] != path]
        self._last_checkpoints.append((path, time.time()))
        if len(self._last_checkpoints) <= self.saver_def.max_to_keep:
            return []
        oldest, when = self._last_checkpoints.pop(0)
        if when > self._next_checkpoint_time:
            if when != np.inf:
                self._next_checkpoint_time += self.saver_def.keep_checkpoint_every_n_hours * 3600
            return []
        return [oldest]

    def _delete(self, paths: list[str], meta_graph_suffix: str) -> None:
        for path in paths:
            bundle = self.saver_def.version == V2
            for file in [*_files_of(path, bundle), self._MetaGraphFilename(path, meta_graph_suffix)]:
                try:
                    os.remove(file)
                except FileNotFoundError:
                    pass
                except OSError as error:
                    logging.warning("Ignoring: %s", error)

    def _MetaGraphFilename(self, checkpoint_filename: str, meta_graph_suffix: str = "meta") -> str:
        """The file of the graph beside a checkpoint; one for all shards."""
        return f"{_SHARDS.sub('', checkpoint_filename)}.{meta_graph_suffix}"

    # -- as messages

    def as_saver_def(self) -> Any:
        """The SaverDef message that names its operations."""
        return self.saver_def

    def to_proto(self) -> Any:
        """As `as_saver_def`."""
        return self.saver_def

    @staticmethod
    def from_proto(saver_def: Any) -> Saver:
        """The Saver of a SaverDef message."""
        return Saver(saver_def=saver_def)

    def export_meta_graph(self, filename: str | None = None, collection_list: Any = None, as_text: bool = False,
                          clear_devices: bool = False, export_scope: str | None = None) -> Any:
        """The MetaGraphDef message of the default graph, or one of its scopes, with this Saver; also as a file."""
        return export_meta_graph(filename=filename, saver_def=self.saver_def, collection_list=collection_list,
                                 as_text=as_text, clear_devices=clear_devices, export_scope=export_scope)

    def _add_collection_def(self, meta_graph_def: Any, key: Any) -> None:
        add_collection_def(meta_graph_def, key)

    # -- saving and restoring

    def save(self, sess: Any, save_path: str, global_step: Any = None, latest_filename: str | None = None,
             meta_graph_suffix: str = "meta", write_meta_graph: bool = True, write_state: bool = True) -> str | None:
        """Writes a checkpoint and returns its name.

        When the process dies on the way, the checkpoints before are whole, and `latest_checkpoint` names one of them.

        Args:
            sess: the session that holds the variables.
            save_path: the name of the checkpoint; of shards, the part before `-?????-of-nnnnn`.
            global_step: a number, or a tensor that gives one, to append to the name.
            latest_filename: the file that lists the newest checkpoints, instead of `checkpoint`.
            meta_graph_suffix: the ending of the file of the graph.
            write_meta_graph: whether that file is written.
            write_state: whether the list of the newest checkpoints is.

        Raises:
            TypeError: `sess` is no session.
            ValueError: `latest_filename` contains a folder, or that of `save_path` does not exist; then a NotFoundError
                too, as in 0.8.
            RuntimeError: the checkpoint has the name of that list.
        """
        if not isinstance(sess, BaseSession):
            raise TypeError(f"'sess' must be a Session; {sess}")
        latest_filename = latest_filename or "checkpoint"
        if os.path.split(latest_filename)[0]:
            raise ValueError("'latest_filename' must not contain path components")
        checkpoint_file = save_path
        if global_step is not None:
            step = global_step if isinstance(global_step, (int, np.integer)) else value_of_step(sess, global_step)
            checkpoint_file = f"{save_path}-{step:08d}" if self._pad_step_number else f"{save_path}-{step}"
        folder = os.path.dirname(save_path)
        if write_state and os.path.basename(checkpoint_file) == latest_filename and not self._is_sharded():
            raise RuntimeError(f"Save path '{checkpoint_file}' conflicts with path used for checkpoint state.  Please use a "
                               "different save path.")
        if self._is_empty:
            return None
        if folder and "://" not in folder and not os.path.isdir(folder):
            raise NoParentError(None, None, f"Parent directory of {save_path} doesn't exist, can't save.")
        saved = sess.run(self.saver_def.save_tensor_name, {self.saver_def.filename_tensor_name: checkpoint_file})
        path = compat.as_str(saved.item() if isinstance(saved, np.ndarray) else saved)
        if write_meta_graph:
            with sess.graph.as_default():
                self.export_meta_graph(self._MetaGraphFilename(checkpoint_file, meta_graph_suffix))
        outdated = self._note(path)
        if write_state:
            update_checkpoint_state(folder, path, self.last_checkpoints, latest_filename)
        self._delete(outdated, meta_graph_suffix)
        return path

    def _is_sharded(self) -> bool:
        return self.saver_def is not None and self.saver_def.sharded

    def restore(self, sess: Any, save_path: str) -> None:
        """Gives the variables the values in a checkpoint. They need not have been initialized.

        Args:
            sess: the session that holds the variables.
            save_path: the name of the checkpoint: what `save` or `latest_checkpoint` has returned.

        Raises:
            ValueError: there is no such checkpoint.
            tf.errors.NotFoundError: it does not hold one of the variables.
            tf.errors.DataLossError: it is damaged.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        if not checkpoint_exists(save_path):
            raise ValueError(f"Restore called with invalid save path {save_path}")
        sess.run(self.saver_def.restore_op_name,
                 {self.saver_def.filename_tensor_name: save_path, **self._counters(sess, save_path)})

    def _counters(self, sess: Any, save_path: str) -> dict[Any, int]:
        """Zeros for the counters of epochs that the checkpoint lacks: TensorFlow 0.9 and later saved none."""
        try:
            restore = sess.graph.get_operation_by_name(self.saver_def.restore_op_name)
        except KeyError:  # of which the run has more to say
            return {}
        counters = input.counters_to_restore(restore)
        saved = NewCheckpointReader(save_path).get_variable_to_shape_map() if counters else {}
        return {value: 0 for name, value in counters.items() if name not in saved}


def _files_of(path: str, bundle: bool) -> list[str]:
    """The files of a checkpoint: an index and data files, or one, or all that match."""
    if bundle:
        return [path + ".index", *glob.glob(glob.escape(path) + ".data-?????-of-?????")]
    return [path] if os.path.exists(path) else glob.glob(path)


def get_checkpoint_mtimes(checkpoint_prefixes: list[str]) -> list[float]:
    """When the checkpoints were written, in seconds since 1970; those that are not there are left out."""
    return [max(map(os.path.getmtime, _files_of(path, os.path.exists(path + ".index"))))
            for path in checkpoint_prefixes if checkpoint_exists(path)]


def NewCheckpointReader(filepattern: str) -> CheckpointReader:
    """Opens a checkpoint to look at what is in it.

    >>> reader = tf.train.NewCheckpointReader("model.ckpt-1000")
    >>> reader.get_variable_to_shape_map()
    {'biases': [10], 'global_step': [], 'weights': [784, 10]}
    >>> reader.get_tensor("biases")
    """
    return CheckpointReader(filepattern)


class CheckpointReader:
    """What `NewCheckpointReader` gives.

    Raises tf.errors.NotFoundError when there is no such checkpoint, and DataLossError when it is damaged.
    """

    def __init__(self, filepattern: str) -> None:
        from lowering.host import checkpoint

        self._pattern = compat.as_str(filepattern)
        self._reader = checkpoint.open_checkpoint(self._pattern)
        self._restored = checkpoint.restored

    def has_tensor(self, tensor_str: str) -> bool:
        """Whether it holds a tensor of that name."""
        return compat.as_bytes(tensor_str) in self._reader.tensors

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """The shapes of the tensors by name."""
        return {compat.as_str(name): list(shape) for name, (_, shape) in sorted(self._reader.tensors.items())}

    def get_variable_to_dtype_map(self) -> dict[str, Any]:
        """The types of the tensors by name."""
        return {compat.as_str(name): kind for name, (kind, _) in sorted(self._reader.tensors.items())}

    def get_tensor(self, tensor_str: str) -> np.ndarray:
        """The tensor of that name. Raises tf.errors.NotFoundError when there is none."""
        if not self.has_tensor(tensor_str):
            raise errors.NotFoundError(None, None, f"{compat.as_str(tensor_str)} not found in checkpoint file")
        return np.array(self._restored(self._reader, self._pattern, compat.as_bytes(tensor_str), "", None))

    def debug_string(self) -> bytes:
        """A line for each tensor: its name, its type and its shape."""
        from tracer import protos

        names = {number: name for name, number in protos.DataType.items()}
        lines = (f"{compat.as_str(name)} ({names[kind.as_datatype_enum]}) [{','.join(map(str, shape))}]\n"
                 for name, (kind, shape) in sorted(self._reader.tensors.items()))
        return "".join(lines).encode()
