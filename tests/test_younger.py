"""Names of TensorFlow 0.9 to 0.12 that scripts of late 2016 use. What they give was asked of 0.12.1."""

from collections import namedtuple

import numpy as np
import pytest

import tracer as tf
from tests.naming import written
from tracer.younger import debug

ROWS = np.arange(6, dtype=np.float32).reshape(2, 3)


def compare(build, expected):
    with tf.Session() as session:
        value = session.run(build(tf.constant(ROWS)))
    np.testing.assert_allclose(value, expected, rtol=2e-6)
    assert value.shape == np.shape(expected)
    if isinstance(expected, np.ndarray):
        assert value.dtype == expected.dtype


@pytest.mark.parametrize(("build", "expected"), [
    (lambda x: tf.stack([x, x + 1], axis=1), [[[0, 1, 2], [1, 2, 3]], [[3, 4, 5], [4, 5, 6]]]),
    (lambda x: tf.stack([x, x + 1], axis=-1), [[[0, 1], [1, 2], [2, 3]], [[3, 4], [4, 5], [5, 6]]]),
    (lambda x: tf.stack(tf.unstack(x)), ROWS),
    (lambda x: tf.unstack(x, axis=1)[1], [1, 4]),
    (lambda x: tf.cumsum(x, 1, exclusive=True), [[0, 0, 1], [0, 3, 7]]),
    (lambda x: tf.cumprod(x, axis=1, reverse=True), [[0, 2, 2], [60, 20, 5]]),
    (lambda x: tf.sequence_mask([1, 3, 2], 4),
     [[True, False, False, False], [True, True, True, False], [True, True, False, False]]),
    (lambda x: tf.sequence_mask([1, 3], dtype=tf.float32), [[1, 0, 0], [1, 1, 1]]),
    (lambda x: tf.stack(tf.meshgrid([1, 2, 3], [4, 5])), [[[1, 2, 3], [1, 2, 3]], [[4, 4, 4], [5, 5, 5]]]),
    (lambda x: tf.meshgrid([1, 2, 3], [4, 5], indexing="ij")[1], [[4, 5], [4, 5], [4, 5]]),
    (lambda x: tf.matrix_transpose(x), ROWS.T),
    (lambda x: tf.eye(2, 3), [[1, 0, 0], [0, 1, 0]]),
    (lambda x: tf.nn.conv1d(tf.ones([1, 4, 2]), tf.ones([3, 2, 1]), 1, "SAME"), [[[4], [6], [6], [4]]]),
    (lambda x: tf.nn.crelu(x - 2), [[0, 0, 0, 2, 1, 0], [1, 2, 3, 0, 0, 0]]),
    (lambda x: tf.subtract(tf.multiply(x, x), tf.negative(x)), ROWS * ROWS + ROWS),
    (lambda x: tf.floor_div([-7, 7], [2, -2]), [-4, -4]),
    (lambda x: tf.floormod([-7, 7], [2, -2]), [1, -1]),
    (lambda x: tf.truncatediv([-7, 7], [2, -2]), [-3, -3]),
    (lambda x: tf.floormod([-7.0, 7.0], 2.0), [1, 1]),
    (lambda x: tf.reduce_sum(x, axis=1), [3, 12]),
    (lambda x: tf.reduce_max(x, axis=0, keep_dims=True), [[3, 4, 5]]),
    (lambda x: tf.argmax(x, axis=1), [2, 2]),
    (lambda x: tf.squeeze(tf.expand_dims(x, axis=0), axis=[0]), ROWS),
], ids=written)
def test_functions(build, expected):
    with tf.Session() as session:
        value = session.run(build(tf.constant(ROWS)))
    np.testing.assert_array_equal(value, expected)
    assert value.shape == np.shape(expected)


FORWARD = [[[0.02489] * 3, [0.10504] * 3, [0.18407] * 3], [[0.07852] * 3, [0.13147] * 3, [0.0] * 3]]
BACKWARD = [[[0.15241] * 2, [0.16162] * 2, [0.0932] * 2], [[0.13153] * 2, [0.05891] * 2, [0.0] * 2]]


def test_both_ways_along_a_sequence():
    inputs = tf.constant(np.arange(12, dtype=np.float32).reshape(2, 3, 2))
    with tf.variable_scope("rnn", initializer=tf.constant_initializer(0.1)):
        outputs, states = tf.nn.bidirectional_dynamic_rnn(
            tf.nn.rnn_cell.GRUCell(3), tf.nn.rnn_cell.GRUCell(2), inputs, sequence_length=[3, 2], dtype=tf.float32)
    assert [v.op.name for v in tf.trainable_variables()] == [
        f"rnn/BiRNN/{way}/GRUCell/{part}" for way in ("FW", "BW") for part in (
            "Gates/Linear/Matrix", "Gates/Linear/Bias", "Candidate/Linear/Matrix", "Candidate/Linear/Bias")]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        (forward, backward), (last, first) = session.run([outputs, states])
    np.testing.assert_allclose(forward, FORWARD, atol=6e-6)
    np.testing.assert_allclose(backward, BACKWARD, atol=6e-6)
    np.testing.assert_allclose(last, [FORWARD[0][2], FORWARD[1][1]], atol=6e-6)
    np.testing.assert_allclose(first, [BACKWARD[0][0], BACKWARD[1][0]], atol=6e-6)


def test_summaries_are_tagged_by_their_operations(tmp_path):
    with tf.name_scope("s"):
        made = [tf.summary.scalar("loss rate", 1.5), tf.summary.scalar("loss", 1.5), tf.summary.histogram("loss", ROWS)]
    assert [t.name for t in made] == ["s/loss_rate:0", "s/loss:0", "s/loss_1:0"]
    writer = tf.summary.FileWriter(str(tmp_path))
    with tf.Session() as session:
        merged = session.run(tf.summary.merge_all())
        writer.add_summary(merged, 1)
    writer.close()
    assert [value.tag for value in tf.Summary.FromString(merged).value] == ["s/loss_rate", "s/loss", "s/loss_1"]


@pytest.mark.parametrize(("values", "found"), [  # as 0.12.1 says
    (np.array([1.0, np.nan]), True), (np.array(-np.inf), True), (np.array([1, 2]), False), (None, False),
    (np.zeros(0), False),
])
def test_numbers_that_a_debugger_stops_at(values, found):
    assert debug.has_inf_or_nan(None, values) is found


def test_a_debugger_says_what_there_is_instead():
    with pytest.raises(tf.errors.UnimplementedError, match=r"LocalCLIDebugWrapperSession .*tracer\.dump .*add_check_num"):
        debug.LocalCLIDebugWrapperSession(tf.Session())


def test_name_of_merged_summaries():
    """As 0.12.1 says; `tf.merge_summary` kept its own name there."""
    one = tf.summary.scalar("one", 1.0)
    made = [tf.summary.merge([one]), tf.summary.merge_all(), tf.summary.merge([one], name="m"), tf.merge_summary([one])]
    assert [t.name for t in made] == [
        "Merge/MergeSummary:0", "Merge_1/MergeSummary:0", "m/m:0", "MergeSummary/MergeSummary:0"]


@pytest.mark.parametrize(("name", "operation", "tag"), [
    ("a b", "s/a_b", "s/a_b"), ("a:b", "s/a_b", "s/a_b"), ("/x", "s/x", "s/x"), ("a/b", "s/a/b", "s/a/b"),
    ("Loss/", "Loss", "Loss"), ("//y/", "y", "y"), ("x//", "x/", "x"),
])
def test_name_of_a_summary(name, operation, tag):
    """As 0.12.1 says, whose operation for "a:b" is s/a_b too."""
    with tf.name_scope("s"):
        made = tf.summary.scalar(name, 1.0)
    assert made.op.name == operation
    with tf.Session() as session:
        assert [value.tag for value in tf.Summary.FromString(session.run(made)).value] == [tag]


def test_summaries_of_tensors():
    """As 0.12.1 serializes them; their tags are empty, and may be so several times."""
    with tf.name_scope("s"):
        made = [tf.summary.tensor_summary("x", [[1.0, 2.0]]), tf.summary.tensor_summary("x", [1, 2], collections=["mine"])]
    description = tf.summary.SummaryDescription(type_hint="hello")
    made.append(tf.summary.tensor_summary("words", ["a", "b"], summary_description=description))
    assert tf.get_collection(tf.GraphKeys.SUMMARIES) == [made[0], made[2]]
    assert tf.get_collection("mine") == [made[1]]
    assert [t.op.node_def.attr["description"].s for t in made] == [b"{}", b"{}", b'{\n  "typeHint": "hello"\n}']
    expected = [
        b'\n\x1d:\x03s/xB\x16\x08\x01\x12\x08\x12\x02\x08\x01\x12\x02\x08\x02"\x08\x00\x00\x80?\x00\x00\x00@',
        b'\n\x1b:\x05s/x_1B\x12\x08\x03\x12\x04\x12\x02\x08\x02"\x08\x01\x00\x00\x00\x02\x00\x00\x00',
        b"\n\x17:\x05wordsB\x0e\x08\x07\x12\x04\x12\x02\x08\x02B\x01aB\x01b",
    ]
    with tf.Session() as session:
        assert session.run([*made, tf.merge_summary(made)]) == [*expected, b"".join(expected)]


def test_what_nothing_ever_had_is_no_attribute():
    for module in (tf, tf.nn, tf.train):
        with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
            _ = module.nonsense
    assert "global_variables" not in dir(tf)
    with pytest.raises(TypeError, match="unexpected keyword argument 'axis'"):
        tf.add(1, 2, axis=0)


SOFT = np.exp(ROWS) / np.exp(ROWS).sum(0)


@pytest.mark.parametrize(("build", "expected"), [
    (lambda x: tf.zeros(2), [0, 0]),
    (lambda x: tf.ones(np.int64(2), tf.int32), [1, 1]),
    (lambda x: tf.squeeze(tf.expand_dims(x, 1), 1), ROWS),
    (lambda x: tf.squeeze(tf.expand_dims(x, 1), squeeze_dims=-2), ROWS),
    (lambda x: tf.concat(-1, [x, x]), np.hstack([ROWS, ROWS])),
    (lambda x: tf.shape(x, out_type=tf.int64), np.array([2, 3], np.int64)),
    (lambda x: tf.pack([x, x], axis=-1), np.stack([ROWS, ROWS], -1)),
    (lambda x: tf.unpack(x, axis=1)[2], ROWS[:, 2]),
    (lambda x: tf.where(x > 2, x, -x), np.where(ROWS > 2, ROWS, -ROWS)),
    (lambda x: tf.where(tf.equal(x, 4), name="places"), [[1, 1]]),
    (lambda x: tf.py_func(np.sum, [x], tf.float32), 15),
    (lambda x: tf.nn.softmax(x, 0), SOFT),
    (lambda x: tf.nn.softmax(x, dim=-2), SOFT),
    (lambda x: tf.nn.log_softmax(x, dim=0), np.log(SOFT)),
    (lambda x: tf.nn.softmax(tf.transpose(x), "named"), SOFT.T),
    (lambda x: tf.nn.softmax_cross_entropy_with_logits(tf.pack([x, x]), tf.ones([2, 2, 3])), [[4.222818] * 2] * 2),
    (lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits(tf.pack([x, x]), [[0, 2], [1, 1]]),
     [[2.407606, 0.407606], [1.407606, 1.407606]]),
    (lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits(x[0], 2), 0.407606),
    (lambda x: tf.nn.softmax_cross_entropy_with_logits(x[0], [0.0, 0.0, 1.0]), 0.407606),
    (lambda x: tf.nn.softmax(x[:, 0]), SOFT[:, 0]),
    (lambda x: tf.nn.log_softmax(x[:, 1], dim=0), np.log(SOFT[:, 1])),
    (lambda x: tf.matmul(tf.pack([x, 2 * x]), tf.pack([x, x]), transpose_b=True),
     [ROWS @ ROWS.T, 2 * ROWS @ ROWS.T]),
    (lambda x: tf.matmul(x, x, adjoint_a=True), ROWS.T @ ROWS),
    (lambda x: tf.matrix_inverse(tf.batch_matrix_diag(x + 1)), [np.diag(1 / (row + 1)) for row in ROWS]),
    (lambda x: tf.matrix_determinant(np.array([[[2.0, 0], [0, 3]]], np.float32)), [6]),
    (lambda x: tf.range(3.0), np.float32([0, 1, 2])),
    (lambda x: tf.range(0, 1, 0.25), np.float32([0, 0.25, 0.5, 0.75])),
    (lambda x: tf.range(x[0, 1], 2.5, 0.5), np.float32([1, 1.5, 2])),
    (lambda x: tf.range(tf.constant(7, tf.int64), 2, -2), np.int64([7, 5, 3])),
], ids=written)
def test_more_than_0_8_took(build, expected):
    compare(build, expected)


def test_losses_of_more_dimensions_know_their_shape():
    logits = tf.placeholder(tf.float32, [None, 5, 3])
    assert tf.nn.softmax_cross_entropy_with_logits(logits, logits).get_shape().as_list() == [None, 5]
    with pytest.raises(ValueError, match=r"Rank of labels \(received 3\) should equal rank of logits minus 1"):
        tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.zeros([2, 5, 1], tf.int32))
    assert tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.zeros([2, 5], tf.int32)).get_shape().as_list() == [2, 5]


def test_losses_of_logits_of_unknown_rank_are_as_many_as_labels():
    logits, labels = tf.placeholder(tf.float32), tf.placeholder(tf.int32, [None, None])
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(logits, labels)
    assert losses.get_shape().as_list() == [None, None]
    given = tf.Session().run(losses, {logits: [ROWS, ROWS], labels: [[0, 2], [1, 1]]})
    np.testing.assert_allclose(given, [[2.407606, 0.407606], [1.407606, 1.407606]], 1e-5)


IMAGE = np.arange(32, dtype=np.float32).reshape(1, 4, 4, 2)
BOXES = [[0.0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [0, 10.1, 1, 11.1], [0, 100, 1, 101]]


@pytest.mark.parametrize(("build", "expected"), [
    (lambda x: tf.einsum("ij,kj->ik", x, x + 1), ROWS @ (ROWS + 1).T),
    (lambda x: tf.einsum("bij,bjk->bik", tf.pack([x, 2 * x]), tf.pack([tf.transpose(x)] * 2)),
     [ROWS @ ROWS.T, 2 * ROWS @ ROWS.T]),
    (lambda x: tf.einsum("ij,jk,k->i", x, tf.transpose(x), x[:, 0]), ROWS @ ROWS.T @ ROWS[:, 0]),
    (lambda x: tf.einsum("i,j->ji", x[0], x[1]), np.outer(ROWS[1], ROWS[0])),
    (lambda x: tf.einsum("ij, j ->", x, x[0]), (ROWS @ ROWS[0]).sum()),
    (lambda x: tf.einsum("ij->ji", x), ROWS.T),
    (lambda x: tf.einsum("ba,bc", x, x), ROWS.T @ ROWS),
    (lambda x: tf.reduce_logsumexp(x, 1), [2.4076059, 5.4076061]),
    (lambda x: tf.reduce_logsumexp(x + 1000), 1005.4561768),
    (lambda x: tf.count_nonzero(x, 1), np.int64([2, 3])),
    (lambda x: tf.truncatemod([-7, 7], [2, -2]), [-1, 1]),
    (lambda x: tf.divide(tf.constant(7), 2), 3.5),
    (lambda x: tf.divide(x, 2), ROWS / 2),
    (lambda x: tf.divide(2, x + 1), 2 / (ROWS + 1)),
    (lambda x: tf.divide(np.float32([2, 4, 6]), x + 1), np.float32([2, 4, 6]) / (ROWS + 1)),
    (lambda x: tf.rint([0.5, 1.5, 2.5]), [0, 2, 2]),
    (lambda x: tf.atan(tf.tan(x / 4)), ROWS / 4),
    (lambda x: tf.log1p(x)[:, tf.newaxis, 0], np.log1p(ROWS[:, None, 0])),
    (lambda x: tf.scatter_nd([[1], [3], [1]], [5.0, 6.0, 1.0], [4]), [0, 6, 0, 6]),
    (lambda x: tf.scatter_nd([[0, 1], [1, 0]], x, [2, 2, 3]),
     [[[0, 0, 0], [0, 1, 2]], [[3, 4, 5], [0, 0, 0]]]),
    (lambda x: tf.reduce_sum(tf.extract_image_patches(IMAGE, [1, 2, 2, 1], [1, 1, 2, 1], [1, 2, 1, 1], "SAME"), [0, 1, 2]),
     [60, 66, 72, 78, 108, 114, 120, 126]),
    (lambda x: tf.image.crop_and_resize(IMAGE, [[0.2, 0, 0.6, 1]], [0], [1, 2]), [[[[9.6, 10.6], [15.6, 16.6]]]]),
    (lambda x: tf.image.crop_and_resize(IMAGE, [[0.5, 0, 1.5, 1]], [0], [2, 1], extrapolation_value=7)[0, :, 0],
     [[15, 16], [7, 7]]),
    (lambda x: tf.image.non_max_suppression(BOXES, [0.9, 0.75, 0.6, 0.95, 0.5, 0.3], 3), [3, 0, 5]),
    (lambda x: tf.image.rot90(IMAGE[0], 1)[:, :, 0], np.rot90(IMAGE[0, :, :, 0])),
    (lambda x: tf.image.rot90(IMAGE[0], 3)[:, :, 0], np.rot90(IMAGE[0, :, :, 0], 3)),
    (lambda x: tf.image.adjust_gamma(np.uint8([[[0, 100, 255]]]), 2.0, 0.5), [[[0, 19.607845, 127.5]]]),
    (lambda x: tf.nn.weighted_moments(x, [0], [[1.0], [3.0]])[1], [1.6875] * 3),
    (lambda x: tf.nn.fused_batch_norm(IMAGE, [1.0, 2.0], [0.0, 1.0], [3.0, 4.0], [4.0, 9.0], is_training=False)[0][0, 0, 0],
     [-1.4998126, -0.9998889]),
    (lambda x: tf.nn.conv3d_transpose(tf.ones([1, 2, 2, 1, 1]), tf.ones([2, 2, 1, 1, 1]), [1, 3, 3, 1, 1],
                                      [1, 1, 1, 1, 1], "VALID")[0, :, :, 0, 0], [[1, 2, 1], [2, 4, 2], [1, 2, 1]]),
    (lambda x: tf.svd(x)[0], np.linalg.svd(ROWS)[1]),
    (lambda x: tf.self_adjoint_eigvals([[2.0, 1.0], [1.0, 2.0]]), [1, 3]),
], ids=written)
def test_new_functions(build, expected):
    compare(build, expected)


def test_a_quotient_stands_in_a_scope_of_its_own():
    x = tf.constant([1.0, 2.0])
    assert [tf.divide(x, 2).name, tf.divide(x, x, name="share").name] == ["Divide/truediv:0", "share/truediv:0"]
    assert tf.divide(3, 2) == 1.5


def test_einsum_of_unknown_sizes_has_a_gradient():
    left, right = tf.placeholder(tf.float32, [None, None, 2]), tf.placeholder(tf.float32, [None, 3])
    gradient, = tf.gradients(tf.einsum("abj,bk->ajk", left, right), left)
    values = np.ones([4, 2, 2], np.float32), ROWS
    with tf.Session() as session:
        found = session.run(gradient, dict(zip((left, right), values, strict=True)))
    np.testing.assert_allclose(found, np.broadcast_to(ROWS.sum(1)[:, None], [4, 2, 2]))


@pytest.mark.parametrize(("equation", "count", "message"), [
    ("ij,jk->ik", 1, "expected 2, got 1"), ("i(j", 1, "incorrect format"), ("ii->i", 1, "more than once"),
    ("ij->ik", 1, "output axes"), ("ijk->i", 1, "rank 3")])
def test_einsum_says_what_is_wrong(equation, count, message):
    with pytest.raises(ValueError, match=message):
        tf.einsum(equation, *[ROWS] * count)


@pytest.mark.parametrize("shape", [(5, 3), (2, 2, 8)])
def test_orthogonal_matrices(shape):
    variable = tf.get_variable("w", shape, initializer=tf.orthogonal_initializer(gain=2.0))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        value = variable.eval().reshape(-1, shape[-1])
    product = value.T @ value if value.shape[0] >= value.shape[1] else value @ value.T
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_assertions():
    with tf.Session() as session:
        session.run(tf.assert_greater_equal([2, 1], 1))
        with pytest.raises(tf.errors.InvalidArgumentError, match="Condition x > y did not hold element-wise"):
            session.run(tf.assert_greater([2, 1], 1))


def test_the_step_of_a_graph(tmp_path):
    assert tf.train.get_global_step() is None
    step = tf.Variable(0, name="global_step", trainable=False)
    assert tf.train.get_global_step().name == "global_step:0"
    with tf.Session() as session:
        session.run(step.initializer)
        path = tf.train.Saver().save(session, str(tmp_path / "model"))
    assert tf.train.checkpoint_exists(path)
    assert not tf.train.checkpoint_exists(path + "1")


def test_batches_of_tensors_by_their_younger_name():
    batch = tf.train.batch(tensors=[tf.constant([1, 2])], batch_size=3)
    assert tf.train.batch_join(tensors_list=[[tf.constant(1)]], batch_size=2).get_shape().as_list() == [2]
    assert batch.get_shape().as_list() == [3, 2]


def test_nested_sequences():
    from tracer.younger import nest

    State = namedtuple("State", ["c", "h"])
    structure = (State(1, [2, 3]), 4)
    assert nest.flatten(structure) == [1, 2, 3, 4]
    assert nest.flatten("text") == ["text"]
    assert nest.pack_sequence_as(structure, [5, 6, 7, 8]) == (State(5, [6, 7]), 8)
    assert nest.map_structure(lambda a, b: a + b, structure, structure) == (State(2, [4, 6]), 8)
    nest.assert_same_structure(structure, structure)
    with pytest.raises(ValueError, match="same number of elements"):
        nest.assert_same_structure(structure, (1, 2))
    with pytest.raises(TypeError, match="same sequence type"):
        nest.assert_same_structure([1, 2], (1, 2))
    with pytest.raises(ValueError, match="had 4 elements, but flat_sequence had 2"):
        nest.pack_sequence_as(structure, [1, 2])


VECTOR = np.float32([1, 2, 3])


@pytest.mark.parametrize(("build", "expected"), [
    (lambda a, b: tf.map_fn(lambda x: x[0] + x[1], (a, b), dtype=tf.float32), VECTOR[:, None] + ROWS.T),
    (lambda a, b: tf.map_fn(lambda x: (x[0] * 2, x[1] + x[0]), (a, b)), (VECTOR * 2, VECTOR[:, None] + ROWS.T)),
    (lambda a, b: tf.map_fn(lambda x: [x * 2, tf.to_int32(x)], a, dtype=[tf.float32, tf.int32]), (VECTOR * 2, VECTOR)),
    (lambda a, b: tf.scan(lambda c, x: (c[0] + x, c[1] * x), a, initializer=(0.0, 1.0)), ([1, 3, 6], [1, 2, 6])),
    (lambda a, b: tf.scan(lambda c, x: c + x[0] * tf.reduce_sum(x[1]), (a, b), initializer=0.0), [3, 13, 34]),
    (lambda a, b: tf.scan(lambda c, x: (c[0] + x[0], c[1] + x[1]), (a, b)), ([1, 3, 6], np.cumsum(ROWS.T, 0))),
    (lambda a, b: tf.foldl(lambda c, x: [c[0] + x, c[1] * x], a, initializer=[tf.constant(0.0), tf.constant(1.0)]), (6, 6)),
    (lambda a, b: tf.TensorArray(tf.float32, 3).unpack(a).gather([2, 0]), [3, 1]),
    (lambda a, b: tf.as_string([1.5, -2.25]), [b"1.500000", b"-2.250000"]),
    (lambda a, b: tf.as_string([True, False]), [b"true", b"false"]),
    (lambda a, b: tf.as_string(5, width=4, fill="0"), b"0005"),
    (lambda a, b: tf.as_string([1.5, 1e20], shortest=True), [b"1.5", b"1e+20"]),
    (lambda a, b: tf.substr(["hello", "world"], 1, 3), [b"ell", b"orl"]),
    (lambda a, b: [tf.string_split(["a b  c", "", "d"]).indices, tf.string_split(["a b  c", "", "d"]).values,
                   tf.string_split(["a b  c", "", "d"]).shape],
     ([[0, 0], [0, 1], [0, 2], [2, 0]], [b"a", b"b", b"c", b"d"], [3, 3])),
], ids=written)
def test_structures_and_strings(build, expected):
    made = build(tf.constant(VECTOR), tf.constant(ROWS.T))
    with tf.Session() as session:
        found = session.run(list(made) if isinstance(made, (list, tuple)) else made)
    if not isinstance(made, (list, tuple)):
        found, expected = [found], [expected]
    assert len(found) == len(expected)
    for value, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(value, np.asarray(wanted, getattr(value, "dtype", None)))


@pytest.mark.parametrize("over", ["scan", "foldl"])
def test_an_accumulator_of_several_is_one_tensor_without_tensors_and_several_with_variables(over):
    def both(so_far, x):
        return [so_far[0] + x, so_far[1] * x]

    fold = getattr(tf, over)
    start = [tf.Variable(0.0), tf.Variable(1.0)]
    together = fold(both, tf.constant(VECTOR), initializer=[0.0, 1.0])  # as in 0.8
    apart = fold(both, tf.constant(VECTOR), initializer=start)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        one, several = session.run([together, apart])
    sums, products = np.cumsum(VECTOR), np.cumprod(VECTOR)
    expected = (sums, products) if over == "scan" else (sums[-1], products[-1])
    np.testing.assert_array_equal(one, np.stack(expected, -1))
    for given, wanted in zip(several, expected, strict=True):
        np.testing.assert_array_equal(given, wanted)



def test_a_list_of_like_tensors_is_one_tensor():
    a = tf.constant(VECTOR)
    with tf.Session() as session:
        assert session.run(tf.map_fn(tf.reduce_sum, [a, 2 * a])).tolist() == [6, 12]


def test_a_state_is_fed_as_it_is_made():
    state = tf.nn.rnn_cell.LSTMStateTuple(tf.placeholder(tf.float32), tf.placeholder(tf.float32, [2]))
    states = (state, tf.placeholder(tf.float32))
    with tf.Session() as session:
        assert session.run(state.c + state.h, {state: (1.0, [2, 3])}).tolist() == [3, 4]
        assert session.run(state.c + states[1], {states: [([1.0], [2, 3]), 5]}).tolist() == [6]
        with pytest.raises(ValueError, match="Key had 2 elements, but value had 3 elements"):
            session.run(state.c, {state: (1.0, 2.0, 3.0)})


def test_a_name_scope_by_default_name():
    with tf.name_scope(None, "norm", [tf.constant(1)]) as scope:
        assert scope == "norm/"
    with tf.name_scope("given", "norm") as scope:
        assert scope == "given/"


def test_two_arrays_of_one_name_are_two():
    first, second = (tf.TensorArray(tf.float32, 2, tensor_array_name="output_ta").unpack(tf.constant([i, 2.0]))
                     for i in (1.0, 5.0))
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run([first.pack(), second.pack()]), [[1, 2], [5, 2]])


def test_a_loop_over_lists_within_lists():
    pair = namedtuple("Pair", "a b")
    written = tf.TensorArray(tf.float32, 5)
    start = tf.ones([1, 2])
    _, (state, count), (written,) = tf.while_loop(
        lambda i, *_: i < 5,
        lambda i, state, arrays: (i + 1, (pair(state[0].a * 2.0, state[0].b + state[1]), state[1] + 1.0),
                                  (arrays[0].write(i, state[1]),)),
        [0, (pair(start, tf.constant(3.0)), tf.constant(1.0)), (written,)])
    with tf.Session() as session:
        values = session.run([state.a, state.b, count, written.pack(), tf.gradients(state.a, start)[0]])
    for value, expected in zip(values, ([[32, 32]], 18, 6, [1, 2, 3, 4, 5], [[32, 32]]), strict=True):
        np.testing.assert_array_equal(value, expected)
    _, empty = tf.while_loop(lambda i, _: i < 5, lambda i, rest: (i + 1, rest), [0, [[], [()]]])
    assert empty == [[], [()]]
    with pytest.raises(ValueError, match="The two structures don't have the same number of elements"):
        tf.while_loop(lambda i, x: i < 5, lambda i, x: [i + 1, [x[0]]], [0, (start, start)])


def growing(invariant, **named):
    return tf.while_loop(lambda i, x: i < 3, lambda i, x: [i + 1, tf.concat(0, [x, x + 1])], [0, [[1]]],
                         [tf.TensorShape([]), tf.TensorShape(invariant)], **named)


def test_what_a_script_says_of_shapes_in_a_loop():
    grown = growing([None, 1], back_prop=False)[1]
    assert grown.get_shape().as_list() == [None, 1]
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(grown), [[1], [2], [2], [3], [2], [3], [3], [4]])
    with pytest.raises(ValueError, match=r"is not an invariant for the loop\. It enters the loop with shape \(1, 1\)"):
        growing([1, 1])
    with pytest.raises(ValueError, match=r"enters the loop with shape \(1, 1\), but the specified .* is \(3, 1\)\."):
        growing([3, 1])


def test_templates_with_a_scope_from_the_start():
    def scaled(x):
        return x * tf.get_variable("v", [1])

    first, second = (tf.make_template("t", scaled, create_scope_now_=True) for _ in range(2))
    with tf.variable_scope("outer"):
        third = tf.make_template("t", scaled, create_scope_now_=True)
        named = tf.make_template("t", scaled, unique_name_="named")
    with tf.variable_scope("other"):
        assert second(1.0).name == "other/t_1/mul:0"
        for template in (first, third, named):
            template(1.0)
    assert [v.op.name for v in tf.all_variables()] == ["t_1/v", "t/v", "outer/t/v", "other/named/v"]
    with pytest.raises(ValueError, match="already exists"):
        with tf.variable_scope("other"):
            tf.make_template("t", scaled, unique_name_="named")(1.0)


def test_files_whose_failures_are_errors(tmp_path):
    from tracer.younger import file_io

    path = str(tmp_path / "file")
    with file_io.FileIO(path, "w") as file:
        file.write("a\nbb\n")
    with file_io.FileIO(path, mode="r") as file:
        assert (file.name, file.mode, file.size()) == (path, "r", 5)
        assert (file.readline(), file.next(), list(file)) == ("a\n", "bb\n", [])
    file_io.atomic_write_string_to_file(path, "c")
    assert (file_io.read_file_to_string(path), file_io.stat(path).length) == ("c", 1)
    assert file_io.get_matching_files(f"{tmp_path}/*") == [path]
    assert file_io.list_directory(str(tmp_path)) == ["file"]
    missing = str(tmp_path / "missing" / "file")
    for call, error, message in (
        (lambda: file_io.FileIO(missing, "r").read(), tf.errors.NotFoundError, "missing/file"),
        (lambda: file_io.FileIO(missing, "w").write("a"), tf.errors.NotFoundError, "missing/file"),
        (lambda: file_io.delete_file(missing), tf.errors.NotFoundError, "missing/file"),
        (lambda: file_io.FileIO(path, "x"), tf.errors.InvalidArgumentError, "mode is not 'r' or 'w'"),
        (lambda: file_io.list_directory(missing), tf.errors.NotFoundError, "Could not find directory"),
        (lambda: file_io.copy(path, path), tf.errors.AlreadyExistsError, "file already exists"),
    ):
        with pytest.raises(error, match=message):
            call()


def test_a_file_to_write_is_not_read(tmp_path):
    from tracer.younger import file_io

    with file_io.FileIO(str(tmp_path / "file"), "w") as file:
        with pytest.raises(tf.errors.PermissionDeniedError, match="File isn't open for reading"):
            file.read()


def test_embeddings_for_tensorboard(tmp_path):
    projector = tf.contrib.tensorboard.plugins.projector
    config = projector.ProjectorConfig()
    config.embeddings.add(tensor_name="embedding:0").metadata_path = "words.tsv"
    projector.visualize_embeddings(tf.train.SummaryWriter(str(tmp_path)), config)
    assert (tmp_path / projector.PROJECTOR_FILENAME).read_text().split() == [
        "embeddings", "{", "tensor_name:", '"embedding:0"', "metadata_path:", '"words.tsv"', "}"]


def test_states_of_more_dimensions():
    class Cell(tf.nn.rnn_cell.RNNCell):
        state_size = (tf.TensorShape([2, 3]), 4)
        output_size = 4

    grid, _ = Cell().zero_state(tf.placeholder(tf.int32, []), tf.float32)
    assert grid.get_shape().as_list() == [None, 2, 3]
    with tf.Session() as session:
        values = session.run(Cell().zero_state(5, tf.float32))
    assert [value.shape for value in values] == [(5, 2, 3), (5, 4)]
