"""`tf.contrib.slim`: training, evaluation, and the reading of data sets."""

import functools
import io
import logging
import os

import numpy as np
import PIL.Image
import pytest

import tracer as tf
from tracer.contrib import framework, layers, slim

rng = np.random.RandomState(0)
X = rng.randn(20, 3).astype(np.float32)
Y = (X @ np.float32([[1], [-2], [0.5]])).astype(np.float32)


@pytest.fixture
def logged(monkeypatch):
    messages = []
    logger = logging.getLogger("tensorflow")
    monkeypatch.setattr(logger, "level", logging.INFO)
    logger.manager._clear_cache()
    monkeypatch.setattr(logger, "handle", lambda record: messages.append(record.getMessage()))
    yield messages
    logger.manager._clear_cache()


def test_layers_of_slim_are_those_of_0_9():
    x = tf.placeholder(tf.float32, [None, 8, 8, 3])
    with slim.arg_scope([slim.conv2d], padding="VALID"):
        y = slim.convolution2d(x, 4, [3, 3])
    assert (y.op.type, y.get_shape().as_list()) == ("Relu", [None, 6, 6, 4])
    assert slim.fully_connected(slim.flatten(y), 2).op.type == "Relu"
    assert slim.linear(slim.flatten(y), 2).op.type == "BiasAdd"
    with slim.arg_scope([layers.fully_connected], activation_fn=None):
        assert slim.fully_connected(slim.flatten(y), 2).op.type == "BiasAdd"
    assert slim.get_model_variables("Conv") == framework.get_model_variables("Conv")


def model():
    y = slim.fully_connected(X, 1, activation_fn=None, scope="fc")
    slim.losses.sum_of_squares(y, Y)
    return y


def train_op(**kwargs):
    model()
    return slim.learning.create_train_op(slim.losses.get_total_loss(), tf.train.GradientDescentOptimizer(0.1), **kwargs)


def test_training_goes_on_where_it_ended(tmp_path, logged):
    losses = []
    for steps in (3, 60):
        with tf.Graph().as_default():
            tf.set_random_seed(1)
            losses.append(slim.learning.train(train_op(), str(tmp_path), number_of_steps=steps, log_every_n_steps=20))
    assert losses[1] < 1e-2 < losses[0]
    assert {"model.ckpt-3", "model.ckpt-60", "checkpoint", "graph.pbtxt"} <= set(os.listdir(tmp_path))
    steps = [message.partition(":")[0] for message in logged if message.startswith("global step")]
    assert steps == ["global step 20", "global step 40", "global step 60"]
    assert logged[-1] == "Finished training! Saving model to disk."


def test_training_without_a_folder():
    loss = slim.learning.train(train_op(), None, number_of_steps=2)
    assert isinstance(loss, np.float32)
    assert framework.get_global_step().op.name == "global_step"


def test_training_ends_with_its_input():
    queue = tf.FIFOQueue(5, tf.float32, shapes=[[]])
    runner = tf.train.QueueRunner(queue, [queue.enqueue(tf.train.limit_epochs(tf.constant(2.0), 3))])
    tf.train.add_queue_runner(runner)
    w = tf.Variable(1.0)
    op = slim.learning.create_train_op(tf.square(w - queue.dequeue()), tf.train.GradientDescentOptimizer(0.5))
    assert slim.learning.train(op, None) == 0


def test_a_step_of_ones_own():
    seen = []

    def step(sess, op, global_step, kwargs):
        seen.append(kwargs["mine"])
        return slim.learning.train_step(sess, op, global_step, {})[0], len(seen) == 4

    slim.learning.train(train_op(), None, train_step_fn=step, train_step_kwargs={"mine": 7})
    assert seen == [7] * 4


def test_updates_run_before_the_loss_and_gradients_are_changed():
    seen, w, v = tf.Variable(0.0, trainable=False), tf.Variable([3.0, 4.0], name="w"), tf.Variable(1.0, name="v")
    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, tf.assign_add(seen, 1.0))
    op = slim.learning.create_train_op(
        tf.reduce_sum(w * [3.0, 4.0]) + v, tf.train.GradientDescentOptimizer(1.0), clip_gradient_norm=1.0,
        gradient_multipliers={"v": 0.5}, variables_to_train=[w, v], summarize_gradients=True)
    assert op.op.name == "train_op/control_dependency"
    assert [s.op.name for s in tf.get_collection(tf.GraphKeys.SUMMARIES)] == ["HistogramSummary", "HistogramSummary_1",
                                                                            "HistogramSummary_2", "HistogramSummary_3"]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        assert session.run(op) == 26
        np.testing.assert_allclose(session.run(w), [2.4, 3.2], rtol=1e-6)
        assert session.run([seen, v, "global_step:0"]) == [1, 0.5, 1]


def test_a_loss_that_is_no_number():
    w = tf.Variable(1.0)
    op = slim.learning.create_train_op(tf.log(w - 1) * 0 + w, tf.train.GradientDescentOptimizer(1.0))
    with pytest.raises(tf.errors.InvalidArgumentError, match="LossTensor is inf or nan"):
        slim.learning.train(op, None, number_of_steps=1)


@pytest.mark.parametrize(("options", "message"), [
    ({"train_op": None}, "train_op cannot be None"),
    ({"summary_op": "x"}, "Cannot provide summary_op because logdir=None"),
    ({"saver": "x"}, "Cannot provide saver because logdir=None"),
    ({"trace_every_n_steps": 2}, "Cannot provide trace_every_n_steps because logdir=None"),
    ({"number_of_steps": 0}, "`number_of_steps` must be either None or a positive number"),
])
def test_what_training_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        slim.learning.train(**{"train_op": tf.constant(1.0), "logdir": None, **options})


def test_what_multiplying_refuses():
    pairs = [(None, tf.Variable(1.0, name="v"))]
    for arguments, message in ((("v", {"v": 1}), "must be a list"), ((pairs, {}), "is empty"),
                               ((pairs, [3]), "must be a dict"), ((pairs, {"v": 2.0}), "multiple of `None` gradient")):
        with pytest.raises(ValueError, match=message):
            slim.learning.multiply_gradients(*arguments)
    v = tf.Variable(1.0)
    frozen = tf.Variable(1.0, trainable=False, name="frozen")
    with pytest.raises(ValueError, match="frozen is to be trained, but it is not trainable"):
        slim.learning.create_train_op(v * frozen, tf.train.GradientDescentOptimizer(1.0), variables_to_train=[frozen])


# Evaluation


@pytest.fixture
def trained(tmp_path):
    with tf.Graph().as_default():
        slim.learning.train(train_op(), str(tmp_path / "train"), number_of_steps=60)
    return tmp_path


def evaluated():
    slim.get_or_create_global_step()
    values, updates = slim.metrics.aggregate_metric_map({"error": slim.metrics.streaming_mean_squared_error(model(), Y)})
    tf.scalar_summary("error", values["error"])
    return {"num_evals": 2, "eval_op": list(updates.values()), "final_op": values["error"]}


def test_one_evaluation(trained):
    path = tf.train.latest_checkpoint(str(trained / "train"))
    error = slim.evaluation.evaluate_once("", path, str(trained / "eval"), **evaluated())
    assert error < 1e-2
    events, = (trained / "eval").glob("events*")
    written = [(event.step, event.summary.value[0].tag) for event in tf.train.summary_iterator(str(events))
               if event.summary.value]
    assert written == [(60, "error")]


def test_evaluations_of_new_checkpoints(trained):
    folder = str(trained / "train")
    error = slim.evaluation.evaluation_loop("", folder, str(trained / "eval"), eval_interval_secs=0,
                                            max_number_of_evaluations=1, **evaluated())
    assert error < 1e-2
    newest = tf.train.latest_checkpoint(folder)
    assert slim.evaluation.wait_for_new_checkpoint(folder, newest, 0.01, timeout=0.02) is None
    assert list(slim.evaluation.checkpoints_iterator(folder, timeout=0.01)) == [newest]


def test_the_parts_of_an_evaluation():
    v = tf.Variable(0.0)
    first = tf.placeholder(tf.float32, [])
    with tf.Session() as session:
        last = slim.evaluation.evaluation(session, 3, tf.assign(v, first), {first: 5.0}, eval_op=tf.assign_add(v, 1.0),
                                          final_op=v)
    assert last == 8


# Reading


@functools.cache
def record(number):
    png = io.BytesIO()
    PIL.Image.fromarray(np.full([2, 3, 3], number, np.uint8)).save(png, "PNG")
    features = {
        "image/encoded": tf.train.Feature(bytes_list=tf.train.BytesList(value=[png.getvalue()])),
        "image/format": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"png"])),
        "image/class/label": tf.train.Feature(int64_list=tf.train.Int64List(value=[number])),
        "numbers": tf.train.Feature(float_list=tf.train.FloatList(value=range(number))),
        "places": tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 3])),
        "values": tf.train.Feature(float_list=tf.train.FloatList(value=[5, 7])),
        **{f"box/{side}": tf.train.Feature(float_list=tf.train.FloatList(value=[number, i]))
           for i, side in enumerate(("ymin", "xmin", "ymax", "xmax"))},
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def decoder():
    handlers = slim.tfexample_decoder
    keys = {
        "image/encoded": tf.FixedLenFeature((), tf.string, default_value=""),
        "image/format": tf.FixedLenFeature((), tf.string, default_value="png"),
        "image/class/label": tf.FixedLenFeature([1], tf.int64),
        "numbers": tf.VarLenFeature(tf.float32), "places": tf.VarLenFeature(tf.int64),
        "values": tf.VarLenFeature(tf.float32),
        **{f"box/{side}": tf.VarLenFeature(tf.float32) for side in ("ymin", "xmin", "ymax", "xmax")},
    }
    return handlers.TFExampleDecoder(keys, {
        "image": handlers.Image(shape=[2, 3, 3]),
        "label": handlers.Tensor("image/class/label", shape=[]),
        "numbers": handlers.Tensor("numbers"),
        "square": handlers.Tensor("numbers", shape_keys="places"),
        "spread": handlers.SparseTensor("places", "values", shape=[5], densify=True),
        "sparse": handlers.SparseTensor("places", "values"),
        "boxes": handlers.BoundingBox(prefix="box/"),
        "twice": handlers.ItemHandlerCallback("image/class/label", lambda features: features["image/class/label"] * 2),
    })


def test_a_record_is_taken_apart():
    items = ["image", "label", "numbers", "square", "spread", "sparse", "boxes", "twice"]
    assert decoder().list_items() == items
    image, label, numbers, square, spread, sparse, boxes, twice = tf.Session().run(
        decoder().decode(tf.constant(record(3))))
    np.testing.assert_array_equal(image, np.full([2, 3, 3], 3))
    assert (label, twice.tolist(), numbers.tolist(), square.tolist()) == (3, [6], [0, 1, 2], [[0, 1, 2]])
    assert spread.tolist() == [0, 5, 0, 7, 0]
    assert (sparse.indices.tolist(), sparse.values.tolist(), sparse.shape.tolist()) == ([[1], [3]], [5, 7], [2])
    assert boxes.tolist() == [[3, 3, 3, 3], [0, 1, 2, 3]]


@pytest.fixture
def data(tmp_path):
    for part in range(2):
        writer = tf.python_io.TFRecordWriter(str(tmp_path / f"part-{part}.tfrecord"))
        for number in range(4):
            writer.write(record(10 * part + number + 1))
        writer.close()
    return slim.dataset.Dataset(str(tmp_path / "part-*.tfrecord"), tf.TFRecordReader, decoder(), 8, {"label": "a number"},
                                num_classes=14)


def test_a_data_set_is_read_by_several_readers(data):
    provider = slim.dataset_data_provider.DatasetDataProvider(
        data, num_readers=2, num_epochs=1, common_queue_capacity=8, common_queue_min=2, seed=1)
    assert (provider.num_samples(), data.num_classes) == (8, 14)
    image, label = provider.get(["image", "label"])
    assert image.get_shape().as_list() == [2, 3, 3]
    with tf.Session() as session:
        session.run([tf.initialize_all_variables(), tf.initialize_local_variables()])
        with slim.queues.QueueRunners(session):
            pairs = [session.run([image, label]) for _ in range(8)]
            with pytest.raises(tf.errors.OutOfRangeError):
                session.run(label)
    assert all((pixels == number).all() for pixels, number in pairs)
    found = [int(number) for _, number in pairs]
    assert sorted(found) == [1, 2, 3, 4, 11, 12, 13, 14]
    with pytest.raises(ValueError, match=r"Items \['sound'\] are not among"):
        provider.get(["sound"])


def test_a_single_pass_keeps_the_order(data):
    _, value = slim.parallel_reader.single_pass_read(data.data_sources, tf.TFRecordReader)
    label, = decoder().decode(value, ["label"])
    with tf.Session() as session:
        session.run([tf.initialize_all_variables(), tf.initialize_local_variables()])
        with slim.queues.QueueRunners(session):
            assert [int(session.run(label)) for _ in range(8)] == [1, 2, 3, 4, 11, 12, 13, 14]
    with pytest.raises(ValueError, match="No data files found"):
        slim.parallel_reader.get_data_files("/nowhere/*.tfrecord")


def test_batches_made_ahead():
    counter = tf.Variable(0, trainable=False)
    queue = slim.prefetch_queue.prefetch_queue([tf.assign_add(counter, 1), tf.constant([1.0])], capacity=2)
    named = slim.prefetch_queue.prefetch_queue({"a": tf.constant(3)})
    taken, by_name = queue.dequeue(), named.dequeue()
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with slim.queues.QueueRunners(session):
            assert [session.run(taken)[0] for _ in range(3)] == [1, 2, 3]
            assert session.run(by_name["a"]) == 3
            with pytest.raises(slim.queues.NestedQueueRunnerError):
                with slim.queues.QueueRunners(session):
                    pass


def test_a_model_in_numbers(capsys):
    v, w = tf.Variable(tf.zeros([2, 3]), name="v"), tf.Variable(tf.zeros([5], tf.float64), name="w")
    assert slim.model_analyzer.analyze_vars([v, w], print_info=True) == (11, 64)
    assert "v:0 (float32_ref 2x3) [6, bytes: 24]" in capsys.readouterr().out
    graph = tf.Graph()
    with graph.as_default():
        tf.zeros([2, 3], name="zeros")
    assert slim.model_analyzer.analyze_ops(graph, print_info=True) >= 6
    assert "zeros -> (float32 2x3) [6]" in capsys.readouterr().out
