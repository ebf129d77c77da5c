"""`Exporter`: writes a graph, its variables and its signatures into a folder for serving."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from tracer import gfile, logging, protos, scopes
from tracer.contrib.session_bundle import constants, gc
from tracer.ir import Operation
from tracer.scopes import get_default_session
from tracer.static import constant_value
from tracer.train import training_util
from tracer.train.meta_graph import _clear_devices

_VERSION = re.compile(r"\d{8}$")


def gfile_copy_callback(files_to_copy: dict[str, str], export_dir_path: str) -> None:
    """Copies files, by where they are and how they will be called, into the folder `export_dir_path`."""
    logging.info("Write assets into: %s using gfile_copy.", export_dir_path)
    gfile.MakeDirs(export_dir_path)
    for source, name in files_to_copy.items():
        target = os.path.join(export_dir_path, name)
        gfile.Copy(source, target, overwrite=True)


def regression_signature(input_tensor: Any, output_tensor: Any) -> Any:
    """The message that says which tensors a regression takes and gives."""
    signature = protos.Signature()
    signature.regression_signature.input.tensor_name = input_tensor.name
    signature.regression_signature.output.tensor_name = output_tensor.name
    return signature


def classification_signature(input_tensor: Any, classes_tensor: Any = None, scores_tensor: Any = None) -> Any:
    """The message that says which tensor a classification takes, and which give the classes and their scores."""
    signature = protos.Signature()
    signature.classification_signature.input.tensor_name = input_tensor.name
    if classes_tensor is not None:
        signature.classification_signature.classes.tensor_name = classes_tensor.name
    if scores_tensor is not None:
        signature.classification_signature.scores.tensor_name = scores_tensor.name
    return signature


def generic_signature(name_tensor_map: dict[str, Any]) -> Any:
    """The message that gives tensors names of their own."""
    signature = protos.Signature()
    for name, tensor in name_tensor_map.items():
        signature.generic_signature.map[name].tensor_name = tensor.name
    return signature


def _packed(message: Any, name: str) -> Any:
    """The message within an `Any`, under the name that TensorFlow's has."""
    from google.protobuf.any_pb2 import Any as AnyMessage

    return AnyMessage(type_url=f"type.googleapis.com/tensorflow.{name}", value=message.SerializeToString())


class Exporter:
    """Writes exports, each into a folder called by its step.

    >>> exporter = tf.contrib.session_bundle.exporter.Exporter(tf.train.Saver(sharded=True))
    >>> exporter.init(sess.graph.as_graph_def(), named_graph_signatures={
    ...     "inputs": generic_signature({"x": x}), "outputs": generic_signature({"y": y})})
    >>> exporter.export("/tmp/model", tf.constant(1), sess)
    '/tmp/model/00000001'

    `saver` is the `tf.train.Saver` of the variables; `restore` of it reads an export.
    """

    def __init__(self, saver: Any) -> None:
        self._saver = saver
        self._has_init = False
        self._assets_to_copy: dict[str, str] = {}
        self._assets_callback: Callable | None = None

    def init(self, graph_def: Any = None, init_op: Any = None, clear_devices: bool = False,
             default_graph_signature: Any = None, named_graph_signatures: dict[str, Any] | None = None,
             assets_collection: Any = None, assets_callback: Callable = gfile_copy_callback) -> None:
        """Says what will be exported.

        Args:
            graph_def: the graph; by default the one of the moment of the export.
            init_op: an operation to run when the export has been loaded.
            clear_devices: whether to leave out on which devices operations are.
            default_graph_signature: the signature without a name.
            named_graph_signatures: signatures by name.
            assets_collection: string constants that name files, to be exported as well.
            assets_callback: which copies those; see `gfile_copy_callback`.

        Raises:
            RuntimeError: it was called before.
            TypeError: `init_op` is no operation.
            ValueError: one of the assets is no string constant.
        """
        if self._has_init:
            raise RuntimeError("init should be called only once")
        self._has_init = True
        if graph_def or clear_devices:
            copy = protos.GraphDef()
            copy.CopyFrom(graph_def if graph_def else scopes.get_default_graph().as_graph_def())
            if clear_devices:
                _clear_devices(copy)
            scopes.add_to_collection(constants.GRAPH_KEY, _packed(copy, "GraphDef"))
        if init_op is not None:
            if not isinstance(init_op, Operation):
                raise TypeError(f"init_op needs to be an Operation: {init_op}")
            scopes.add_to_collection(constants.INIT_OP_KEY, init_op)
        signatures = protos.Signatures()
        if default_graph_signature:
            signatures.default_signature.CopyFrom(default_graph_signature)
        for name, signature in (named_graph_signatures or {}).items():
            signatures.named_signatures[name].CopyFrom(signature)
        scopes.add_to_collection(constants.SIGNATURES_KEY, _packed(signatures, "serving.Signatures"))
        for asset in assets_collection or ():
            self._add_asset(asset)
        self._assets_callback = assets_callback

    def _add_asset(self, asset: Any) -> None:
        path = constant_value(asset)
        if path is None or not isinstance(path.item(), (bytes, str)):
            raise ValueError(f"Asset filepath tensor must be a string constant: {asset}")
        source = path.item() if isinstance(path.item(), str) else path.item().decode()
        name = os.path.basename(source)
        self._assets_to_copy[source] = name
        file = protos.AssetFile(filename=name)
        file.tensor_binding.tensor_name = asset.name
        scopes.add_to_collection(constants.ASSETS_KEY, _packed(file, "serving.AssetFile"))

    def export(self, export_dir_base: str, global_step_tensor: Any, sess: Any = None,
               exports_to_keep: Any = None) -> str:
        """Writes an export, and returns its folder.

        Args:
            export_dir_base: the folder in which it will be.
            global_step_tensor: the step, by which it is called.
            sess: the session; by default the current one.
            exports_to_keep: a function of `gc`, which chooses the exports that stay.

        Raises RuntimeError when `init` was not called, or when there is such an export already.
        """
        if not self._has_init:
            raise RuntimeError("init must be called first")
        step = training_util.global_step(sess or get_default_session(), global_step_tensor)
        folder = os.path.join(export_dir_base, constants.VERSION_FORMAT_SPECIFIER % step)
        if gfile.Exists(folder):
            raise RuntimeError("Overwriting exports can cause corruption and are not allowed. Duplicate export dir: "
                               f"{folder}")
        unfinished = f"{folder}-tmp"
        gfile.MakeDirs(unfinished)
        self._saver.save(sess or get_default_session(), os.path.join(unfinished, constants.EXPORT_BASE_NAME),
                         meta_graph_suffix=constants.EXPORT_SUFFIX_NAME)
        if self._assets_callback and self._assets_to_copy:
            self._assets_callback(self._assets_to_copy, os.path.join(unfinished, constants.ASSETS_DIRECTORY))
        gfile.Rename(unfinished, folder)
        if exports_to_keep:
            self._remove(export_dir_base, exports_to_keep)
        return folder

    def _remove(self, base: str, exports_to_keep: Any) -> None:
        def parse(path: Any) -> Any:
            found = _VERSION.search(path.path)
            return path._replace(export_version=int(found[0])) if found else None

        for path in gc.negation(exports_to_keep)(gc.get_paths(base, parse)):
            gfile.DeleteRecursively(path.path)
