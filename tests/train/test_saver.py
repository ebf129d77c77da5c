"""The Saver: checkpoints are whole or not there, and restored whole or not at all."""

import contextlib
import os
import tracemalloc

import numpy as np
import pytest

import tracer as tf
from lowering.host import checkpoint_v1, table
from lowering.run import restoring
from tracer import errors
from tracer.ops import io

VERSIONS = {"v1": 1, "v2": 2}


def test_the_operations_have_tensorflows_names():
    tf.Variable(1.0, name="b")
    tf.Variable([2.0], name="a")
    graph = tf.get_default_graph()
    before = graph.version
    definition = tf.train.Saver().as_saver_def()
    recorded = [f"{op.name.removeprefix('save/')} {op.type} {','.join(t.op.name for t in op.inputs)} "
                f"{','.join(c.name for c in op.control_inputs)}".replace("save/", "")
                for op in graph.get_operations()[before:]]
    # As behaviours of 0.8 and the graph that 0.12.1 exports for its own V1 saver say.
    assert recorded == [
        "Const Const  ", "tensor_names Const  ", "shapes_and_slices Const  ",
        "save SaveSlices Const,tensor_names,shapes_and_slices,a,b ",
        "control_dependency Identity Const save",
        "restore_slice/tensor_name Const  ", "restore_slice/shape_and_slice Const  ",
        "restore_slice RestoreSlice Const,restore_slice/tensor_name,restore_slice/shape_and_slice ",
        "Assign Assign a,restore_slice ",
        "restore_slice_1/tensor_name Const  ", "restore_slice_1/shape_and_slice Const  ",
        "restore_slice_1 RestoreSlice Const,restore_slice_1/tensor_name,restore_slice_1/shape_and_slice ",
        "Assign_1 Assign b,restore_slice_1 ",
        "restore_all NoOp  Assign,Assign_1",
    ]
    assert definition.filename_tensor_name == "save/Const:0"
    assert definition.save_tensor_name == "save/control_dependency:0"
    assert definition.restore_op_name == "save/restore_all"
    assert definition.max_to_keep == 5


@pytest.mark.parametrize("version", VERSIONS)
def test_saving_and_restoring(tmp_path, version):
    weights = tf.Variable(np.arange(6.0).reshape(2, 3), name="weights")
    step = tf.Variable(3, name="step")
    saver = tf.train.Saver(max_to_keep=2, write_version=VERSIONS[version])
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        for i in range(4):
            name = saver.save(sess, str(tmp_path / "model"), global_step=i if i % 2 else step)
            assert name == str(tmp_path / f"model-{i if i % 2 else 3}")
        assert saver.last_checkpoints == [str(tmp_path / "model-1"), str(tmp_path / "model-3")]
        assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "model-3")
        sess.run([weights.assign(np.zeros((2, 3))), step.assign(9)])
        saver.restore(sess, str(tmp_path / "model-1"))
        np.testing.assert_array_equal(sess.run(weights), np.arange(6.0).reshape(2, 3))
        assert sess.run(step) == 3
    kept = {"v1": ["model-1", "model-3"], "v2": [f"model-{i}{end}" for i in (1, 3)
                                                  for end in (".data-00000-of-00001", ".index")]}  # fmt: skip
    assert sorted(os.listdir(tmp_path)) == sorted(["checkpoint", "model-1.meta", "model-3.meta", *kept[version]])


@pytest.mark.parametrize("version", VERSIONS)
def test_shards(tmp_path, version):
    with tf.device("/cpu:0"):
        first = tf.Variable(10, name="first")
    with tf.device("/cpu:1"):
        second = tf.Variable([20, 21], name="second")
    saver = tf.train.Saver(sharded=True, write_version=VERSIONS[version])
    with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as sess:
        sess.run(tf.initialize_all_variables())
        path = saver.save(sess, str(tmp_path / "model"))
        assert path == str(tmp_path / "model") + ("-?????-of-00002" if version == "v1" else "")
        sess.run([first.assign(0), second.assign([0, 0])])
        saver.restore(sess, path)
        assert sess.run(first) == 10
        assert sess.run(second).tolist() == [20, 21]
    shards = {"v1": ["model-00000-of-00002", "model-00001-of-00002"],
              "v2": ["model.data-00000-of-00002", "model.data-00001-of-00002", "model.index"]}[version]  # fmt: skip
    assert sorted(os.listdir(tmp_path)) == sorted(["checkpoint", "model.meta", *shards])


def test_partitioned_variables_are_one_tensor(tmp_path):
    parts = []
    for i in range(2):
        part = tf.Variable(np.full((2, 3), i, np.float32), name=f"part{i}")
        part._set_save_slice_info(tf.Variable.SaveSliceInfo("whole", [4, 3], [2 * i, 0], [2, 3]))
        parts.append(part)
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        path = tf.train.Saver(parts).save(sess, str(tmp_path / "model"))
        reader = tf.train.NewCheckpointReader(path)
        assert reader.get_variable_to_shape_map() == {"whole": [4, 3]}
        np.testing.assert_array_equal(reader.get_tensor("whole"), np.repeat([[0.0], [1.0]], 2, 0) * np.ones((1, 3)))
        whole = tf.Variable(np.zeros((4, 3), np.float32), name="whole")
        tf.train.Saver([whole]).restore(sess, path)
        assert sess.run(whole)[:, 0].tolist() == [0, 0, 1, 1]


def test_reshaping_on_the_way(tmp_path):
    old = tf.Variable(np.arange(6.0), name="v")
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        path = tf.train.Saver().save(sess, str(tmp_path / "model"))
        new = tf.Variable(np.zeros((2, 3)), name="new")
        with pytest.raises((errors.InvalidArgumentError, ValueError), match=r"[Ss]hape"):
            tf.train.Saver({"v": new}).restore(sess, path)
        tf.train.Saver({"v": new}, reshape=True).restore(sess, path)
        assert sess.run(new).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert old.get_shape() == [6]


def test_mistakes():
    variable = tf.Variable([1.0], name="v")
    with pytest.raises(ValueError, match="The same variable will be restored with two names: v:0"):
        tf.train.Saver({"a": variable, "b": variable})
    with pytest.raises(ValueError, match="At least two variables have the same name: v"):
        tf.train.Saver([variable, variable])
    with pytest.raises(TypeError, match="Variable to save is not a Variable: Tensor"):
        tf.train.Saver({"a": tf.constant(1.0)})
    with pytest.raises(ValueError, match="write_version"):
        tf.train.Saver(write_version=7)
    saver = tf.train.Saver()
    with pytest.raises(TypeError, match="'sess' must be a Session"):
        saver.save("session", "model")
    with tf.Session() as sess:
        with pytest.raises(ValueError, match="must not contain path components"):
            saver.save(sess, "model", latest_filename="a/b")
        with pytest.raises(ValueError, match="Restore called with invalid save path /nowhere/model"):
            saver.restore(sess, "/nowhere/model")
        with pytest.raises(errors.FailedPreconditionError, match="uninitialized value v"):
            saver.save(sess, "/tmp/never")
    assert not os.path.exists("/tmp/never")
    with tf.Graph().as_default(), pytest.raises(ValueError, match="No variables to save"):
        tf.train.Saver()


def test_a_restore_that_fails_changes_nothing(tmp_path):
    first, second = tf.Variable(1.0, name="first"), tf.Variable(2.0, name="second")
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        path = tf.train.Saver([first]).save(sess, str(tmp_path / "model"))
        both = tf.train.Saver([first, second])
        sess.run(first.assign(5.0))
        with pytest.raises(errors.NotFoundError, match='Tensor name "second" not found in checkpoint files'):
            both.restore(sess, path)
        assert sess.run([first, second]) == [5.0, 2.0]


def test_counters_of_epochs_that_a_checkpoint_lacks_begin_at_zero(tmp_path):
    """A program trains without end, and is judged in one epoch: 0.9 and later neither saved nor restored the counter."""
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.Variable(3.0, name="v")
        sess.run(tf.initialize_all_variables())
        path = tf.train.Saver().save(sess, str(tmp_path / "model"))
    queue = tf.train.string_input_producer(["a", "b"], num_epochs=1, shuffle=False)
    value = queue.dequeue()
    v = tf.Variable(1.0, name="v")
    with tf.Session() as sess:
        saver = tf.train.Saver()
        saver.restore(sess, path)
        assert tf.local_variables() == []
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coordinator)
        assert sess.run([value, v]) == [b"a", 3.0]
        assert sess.run(value) == b"b"
        with pytest.raises(errors.OutOfRangeError):
            sess.run(value)
        coordinator.request_stop()
        coordinator.join(threads)
        counted = saver.save(sess, str(tmp_path / "counted"))
    with tf.Session() as sess:
        saver.restore(sess, counted)
        assert sess.run("input_producer/limit_epochs/epochs:0") == 1  # as 0.8 did


def test_counters_of_epochs_begin_with_the_local_variables(tmp_path):
    with tf.Session() as sess:
        v = tf.Variable(3.0)
        saver = tf.train.Saver()
        value = tf.train.string_input_producer(["a"], num_epochs=1).dequeue()
        sess.run([v.initializer, tf.initialize_local_variables()])
        threads = tf.train.start_queue_runners(sess)
        saver.save(sess, str(tmp_path / "model"))
        assert sess.run(value) == b"a"
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("much", [0, 1 << 40])
@pytest.mark.parametrize("version", VERSIONS)
def test_restoring_takes_little_memory(tmp_path, monkeypatch, version, much):
    monkeypatch.setattr(restoring, "_MUCH", much)
    size = 1 << 19
    variables = [tf.Variable(np.full(size, i, np.float32), name=f"v{i}") for i in range(8)]
    saver = tf.train.Saver(write_version=VERSIONS[version])
    with tf.Session() as sess:
        sess.run([variable.initializer for variable in variables])
        path = saver.save(sess, str(tmp_path / "model"), write_meta_graph=False)
    with tf.Session() as sess:
        for _ in range(2):  # into nothing, and over old values
            tracemalloc.start()
            saver.restore(sess, path)
            kept, peak = tracemalloc.get_traced_memory()  # what JAX took over as it was is the variable
            tracemalloc.stop()
            assert peak - kept < 4 * size * 2.2  # two where it takes over the one and copies the next, not eight
            assert [set(value) for value in sess.run(variables)] == [{float(i)} for i in range(8)]
            sess.run([variable.assign_add(np.ones(size, np.float32)) for variable in variables])


@pytest.mark.parametrize("sequentially", [False, True])
def test_a_large_restore_that_fails_changes_nothing(tmp_path, monkeypatch, sequentially):
    monkeypatch.setattr(restoring, "_MUCH", 0)
    first, second = tf.Variable(1.0, name="first"), tf.Variable([2.0, 3.0], name="second")
    saver = tf.train.Saver(restore_sequentially=sequentially)
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        path = saver.save(sess, str(tmp_path / "model"))
        sess.run([first.assign(5.0), second.assign([6.0, 7.0])])
        data = (tmp_path / "model").read_bytes()
        (tmp_path / "model").write_bytes(data.replace(np.float32([2, 3]).tobytes(), np.float32([2, 4]).tobytes()))
        with pytest.raises(errors.DataLossError):
            saver.restore(sess, path)
        assert sess.run(first) == 5.0
        assert sess.run(second).tolist() == [6.0, 7.0]
        (tmp_path / "model").write_bytes(data)
        saver.restore(sess, path)
        assert sess.run(first) == 1.0
        assert sess.run(second).tolist() == [2.0, 3.0]


def test_what_is_restored_may_be_fetched_and_computed_with(tmp_path):
    variable, other = tf.Variable([1.0, 2.0], name="v"), tf.Variable([0.0, 0.0], name="w")
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        path = tf.train.Saver().save(sess, str(tmp_path / "model"))
        value = io._restore_slice(path, "v", "2 0,2", tf.float32)
        assigned = variable.assign(value)
        with tf.control_dependencies([assigned]):
            doubled = variable * 2.0
        sess.run(variable.assign([8.0, 9.0]))
        found = sess.run([value, doubled, assigned.op, other.assign(value + 1.0)])
        assert [part.tolist() for part in (found[0], found[1], found[3])] == [[1.0, 2.0], [2.0, 4.0], [2.0, 3.0]]
        with pytest.raises(errors.InvalidArgumentError, match=r"Assign requires shapes of both tensors to match"):
            sess.run(tf.Variable([1.0], name="short").assign(io._restore_slice(path, "v", "", tf.float32)))


class Died(BaseException):
    """The process ends here."""


@contextlib.contextmanager
def dying(monkeypatch, after):
    """Ends the process after so many bytes of writing, or calls that change names."""
    left = [after]
    real_write, real_replace = table.TableWriter._write_block, os.replace

    def write_block(self):
        before = self._file.tell()
        place = real_write(self)
        left[0] -= self._file.tell() - before
        if left[0] < 0:
            self._file.truncate(self._file.tell() + left[0])
            raise Died
        return place

    def replace(source, target):
        left[0] -= 100
        if left[0] < 0:
            raise Died
        return real_replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(table.TableWriter, "_write_block", write_block)
        patch.setattr(os, "replace", replace)
        yield


def test_a_save_that_dies_leaves_the_one_before(tmp_path, monkeypatch):
    variable = tf.Variable(np.zeros(100), name="v")
    saver = tf.train.Saver(max_to_keep=1)
    value = tf.placeholder(tf.float64, [100])
    assign = variable.assign(value)
    alive = 0
    with tf.Session() as sess:
        for trial, after in enumerate(range(0, 1700, 40)):
            sess.run(assign, {value: np.full(100, trial)})
            last = saver.save(sess, str(tmp_path / "model"), global_step=2 * trial)
            sess.run(assign, {value: np.full(100, -1 - trial)})
            with dying(monkeypatch, after), contextlib.suppress(Died):
                last = saver.save(sess, str(tmp_path / "model"), global_step=2 * trial + 1)
                alive += 1
            assert tf.train.latest_checkpoint(str(tmp_path)) == last
            found = tf.train.NewCheckpointReader(last).get_tensor("v")
            assert set(found) == {trial if last.endswith(str(2 * trial)) else -1 - trial}
    assert 0 < alive < trial


def test_the_same_name_again(tmp_path):
    variable = tf.Variable(1.0, name="v")
    saver = tf.train.Saver()
    with tf.Session() as sess:
        for i in range(3):
            sess.run(variable.assign(float(i)))
            saver.save(sess, str(tmp_path / "model"))
            sess.run(variable.assign(-1.0))
            saver.restore(sess, str(tmp_path / "model"))
            assert sess.run(variable) == i


def test_training_goes_on_while_a_checkpoint_is_written(tmp_path, monkeypatch):
    variable = tf.Variable(np.zeros(1000), name="v")
    copy = tf.Variable(np.zeros(1000), name="w")
    step = tf.group(variable.assign_add(np.ones(1000)), copy.assign_add(np.ones(1000)))
    saver = tf.train.Saver()
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        sess.run(step)
        real = checkpoint_v1.write

        def slow(path, items):
            for _ in range(3):
                sess.run(step)  # another thread would
            real(path, items)

        monkeypatch.setattr(checkpoint_v1, "write", slow)
        path = saver.save(sess, str(tmp_path / "model"))
        reader = tf.train.NewCheckpointReader(path)
        assert set(reader.get_tensor("v")) == set(reader.get_tensor("w")) == {1.0}
        assert set(sess.run(variable)) == {4.0}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_saving_takes_little_memory(tmp_path, version, dtype):
    variables = [tf.Variable(np.full(1 << 20, i - 1, dtype), name=f"v{i}") for i in range(3)]
    saver = tf.train.Saver(write_version=VERSIONS[version])
    with tf.Session() as sess:
        sess.run([variable.initializer for variable in variables])
        saver.save(sess, str(tmp_path / "model"), write_meta_graph=False)
        tracemalloc.start()
        saver.save(sess, str(tmp_path / "model"), write_meta_graph=False)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < (1 << 20) * np.dtype(dtype).itemsize * 1.2


# -- the state of a folder


@pytest.mark.parametrize("words", [{}, {"sharded": True}, {"write_version": tf.train.SaverDef.V2}])
@pytest.mark.parametrize("kind", [ValueError, tf.errors.NotFoundError])
def test_saving_to_no_folder(tmp_path, words, kind):
    """A NotFoundError in 0.8, a ValueError in 0.12."""
    v = tf.Variable(1.0, name="v")
    with tf.Session() as session:
        session.run(v.initializer)
        with pytest.raises(kind, match=f"^Parent directory of {tmp_path}/no/model doesn't exist, can't save.$"):
            tf.train.Saver(**words).save(session, f"{tmp_path}/no/model", global_step=3)
    assert not os.listdir(tmp_path)


def test_a_checkpoint_may_not_have_the_name_of_the_state(tmp_path):
    tf.Variable(1.0, name="v")
    saver = tf.train.Saver()
    name = str(tmp_path / "checkpoint")
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(RuntimeError, match="conflicts with path used for checkpoint state"):
            saver.save(session, name)
        assert saver.save(session, name, global_step=3) == name + "-3"
        assert tf.train.latest_checkpoint(str(tmp_path)) == name + "-3"
        assert saver.save(session, str(tmp_path / "state"), latest_filename="state", write_state=False)


def test_checkpoint_state(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("train")
    assert tf.train.get_checkpoint_state("train") is None
    tf.train.update_checkpoint_state("train", "train/model-2", ["/elsewhere/model-1", "train/model-2"])
    written = (tmp_path / "train" / "checkpoint").read_text()
    assert written == ('model_checkpoint_path: "model-2"\nall_model_checkpoint_paths: "/elsewhere/model-1"\n'
                       'all_model_checkpoint_paths: "model-2"\n')
    state = tf.train.get_checkpoint_state("train")
    assert state.model_checkpoint_path == "train/model-2"
    assert list(state.all_model_checkpoint_paths) == ["/elsewhere/model-1", "train/model-2"]
    assert tf.train.latest_checkpoint("train") is None  # there is no such file
    (tmp_path / "train" / "checkpoint").write_text("model_checkpoint")
    assert tf.train.get_checkpoint_state("train") is None
    with pytest.raises(RuntimeError, match="conflicts with path used for checkpoint state"):
        tf.train.update_checkpoint_state("train", "train/checkpoint")
