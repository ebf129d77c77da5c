"""Columns of features, whose numbers 0.12.1 gave."""

import numpy as np
import pytest

import tracer as tf

layers = tf.contrib.layers


def sparse(rows, dtype=None):
    places = [[i, j] for i, row in enumerate(rows) for j in range(len(row))]
    values = tf.constant([value for row in rows for value in row], dtype)
    return tf.SparseTensor(places, values, [len(rows), max(map(len, rows))])


def features():
    return {
        "age": tf.constant([[5.0], [20.0], [99.0]]), "income": tf.constant([[1.0, 2.0], [3, 4], [5, 6]]),
        "gender": sparse([["f"], ["m", "q"], ["m"]]), "job": sparse([["a"], ["b", "c"], ["d"]]),
        "id": sparse([[3], [4], [5, 6]], tf.int64), "kind": sparse([[3], [9], [5, 6]], tf.int64),
        "weight": sparse([[0.5], [2.0, 3.0], [4.0]]),
    }


AGE, INCOME = layers.real_valued_column("age"), layers.real_valued_column("income", dimension=2, default_value=0.5)
BUCKETS = layers.bucketized_column(AGE, [10, 20, 30.5])
GENDER, JOB = layers.sparse_column_with_keys("gender", ["f", "m"]), layers.sparse_column_with_hash_bucket("job", 100)
NUMBER = layers.sparse_column_with_hash_bucket("id", 100, dtype=tf.int64)
KIND = layers.sparse_column_with_integerized_feature("kind", 7)
CROSSED = layers.crossed_column([GENDER, JOB], 50)
DEEPER = layers.crossed_column([GENDER, BUCKETS, CROSSED], 50)
WEIGHTED = layers.weighted_sparse_column(GENDER, "weight")


def run(tensor, assign=False):
    with tf.Session() as session:
        session.run([tf.initialize_all_variables(), tf.initialize_all_tables()])
        for variable in tf.all_variables() if assign else ():
            size = variable.get_shape().as_list()
            session.run(variable.assign(np.arange(np.prod(size)).reshape(size) * 0.1))
        return session.run(tensor)


@pytest.mark.parametrize(("column", "values"), [
    (GENDER, [0, 1, -1, 1]), (JOB, [39, 22, 72, 65]), (NUMBER, [21, 43, 71, 87]), (KIND, [3, 2, 5, 6]),
    (CROSSED, [18, 11, 21, 17, 31, 42]), (DEEPER, [32, 42, 28, 38, 42, 9, 1, 9, 45, 8]),
    (layers.one_hot_column(GENDER), [0, 1, -1, 1]),
], ids=lambda value: getattr(value, "name", None))
def test_sparse_columns(column, values):
    found = run(layers.transform_features(features(), [column])[column])
    assert found.values.tolist() == values
    assert found.shape[0] == 3


def test_dense_and_weighted_columns():
    found = layers.transform_features(features(), [AGE, BUCKETS, WEIGHTED])
    buckets, (ids, weights) = run([found[BUCKETS], list(found[WEIGHTED])])
    assert buckets.tolist() == [[0], [2], [3]]
    assert ids.values.tolist() == [0, 1, -1, 1]
    assert weights.values.tolist() == [0.5, 2, 3, 4]
    halved = layers.real_valued_column("age", normalizer=lambda x: x / 2)
    assert run(layers.transform_features(features(), [halved])[halved]).tolist() == [[2.5], [10], [49.5]]


@pytest.mark.parametrize(("sizes", "dimension", "width"), [
    ([None, 4], 4, 4), ([None, 4], 150, 4), ([5, 4], 2, 4), ([None], 1, 1), ([None, 2, 2], 4, 4), ([None, 2, 2], 3, 4),
])
def test_as_many_numbers_as_there_are_whatever_the_dimension_of_their_column(sizes, dimension, width):
    column = layers.real_valued_column("x", dimension=dimension)
    numbers = {"x": tf.placeholder(tf.float32, sizes)}
    rows = sizes[0]
    assert layers.input_from_feature_columns(numbers, [column]).get_shape().as_list() == [rows, width]
    output, by_column, _ = layers.weighted_sum_from_feature_columns(numbers, [column], num_outputs=2)
    assert output.get_shape().as_list() == [rows, 2]
    assert by_column[column][0].get_shape().as_list() == [width, 2]


def test_a_linear_model():
    columns = [AGE, INCOME, BUCKETS, GENDER, JOB, NUMBER, KIND, CROSSED, WEIGHTED]
    output, by_column, bias = layers.weighted_sum_from_feature_columns(features(), columns, num_outputs=2)
    assert [v.op.name.removeprefix("weighted_sum_from_feature_columns/") for v in tf.trainable_variables()] == [
        "age_bucketized/weights", "gender_X_job/weights", "age/weight", "income/weight", "gender/weights", "id/weights",
        "job/weights", "kind/weights", "gender_weighted_by_weight/weights", "bias_weight"]
    assert bias.get_shape().as_list() == [2]
    assert [v.get_shape().as_list() for v in by_column[BUCKETS]] == [[4, 2]]
    assert tf.contrib.framework.get_model_variables() == tf.trainable_variables()
    np.testing.assert_allclose(run(output, assign=True), [[16.6, 18.15], [45.6, 49.6], [58, 70.3]], rtol=1e-6)


def test_a_linear_model_with_one_variable():
    output, _, _ = layers.joint_weighted_sum_from_feature_columns(features(), [CROSSED, GENDER, JOB], num_outputs=2)
    assert [v.get_shape().as_list() for v in tf.trainable_variables()] == [[152, 2], [2]]
    np.testing.assert_allclose(run(output, assign=True), [[31.8, 32.2], [75.6, 76.5], [42, 42.4]], rtol=1e-6)


def test_the_input_of_a_network():
    shared = layers.shared_embedding_columns([JOB, layers.sparse_column_with_hash_bucket("gender", 100)], 4)
    weighted = layers.embedding_column(WEIGHTED, 2, combiner="sum")
    columns = [AGE, INCOME, BUCKETS, layers.one_hot_column(GENDER), layers.embedding_column(JOB, 3), *shared, weighted]
    output = layers.input_from_feature_columns(features(), columns)
    assert sorted(v.op.name.partition("/")[2] for v in tf.all_variables()) == [
        "gender_shared_embedding/gender_job_shared_embedding", "gender_weighted_by_weight_embedding/weights",
        "job_embedding/weights"]
    np.testing.assert_allclose(run(output, assign=True), [
        [1, 0, 0, 0, 36.8, 36.9, 37, 37.1, 11.7, 11.8, 11.9, 15.6, 15.7, 15.8, 15.9, 0, 0.05, 1, 0, 5, 1, 2],
        [0, 0, 1, 0, 11.4, 11.5, 11.6, 11.7, 14.1, 14.2, 14.3, 18.8, 18.9, 19, 19.1, 0.4, 0.6, 0, 1, 20, 3, 4],
        [0, 0, 0, 1, 17.6, 17.7, 17.8, 17.9, 19.5, 19.6, 19.7, 26, 26.1, 26.2, 26.3, 0.8, 1.2, 0, 1, 99, 5, 6]], rtol=1e-5)


def test_crossing():
    first, second = sparse([["a", "b"], ["c"]]), sparse([["x"], ["y", "z"]])
    number = tf.SparseTensor([[0, 0], [1, 0]], tf.constant([3, 4], tf.int64), [2, 1])
    dense = tf.constant([[3], [4]], tf.int64)
    plain, hashed, keyed, whole, from_dense = run([layers.sparse_feature_cross(*arguments, **options).values
                                                   for arguments, options in (
        (([first, second],), {}), (([first, second],), {"hashed_output": True}),
        (([first, second],), {"hashed_output": True, "hash_key": layers.SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY}),
        (([number, second],), {"hashed_output": True}), (([dense, second],), {"hashed_output": True}))])
    assert plain.tolist() == [b"a_X_x", b"b_X_x", b"c_X_y", b"c_X_z"]
    assert hashed.tolist() == [3759571025081777903, 6395431864264165291, 2018623149919126008, 6201885203713774832]
    assert keyed.tolist() == [1484974617627318892, 3552177129620670004, 6571367263544129360, 5890530401397985473]
    assert whole.tolist() == [6579804297895390638, 913064258941037342, 4775480044031582230]
    assert from_dense.tolist() == [6072304293444569134, 1077992779296957124, 2936331716868181565]


WEIGHTS = np.arange(10, dtype=np.float32).reshape(5, 2)


@pytest.mark.parametrize(("options", "expected"), [
    ({}, [[4, 5], [0, 0], [0, 0], [4, 5]]), ({"combiner": "sum"}, [[8, 10], [0, 0], [0, 0], [4, 5]]),
    ({"default_id": 4}, [[4, 5], [8, 9], [8, 9], [4, 5]]),
    ({"sparse_weights": [1.0, 2.0, 1.0, 0.0], "combiner": "sqrtn"}, [[6.26099, 7.602631], [0, 0], [0, 0], [0, 0]]),
])
def test_embeddings_looked_up_safely(options, expected):
    places = [[0, 0], [0, 1], [2, 0], [3, 0]]
    if "sparse_weights" in options:
        options = {**options, "sparse_weights": tf.SparseTensor(places, options["sparse_weights"], [4, 2])}
    ids = tf.SparseTensor(places, tf.constant([1, 3, -1, 2], tf.int64), [4, 2])
    np.testing.assert_allclose(run(layers.safe_embedding_lookup_sparse([tf.constant(WEIGHTS)], ids, **options)), expected,
                               rtol=1e-6)


def test_sequences_and_bags():
    ids = [[1, 2], [0, 1]]
    found = run([layers.embed_sequence(ids, 5, 3), layers.bow_encoder(ids, 5, 3), layers.bow_encoder(
        ids, 5, 3, sparse_lookup=False), layers.embed_sequence(ids, 5, 3, unique=True)], assign=True)
    assert [v.op.name for v in tf.all_variables()] == [
        "EmbedSequence/embeddings", "bow_encoder/embeddings", "bow_encoder_1/embeddings", "EmbedSequence_1/embeddings"]
    rows = np.float32([[[3, 4, 5], [6, 7, 8]], [[0, 1, 2], [3, 4, 5]]]) / 10
    for value, expected in zip(found, [rows, [[0.45, 0.55, 0.65], [0.3, 0.4, 0.5]], rows.mean(1), rows], strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-6)


@pytest.mark.parametrize(("make", "kind", "message"), [
    (lambda: layers.input_from_feature_columns(features(), [GENDER]), ValueError, "Please use embedding_column"),
    (lambda: layers.weighted_sum_from_feature_columns(features(), [layers.embedding_column(JOB, 2)], 1), ValueError,
     "Error creating weighted sum for column: job_embedding"),
    (lambda: layers.bucketized_column(GENDER, [1]), TypeError, "source_column must be an instance of _RealValuedColumn"),
    (lambda: layers.bucketized_column(AGE, [3, 1]), ValueError, "boundaries must be a sorted list"),
    (lambda: layers.crossed_column([GENDER], 10), ValueError, "columns must contain at least 2 elements"),
    (lambda: layers.crossed_column([GENDER, AGE], 10), TypeError, "columns must be a set of _SparseColumn"),
    (lambda: layers.real_valued_column("a", dimension=0), ValueError, "dimension must be greater than 0"),
    (lambda: layers.real_valued_column("a", default_value="x"), TypeError, "default_value must be compatible with dtype"),
    (lambda: layers.check_feature_columns([AGE, AGE]), ValueError, "Duplicate feature column key found for column: age"),
    (lambda: layers.transform_features({}, [AGE]), ValueError, "Feature age is not in features dictionary"),
])
def test_wrong_columns(make, kind, message):
    with pytest.raises(kind, match=message):
        make()


def test_columns_of_messages():
    spec = layers.create_feature_spec_for_parsing([AGE, INCOME, BUCKETS, CROSSED, WEIGHTED])
    assert spec == {"age": tf.FixedLenFeature([1], tf.float32), "income": tf.FixedLenFeature([2], tf.float32, [0.5, 0.5]),
                    "gender": tf.VarLenFeature(tf.string), "job": tf.VarLenFeature(tf.string),
                    "weight": tf.VarLenFeature(tf.float32)}
    example = tf.train.Example()
    example.features.feature["age"].float_list.value.append(20)
    example.features.feature["gender"].bytes_list.value.append(b"m")
    found = layers.parse_feature_columns_from_examples([example.SerializeToString()], [BUCKETS, GENDER])
    assert run(found[BUCKETS]).tolist() == [[2]]
    assert run(found[GENDER].values).tolist() == [1]
