"""The import hook: what `tensorflow` and its modules are, and that all of it is taken back."""

import importlib
import pathlib
import sys
import types
import unittest

import numpy as np
import pytest

import tracer
from lowering.host.table import Table
from tests.reference import checkpoint_values
from tracer import legacy
from tracer.legacy import imports
from tracer.legacy.table import MODULES, NO_COUNTERPART

CHECKPOINTS = pathlib.Path(__file__).parent.parent / "reference" / "checkpoints"


def test_tensorflow_is_this_project(read):
    import tensorflow as tf

    assert tf is tracer


def test_module_with_one_counterpart_is_that_module(read):
    from tensorflow.python.framework import dtypes
    from tensorflow.python.platform import gfile

    assert gfile is tracer.gfile
    assert dtypes is sys.modules["tracer.dtypes"]


def test_module_with_several_counterparts_finds_names_in_each(read):
    from tensorflow.python.framework import ops

    assert ops.Graph is tracer.Graph
    assert ops.convert_to_tensor is tracer.convert_to_tensor
    assert ops.get_default_graph is tracer.get_default_graph
    with pytest.raises(AttributeError, match=r"tensorflow\.python\.framework\.ops.*no attribute 'nonsense'"):
        ops.nonsense  # noqa: B018


@pytest.mark.parametrize("name", ["core", "examples", "models", "tensorboard"])
def test_packages_that_only_hold_others(read, name):
    module = read(f"from tensorflow import {name}\nimport tensorflow.{name} as again\n")
    assert getattr(module, name) is module.again


def test_what_tensorflow_has_no_package_for(read):
    with pytest.raises(ImportError, match="cannot import name 'g3doc'"):
        read("from tensorflow import g3doc\n")


def test_star_import_brings_the_public_names(read):
    module = read("from tensorflow.python.framework.ops import *\n")
    assert module.Graph is tracer.Graph
    assert not hasattr(module, "annotations_of_ours")
    assert not any(isinstance(value, types.ModuleType) for value in vars(module).values())


@pytest.mark.parametrize("statement", [
    "from tensorflow.python.ops.rnn import bidirectional_dynamic_rnn, dynamic_rnn, raw_rnn",
    "from tensorflow.python.ops.variables import Variable, global_variables, global_variables_initializer",
    "from tensorflow.python.ops.gradients import gradients, hessians",
    "from tensorflow.python.util.deprecation import deprecated, deprecated_arg_values, deprecated_args",
    "from tensorflow.python.framework.sparse_tensor import SparseTensor, SparseTensorValue",
    "from tensorflow.python.framework.meta_graph import add_collection_def, read_meta_graph_file",
    "from tensorflow.python.summary.summary_iterator import summary_iterator",
    "from tensorflow.python.debug import LocalCLIDebugHook, LocalCLIDebugWrapperSession, has_inf_or_nan",
    "from tensorflow.python.training.sync_replicas_optimizer import SyncReplicasOptimizer, SyncReplicasOptimizerV2",
    "from tensorflow.contrib.distributions.python.ops.bijector import Chain, Exp",
    "from tensorflow.contrib.distributions.python.ops.transformed_distribution import TransformedDistribution",
    "from tensorflow.contrib.training.python.training.evaluation import checkpoints_iterator, evaluate_once",
    "from tensorflow.contrib.training.python.training.resample import weighted_resample",
    "from tensorflow.contrib.lookup.lookup_ops import MutableDenseHashTable, MutableHashTable",
    "from tensorflow.python.ops.data_flow_ops import ConditionalAccumulator, FIFOQueue",
    "from tensorflow.python.platform.googletest import SkipTest, TestCase, main, skipIf",
    "from tensorflow.contrib.framework.python.framework import deprecated, experimental, load_variable",
])
def test_names_of_later_modules(read, statement):
    module = read(statement + "\n")
    assert all(callable(getattr(module, name)) for name in statement.partition(" import ")[2].split(", "))


@pytest.mark.parametrize(("module", "message", "fields", "data"), [
    ("framework.node_def", "NodeDef", {"name": "a", "op": "B"}, b"\x0a\x01a\x12\x01B"),
    ("framework.cost_graph", "CostGraphDef", {"node": [{"name": "a", "id": 3}]}, b"\x0a\x05\x0a\x01a\x18\x03"),
    ("framework.tensor_description", "TensorDescription", {"dtype": 1}, b"\x08\x01"),
    ("framework.allocation_description", "AllocationDescription", {"requested_bytes": 2}, b"\x08\x02"),
    ("framework.kernel_def", "KernelDef", {"op": "A", "constraint": [{"name": "T"}]}, b"\x0a\x01A\x1a\x03\x0a\x01T"),
    ("framework.log_memory", "MemoryLogRawDeallocation", {"allocation_id": 5, "deferred": True}, b"\x18\x05\x28\x01"),
    ("framework.log_memory", "MemoryLogRawAllocation", {"ptr": 2**63}, b"\x20" + b"\x80" * 9 + b"\x01"),
    ("protobuf.named_tensor", "NamedTensorProto", {"name": "a", "tensor": {"dtype": 1}}, b"\x0a\x01a\x12\x02\x08\x01"),
    ("protobuf.control_flow", "CondContextDef", {"context_name": "a", "branch": 1}, b"\x0a\x01a\x20\x01"),
    ("util.memmapped_file_system", "MemmappedFileSystemDirectory", {"element": [{"offset": 1}]}, b"\x0a\x02\x08\x01"),
])
def test_messages_that_are_read_from_files(read, module, message, fields, data):
    made = read(f"from tensorflow.core.{module}_pb2 import {message} as made\n").made
    assert made(**fields).SerializeToString() == data
    assert made.FromString(data) == made(**fields)


def test_the_entries_of_a_checkpoint_of_tensorflow_are_messages(read):
    module = read("""
        from tensorflow.core.framework import types_pb2
        from tensorflow.core.util.saved_tensor_slice_pb2 import SavedTensorSlices
    """)
    with Table(str(CHECKPOINTS / "sliced.v1")) as table:
        entries = [module.SavedTensorSlices.FromString(bytes(value)) for _, value in table.items()]
    found = {one.name: one for one in entries[0].meta.tensor}
    assert sorted(found) == sorted(name for name, _, _ in checkpoint_values.SLICES)
    for name, shape, parts in checkpoint_values.SLICES:
        assert [size.size for size in found[name].shape.dim] == list(shape)
        assert found[name].type == module.types_pb2.DT_FLOAT
        assert len(found[name].slice) == len(parts)
        data = {tuple(cut.start for cut in entry.data.slice.extent): entry.data.data
                for entry in entries[1:] if entry.data.name == name}
        for offset, sizes in parts:
            window = tuple(slice(start, start + size) for start, size in zip(offset, sizes, strict=True))
            assert list(data[tuple(offset)].float_val) == checkpoint_values.whole(shape)[window].ravel().tolist()


def test_star_import_of_tensorflow_brings_what_scripts_know(read):
    module = read("values = names = 1\nfrom tensorflow import *\n")
    assert (module.values, module.names) == (1, 1)  # of which there are modules here
    assert {"nn", "train", "test", "ConfigProto"} <= set(vars(module))
    assert module.zeros is tracer.zeros
    assert not hasattr(module, "to_jax")


def test_star_import_of_tensorflow_brings_names_of_0_9_on_where_nothing_has_them(read):
    module = read("from numpy import *\nfrom tensorflow import *\n")
    assert (module.log1p, module.multiply) == (np.log1p, np.multiply)
    assert (module.exp, module.global_variables, module.summary) == (tracer.exp, tracer.global_variables, tracer.summary)



def test_the_data_of_the_tutorials_where_0_5_had_them(read):
    module = read("""
        from tensorflow.g3doc.tutorials.mnist import input_data, mnist
        import tensorflow.examples.tutorials.mnist.input_data as later
        import tensorflow.examples.tutorials.mnist.mnist as model
    """)
    assert module.input_data is module.later
    assert module.mnist is module.model


def test_paths_of_0_9_to_0_12(read):
    module = read("""
        import tensorflow as tf
        from tensorflow.contrib.learn.python.learn.estimators import dnn, linear
        from tensorflow.contrib.learn.python.learn.estimators.dnn import DNNClassifier, TensorFlowDNNClassifier
        from tensorflow.contrib.learn.python.learn.utils.inspect_checkpoint import print_tensors_in_checkpoint_file
        same = [DNNClassifier is tf.contrib.learn.DNNClassifier, dnn.DNNRegressor is tf.contrib.learn.DNNRegressor,
                TensorFlowDNNClassifier is tf.contrib.learn.TensorFlowDNNClassifier,
                linear.LinearClassifier is tf.contrib.learn.LinearClassifier]
        texts = [tf.GIT_VERSION, tf.__git_version__, tf.COMPILER_VERSION, tf.__compiler_version__]
    """)
    assert module.same == [True] * 4
    assert all(type(text) is str for text in module.texts)
    assert callable(module.print_tensors_in_checkpoint_file)


def test_the_message_of_savers_where_0_6_had_it(read):
    module = read("""
        from tensorflow.python.training import saver_pb2
        from tensorflow.core.protobuf import saver_pb2 as later
        same = saver_pb2.SaverDef is later.SaverDef
    """)
    assert module.same


def test_modules_of_contrib_learn_that_tutorials_name(read):
    module = read("""
        import tensorflow as tf
        from tensorflow.contrib.learn.python.learn import basic_session_run_hooks, session_run_hook, summary_writer_cache
        learn = tf.contrib.learn
        same = [learn.prediction_key.PredictionKey is learn.PredictionKey, learn.metric_key.MetricKey is learn.MetricKey,
                learn.metric_spec.MetricSpec is learn.MetricSpec,
                learn.dnn_linear_combined.DNNLinearCombinedClassifier is learn.DNNLinearCombinedClassifier,
                learn.learn_io.extract_pandas_data is learn.extract_pandas_data,
                learn.logistic_regressor.LogisticRegressor is learn.LogisticRegressor,
                learn.graph_io.read_batch_examples is learn.read_batch_examples,
                learn.session_run_hook.SessionRunHook is tf.train.SessionRunHook is session_run_hook.SessionRunHook,
                learn.basic_session_run_hooks.StopAtStepHook is tf.train.StopAtStepHook]
        named = [learn.data_feeder.DataFeeder, learn.tensor_signature.TensorSignature,
                 summary_writer_cache.SummaryWriterCache]
        tasks = [learn.TaskType.MASTER, learn.TaskType.PS, learn.TaskType.WORKER]
    """)
    assert module.same == [True] * 9
    assert module.tasks == ["master", "ps", "worker"]


def test_modules_that_packages_imported_for_themselves(read):
    module = read("""
        import threading
        import tensorflow as tf
        from tensorflow.python.ops import math_ops, variable_scope
        same = [tf.train.threading is threading, tf.nn.math_ops is math_ops, tf.nn.vs is variable_scope]
        softmax = tf.nn.nn_ops.softmax
        bounds = tf.image.random_ops.random_uniform
    """)
    assert module.same == [True] * 3
    assert module.softmax is tracer.nn.softmax
    assert module.bounds is tracer.random_uniform
    assert not hasattr(tracer.train, "nn_ops")


def test_modules_that_later_packages_imported_for_themselves(read):
    module = read("""
        import tensorflow as tf
        from tensorflow.python.ops import variables
        from tensorflow.python.util import nest
        same = [tf.nn.nest is nest, tf.nn.rnn_cell.nest is nest, tf.nn.seq2seq.nest is nest, tf.nn.variables is variables]
    """)
    assert module.same == [True] * 4


def test_a_file_of_cells_taken_whole(read):
    """Cells written beside TensorFlow's own use what its file imported, and keep modules of their own."""
    module = read("""
        import math
        from tensorflow.models.rnn.rnn_cell import *
        from tensorflow.python.ops.seq2seq import *
        import tensorflow as tf

        class Cell(RNNCell):
            state_size = output_size = 2
            def __call__(self, inputs, state, scope=None):
                with vs.variable_scope(scope or type(self).__name__):
                    halves = array_ops.split(1, 2, linear([inputs, state], 4, True))
                    new = tanh(halves[0]) * sigmoid(halves[1]) / math.sqrt(2)
                return new, new

        outputs, _ = rnn.rnn(Cell(), [tf.zeros([3, 1])], dtype=tf.float32)
        shape = outputs[0].get_shape().as_list()
        same = [init_ops is tf.nn.rnn_cell.init_ops, rnn_cell is tf.nn.rnn_cell, math_ops.tanh is tf.nn.rnn_cell.tanh]
    """)
    assert (module.shape, module.same) == ([3, 2], [True] * 3)


def test_without_the_hook_packages_show_no_module_of_another_tensorflow():
    assert not hasattr(tracer.nn, "math_ops")
    assert not hasattr(tracer.nn.rnn_cell, "array_ops")


def test_packages_are_there_after_importing_tensorflow(read):
    assert tracer.python.framework.ops.Graph is tracer.Graph


def test_modules_are_visible_where_tensorflow_imported_them_itself(read):
    module = read("from tensorflow.python import control_flow_ops, tensor_shape\nimport tensorflow as tf\n")
    assert module.control_flow_ops is module.tf.python.control_flow_ops is sys.modules[module.control_flow_ops.__name__]
    assert module.control_flow_ops.with_dependencies
    assert module.tensor_shape is sys.modules["tracer.shapes"]
    with pytest.raises(AttributeError):
        module.tf.python.nonsense_ops  # noqa: B018


def test_what_the_real_tensorboard_has_comes_from_it(read):
    from tensorflow.tensorboard.lib.python import json_util

    numbers = [float("inf"), -float("inf"), float("nan"), 1.5]
    assert json_util.WrapSpecialFloats({"x": numbers}) == {"x": ["Infinity", "-Infinity", "NaN", 1.5]}


def test_known_module_without_counterpart_says_so(read):
    with pytest.raises(
        ImportError, match=r"tensorflow\.models\.embedding.* has no counterpart in Tracer yet.*put its file"
    ):
        importlib.import_module("tensorflow.models.embedding.word2vec")


def test_unknown_module_is_not_found(read):
    with pytest.raises(ModuleNotFoundError, match=r"tensorflow\.nonsense.*TensorFlow 0\.8 had none either"):
        importlib.import_module("tensorflow.nonsense")


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_row_of_the_table_imports_or_says_why_not(read, name):
    if name in imports.available():
        assert importlib.import_module(name) is sys.modules[name]
    else:
        with pytest.raises(imports.NoCounterpartError, match="no counterpart"):
            importlib.import_module(name)


def test_no_path_is_in_both_tables():
    assert not set(MODULES) & NO_COUNTERPART


def test_generated_wrappers_are_found_with_and_without_underscore(read):
    from tensorflow.python.ops import gen_math_ops

    for wrapper in (gen_math_ops._mat_mul, gen_math_ops.mat_mul):
        assert wrapper(tracer.constant([[1.0]]), tracer.constant([[1.0]])).op.type == "MatMul"
    with pytest.raises(AttributeError):
        gen_math_ops.nonsense  # noqa: B018


def test_uninstall_takes_everything_back():
    before = dict(sys.modules), list(sys.meta_path), np.get_printoptions(), dict(vars(unittest.TestCase))
    attributes = set(vars(tracer))
    legacy.install()
    from tensorflow import models  # noqa: F401
    from tensorflow.contrib.framework.python.ops import variables
    from tensorflow.examples.tutorials.mnist import input_data
    from tensorflow.python.ops import array_ops  # noqa: F401

    assert variables is tracer.contrib.framework.python.ops.variables
    assert input_data.read_data_sets
    legacy.uninstall()
    assert not [name for name in sys.modules if name.partition(".")[0] in ("tensorflow", "input_data")]
    assert all(sys.modules.get(name) is module for name, module in before[0].items())
    assert sys.meta_path == before[1]
    assert np.get_printoptions() == before[2]
    assert dict(vars(unittest.TestCase)) == before[3]
    assert set(vars(tracer)) == attributes
    assert not hasattr(tracer.contrib.framework, "python")
    assert "tracer.models" not in sys.modules
    assert legacy.current() is None


@pytest.mark.usefixtures("no_sklearn")
def test_a_module_below_one_that_is_imported_already(printed, tmp_path, monkeypatch):
    site = tmp_path / "site-packages"
    (site / "sklearn").mkdir(parents=True)
    (site / "sklearn" / "__init__.py").touch()
    (site / "sklearn" / "late.py").write_text("found = 'found'\n")
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    assert printed("import sklearn\nfrom sklearn import late\nprint(late.found)\n") == "found\n"
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        sys.modules.pop(name)


def test_a_real_tensorflow_in_site_packages_is_hidden_and_visible_again(tmp_path, monkeypatch):
    folder = tmp_path / "site-packages"
    (folder / "tensorflow").mkdir(parents=True)
    (folder / "tensorflow" / "__init__.py").write_text("real = True\n")
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    legacy.install()
    assert importlib.import_module("tensorflow") is tracer
    legacy.uninstall()
    importlib.invalidate_caches()
    try:
        assert importlib.import_module("tensorflow").real
    finally:
        sys.modules.pop("tensorflow", None)


def test_a_real_tensorflow_already_imported_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", types.ModuleType("tensorflow"))
    with pytest.raises(RuntimeError, match="imported already"):
        legacy.install()
    assert legacy.current() is None


def test_installing_twice_is_refused(read):
    with pytest.raises(RuntimeError, match="installed already"):
        legacy.install()


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match=r"no option 'pyhton'; there are python, numpy_names"):
        legacy.install(pyhton="2")
    assert legacy.current() is None


def test_the_parts_can_be_switched_off(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "switched_off.py").write_text(
        "import numpy as np, collections\nx = [hasattr(np, 'asscalar'), hasattr(collections, 'Iterable')]\n"
    )
    items_equal = hasattr(unittest.TestCase, "assertItemsEqual")
    legacy.install([str(tmp_path)], numpy_names=False, library_names=False, float_format=False)
    try:
        assert importlib.import_module("switched_off").x == [False, False]
        assert repr(np.float32(0.8)) == "np.float32(0.8)"
        assert hasattr(unittest.TestCase, "assertItemsEqual") == items_equal
    finally:
        legacy.uninstall()


def test_modules_that_were_names_of_tf_until_0_6(read):
    module = read("import tensorflow as tf\nx = tf.ops.convert_to_tensor([1.0])\ny = tf.math_ops.mul(x, x)\n")
    assert module.y.graph is tracer.ops.get_default_graph()
    assert not {"math_ops", "random_ops"} & set(dir(tracer))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        tracer.ops.nonsense  # noqa: B018


def test_the_package_of_platform_modules_is_a_name_of_tf(read):
    module = read("import tensorflow as tf\nsame = tf.platform.resource_loader is tf.resource_loader\n")
    assert module.same


def test_without_the_hook_they_are_not():
    assert not hasattr(tracer, "math_ops")
    assert not hasattr(tracer.ops, "convert_to_tensor")
