"""More arguments and names that TensorFlow 0.9 to 0.12 gave to what 0.8 has. What they do was asked of 0.12.1."""

import numpy as np
import pytest

import tracer as tf
from tests.naming import written

ROWS = np.arange(6, dtype=np.float32).reshape(3, 2)


@pytest.mark.parametrize(("build", "expected"), [
    (lambda: tf.one_hot([0, 1], 2, on_value=None, off_value=None, dtype=None), [[1, 0], [0, 1]]),
    (lambda: tf.one_hot([1], 2, on_value=5, off_value=3, dtype=None), np.int32([[3, 5]])),
    (lambda: tf.shape_n([ROWS, ROWS[0]], out_type=tf.int64)[1], np.int64([2])),
    (lambda: tf.unique([3, 3, 1], out_idx=tf.int64).idx, np.int64([0, 0, 1])),
    (lambda: tf.unique_with_counts([3, 3, 1], out_idx=tf.int64).count, np.int64([2, 1])),
    (lambda: tf.setdiff1d([1, 2, 3], [2], index_dtype=tf.int64).idx, np.int64([0, 2])),
    (lambda: tf.scan(lambda a, x: a + x, tf.constant(ROWS), infer_shape=False), np.cumsum(ROWS, 0)),
    (lambda: tf.map_fn(lambda x: x + 1, tf.constant(ROWS), infer_shape=False), ROWS + 1),
    (lambda: tf.TensorArray(tf.float32, 3).scatter([2, 0, 1], tf.constant(ROWS)).pack(), ROWS[[1, 2, 0]]),
    (lambda: tf.conj(x=np.complex64([1 + 2j])), np.complex64([1 - 2j])),
    (lambda: tf.constant_initializer(2)([2], partition_info=None), np.float32([2, 2])),
    (lambda: tf.constant_initializer()([2], dtype=tf.int32), np.int32([0, 0])),  # 0.8 would have its 0.0 there, and fail
    (lambda: tf.zeros_initializer([1], tf.float32, partition_info=None), np.float32([0])),
    (lambda: tf.contrib.layers.pool(ROWS.reshape(1, 3, 2), 2, "AVG"), [[[1, 2], [3, 4]]]),
    (lambda: tf.contrib.layers.pool(ROWS.reshape(1, 2, 3), 2, "MAX", data_format="NCW"), [[[1, 2], [4, 5]]]),
], ids=written)
def test_more_functions(build, expected):
    with tf.Session() as session:
        value = session.run(build())
    np.testing.assert_allclose(value, expected, rtol=2e-6)
    if isinstance(expected, (np.ndarray, np.generic)):
        assert value.dtype == expected.dtype


def test_sparse_tensors_of_other_sizes_are_joined():
    parts = [tf.SparseTensor([[0, 0]], [1.0], [1, 2]), tf.SparseTensor([[0, 2]], [2.0], [1, 3])]
    with tf.Session() as session:
        indices, values, shape = session.run(tf.sparse_concat(0, parts, expand_nonconcat_dim=True))
    assert (indices.tolist(), values.tolist(), shape.tolist()) == ([[0, 0], [1, 2]], [1, 2], [2, 3])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Input shapes must match"), tf.Session() as session:
        session.run(tf.sparse_concat(0, parts))


@pytest.mark.parametrize(("call", "problem", "words"), [
    (lambda: tf.assert_type(tf.constant(1.0), tf.int32, message="m"), TypeError, "m  Const must be of type tf.int32"),
    (lambda: tf.contrib.util.make_tensor_proto([1, 2], shape=[3], verify_shape=True), TypeError,
     "Expected Tensor's shape: (3,), got (2,)."),
    (lambda: tf.nn.rnn_cell.LSTMStateTuple(tf.constant(1.0), tf.constant(1)).dtype, TypeError,
     "Inconsistent internal state: tf.float32 vs tf.int32"),
    (lambda: tf.train.SessionManager(ready_for_local_init_op=tf.no_op()), ValueError,
     "If you pass a ready_for_local_init_op you must also pass a local_init_op"),
    (lambda: tf.summary.get_summary_description(tf.constant(1).op.node_def), ValueError,
     "Can't get_summary_description on Const"),
    (lambda: tf.contrib.layers.pool(ROWS, 2, "AVG"), ValueError, "Rank of inputs must be >= 3"),
    (lambda: tf.contrib.distributions.Categorical.param_shapes([3]), NotImplementedError,
     "_param_shapes not implemented"),
], ids=written)
def test_what_they_refuse(call, problem, words):
    with pytest.raises(problem) as raised:
        call()
    assert words in str(raised.value)


def test_projections_are_clipped():
    cell = tf.nn.rnn_cell.LSTMCell(4, num_proj=2, proj_clip=0.01, state_is_tuple=True,
                                   initializer=tf.constant_initializer(0.5))
    output, _ = tf.nn.rnn(cell, [tf.constant(ROWS)], dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        np.testing.assert_allclose(session.run(output[0])[1:], np.full([2, 2], 0.01), rtol=1e-6)


def test_what_else_is_fed_when_gradients_are_checked():
    with tf.Session():
        x, y = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32, [2])
        start = np.float32([1, 2])
        error = tf.test.compute_gradient_error(x, [2], x * y, [2], start, extra_feed_dict={y: np.float32([3, 4])})
        assert error < 1e-2
        theoretical, _ = tf.test.compute_gradient(x, [2], x * y, [2], start, extra_feed_dict={y: np.float32([3, 4])})
        assert theoretical.tolist() == [[3, 0], [0, 4]]


def test_files_by_younger_names(tmp_path):
    folder = str(tmp_path / "a" / "b")
    tf.gfile.MakeDirs(dirname=folder)
    with tf.gfile.GFile(f"{folder}/f", "w") as file:
        file.write(file_content="abc\nde\n")
        assert (file.name, file.mode) == (f"{folder}/f", "w")
    with tf.gfile.GFile(f"{folder}/f", "r") as file:
        assert [file.size(), file.next(), file.seek(position=0), file.read(2), file.tell()] == [7, "abc\n", None, "ab", 2]
    assert tf.gfile.Exists(filename=folder)
    assert tf.gfile.IsDirectory(dirname=folder)
    assert tf.gfile.ListDirectory(dirname=folder) == ["f"]
    assert tf.gfile.Glob(filename=f"{folder}/*") == [f"{folder}/f"]
    assert [place for place, _, _ in tf.gfile.Walk(str(tmp_path), in_order=False)][-1] == str(tmp_path)
    tf.gfile.Rename(oldname=f"{folder}/f", newname=f"{folder}/g")
    tf.gfile.Remove(filename=f"{folder}/g")
    tf.gfile.DeleteRecursively(dirname=str(tmp_path / "a"))
    assert not tf.gfile.Exists(str(tmp_path / "a"))
    assert tf.compat.as_text(b"\xe9", encoding="latin-1") == "\xe9"
    assert tf.compat.as_bytes("\xe9", encoding="latin-1") == b"\xe9"


@pytest.mark.parametrize(("count", "expected"), [
    (1, [["a0"], ["a1"], ["a2"], ["b0"], ["b1"], ["b2"]]), (2, [["a0", "a1"], ["a2"], ["b0", "b1"], ["b2"]]),
    (4, [["a0", "a1", "a2"], ["b0", "b1", "b2"]]),
])
def test_several_records_are_read_of_one_file(tmp_path, count, expected):
    paths = []
    for letter in "ab":
        path = tmp_path / letter
        path.write_text("".join(f"{letter}{i}\n" for i in range(3)))
        paths.append(str(path))
    reader = tf.TextLineReader()
    keys, values = reader.read_up_to(tf.train.string_input_producer(paths, num_epochs=1, shuffle=False), count)
    assert keys.op.type == "ReaderReadUpTo"
    assert keys.get_shape().as_list() == values.get_shape().as_list() == [None]
    found, produced = [], reader.num_records_produced()
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        tf.train.start_queue_runners(session)
        for _ in expected:
            names, lines = session.run([keys, values])
            assert len(names) == len(lines)
            found.append([line.decode() for line in lines])
        with pytest.raises(tf.errors.OutOfRangeError, match=r"is closed and has insufficient elements \(requested 1,"):
            session.run(keys)
        assert session.run(produced) == 6
    assert found == expected


def test_records_that_are_whole_units_are_read_one_by_one():
    queue = tf.FIFOQueue(9, [tf.string], shapes=[[]])
    assert queue.shapes == [tf.TensorShape([])]
    _, values = tf.IdentityReader().read_up_to(queue, 3)
    with tf.Session() as session:
        session.run(queue.enqueue_many([["x", "y"]]))
        assert [session.run(values).tolist() for _ in range(2)] == [[b"x"], [b"y"]]


def test_local_variables_wait_for_what_they_are_made_of():
    shared = tf.Variable(3.0, name="shared")
    own = tf.Variable(shared.initialized_value() * 2, trainable=False, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    copied = own.assign(shared)
    manager = tf.train.SessionManager(
        local_init_op=tf.group(copied), ready_op=tf.report_uninitialized_variables([shared, own]),
        ready_for_local_init_op=tf.report_uninitialized_variables([shared]))
    nothing, init = tf.no_op(name="nothing"), tf.initialize_all_variables()
    with pytest.raises(RuntimeError, match=r"Init operations did not make model ready for local_init\.  Init op: nothing, "
                                           r"init fn: None, error: Variables not initialized: shared"):
        manager.prepare_session("", init_op=nothing)
    with manager.prepare_session("", init_op=init) as session:
        assert session.run(own) == 3.0


def test_a_supervisor_says_what_it_is():
    supervisor = tf.train.Supervisor(is_chief=True)
    assert supervisor.is_chief
    assert supervisor.ready_for_local_init_op is None


def test_a_summary_of_any_tensor():
    with tf.name_scope("scope"):
        summary = tf.summary.tensor_summary("t", tf.constant([1.5, 2]), tf.summary.SummaryDescription(type_hint="x"))
    words = tf.summary.tensor_summary("words", tf.constant(["a", "b"]), collections=[])
    assert tf.get_collection(tf.GraphKeys.SUMMARIES) == [summary]
    assert summary.op.node_def.attr["description"].s == b'{\n  "typeHint": "x"\n}'
    assert tf.summary.get_summary_description(summary.op.node_def).type_hint == "x"
    with tf.Session() as session:
        [value], [text] = (tf.Summary.FromString(found).value for found in session.run([summary, words]))
    assert (value.node_name, value.tensor.dtype, text.node_name) == ("scope/t", 1, "words")
    assert np.frombuffer(value.tensor.tensor_content, np.float32).tolist() == [1.5, 2]
    assert list(text.tensor.string_val) == [b"a", b"b"]


@pytest.mark.parametrize(("name", "parameters"), [
    ("Normal", ["mu", "sigma"]), ("Exponential", ["lam"]), ("Chi2", ["df"]), ("StudentT", ["df", "mu", "sigma"]),
    ("Bernoulli", ["logits"]), ("GammaWithSoftplusAlphaBeta", ["alpha", "beta"]), ("Uniform", ["a", "b"]),
])
def test_shapes_of_parameters(name, parameters):
    kind = getattr(tf.contrib.distributions, name)
    static = kind.param_static_shapes([3, 2])
    assert sorted(static) == parameters
    assert all(shape.as_list() == [3, 2] for shape in static.values())
    with tf.Session() as session:
        assert [session.run(shape).tolist() for shape in kind.param_shapes([3, 2]).values()] == [[3, 2]] * len(parameters)


def test_what_objects_say_of_themselves():
    assert tf.uint8.limits == (0, 255)
    assert tf.float32.limits == tf.bool.limits == (0, 1)
    assert tf.GraphKeys.TRAINABLE_RESOURCE_VARIABLES == "trainable_resource_variables"
    queue = tf.FIFOQueue(1, tf.int32)
    assert tf.train.QueueRunner(queue, [tf.no_op()]).queue_closed_exception_types == (tf.errors.OutOfRangeError,)
    graph = tf.get_default_graph()
    assert graph.is_fetchable(tensor_or_op=queue.queue_ref)
    assert not graph.building_function
    tensor = tf.nn.rnn_cell.LSTMStateTuple(tf.constant(1.0), tf.constant(1.0))
    assert tensor.dtype is tf.float32
    assert tf.TensorArray(tf.float32, 2).grad("s", name="n").handle.op.name.startswith("n")


def test_a_handle_may_stand_first():
    kept = tf.get_session_handle(tf.constant([1.0, 2.0]))
    with tf.Session() as session:
        handle = session.run(kept)
        holder, value = tf.get_session_tensor(handle.handle, tf.float32)
        assert session.run(value * 2, {holder: handle.handle}).tolist() == [2, 4]
        holder, delete = tf.delete_session_tensor(handle=handle.handle)
        session.run(delete, {holder: handle.handle})
