"""A program with all that training in 2016 had: records, queues, slices of a variable, Adam, averages, summaries.

It is run by the real TensorFlow, where what it leaves behind is recorded, and by ours. Names of files are relative.
"""

import os

import numpy as np

RECORDS = "digits.tfrecords"
BATCH = 4
STEPS = 6


def features(tf, number):
    """The example with that number: every kind of feature, one of them missing in every third."""
    rng = np.random.RandomState(number)
    values = {
        "image": tf.train.Feature(float_list=tf.train.FloatList(value=rng.rand(6).astype(np.float32).tolist())),
        "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[int(number % 3)])),
        "name": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"\xff\x00name%d" % number
                                                                      if bytes is not str
                                                                      else "\xff\x00name%d" % number])),
        "numbers": tf.train.Feature(int64_list=tf.train.Int64List(value=[-2**63, 2**63 - 1, 0, int(number)])),
    }
    if number % 3 == 0:
        values["seldom"] = tf.train.Feature(float_list=tf.train.FloatList(value=[float(number), -0.5]))
    return values


def write_records(tf, folder, count=20):
    """Writes the records."""
    with tf.python_io.TFRecordWriter(os.path.join(folder, RECORDS)) as writer:
        for number in range(count):
            example = tf.train.Example(features=tf.train.Features(feature=features(tf, number)))
            writer.write(example.SerializeToString())


def read(tf):
    """An example of the records, parsed, and its key. Each reading is a queue and a reader of its own."""
    files = tf.train.string_input_producer([RECORDS], shuffle=False)
    key, serialized = tf.TFRecordReader().read(files)
    return key, tf.parse_single_example(serialized, {
        "image": tf.FixedLenFeature([6], tf.float32), "label": tf.FixedLenFeature([], tf.int64),
        "seldom": tf.FixedLenFeature([2], tf.float32, [1.0, 2.0]), "numbers": tf.VarLenFeature(tf.int64),
        "name": tf.FixedLenFeature([], tf.string)})


def build(tf, trains=True):
    """Records the program. What is run later is in collections."""
    key, parsed = read(tf)
    images, labels, keys = tf.train.batch([parsed["image"], parsed["label"], key], BATCH)
    mixed = tf.train.shuffle_batch([read(tf)[1]["label"]], BATCH, capacity=40, min_after_dequeue=8, num_threads=2,
                                   seed=3)
    start = np.arange(18).reshape(6, 3).astype(np.float32) / 50 - 0.1
    with tf.name_scope("layer"):
        parts = tf.create_partitioned_variables([6, 3], [2, 1], tf.constant(start), name="cells")
        bias = tf.Variable(tf.zeros([3]), name="bias")
        logits = tf.matmul(images, tf.concat(0, parts)) + bias
    with tf.name_scope("loss"):
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=labels))
    step = tf.Variable(0, name="global_step", trainable=False)
    rate = tf.train.exponential_decay(0.05, step, 4, 0.5, staircase=True)
    averages = tf.train.ExponentialMovingAverage(0.9, step)
    if trains:
        update = tf.train.AdamOptimizer(rate).minimize(loss, global_step=step)
    else:
        with tf.control_dependencies([loss]):
            update = tf.group(bias.assign_sub([0.0, 0.125, 0.25]), step.assign_add(1))
    with tf.control_dependencies([update]):
        train = averages.apply(parts + [bias])  # noqa: RUF005 - for Python 2
    tf.scalar_summary("loss", loss)
    tf.histogram_summary("logits", logits)
    tf.image_summary("image", tf.reshape(images, [BATCH, 2, 3, 1]), max_images=1)
    merged = tf.merge_all_summaries()
    for name, item in [("train", train), ("loss", loss), ("summary", merged), ("mixed", mixed), ("keys", keys)]:
        tf.add_to_collection(name, item)
    tf.add_to_collection("answer", 42)
    tf.add_to_collection("words", b"h\xc3\xa9")


def train(tf, session, steps=STEPS):
    """Trains on. Returns the losses, and all variables at the end by name."""
    (update,), (loss,), (keys,) = [tf.get_collection(name) for name in ("train", "loss", "keys")]
    coordinator = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(session, coordinator)
    losses, seen = [], []
    for _ in range(steps):
        _, value, names = session.run([update, loss, keys])
        losses.append(value)
        seen.append(names)
    mixed = session.run(tf.get_collection("mixed")[0])
    coordinator.request_stop()
    coordinator.join(threads)
    variables = tf.all_variables()
    values = dict(zip([variable.op.name for variable in variables], session.run(variables)))
    return {"losses": np.array(losses), "keys": np.array(seen, object), "mixed": mixed, "variables": values}


def trained_on(tf, path):
    """Imports a graph, restores its checkpoint and trains on, in a graph and a session of its own."""
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(path + ".meta")
        saver.restore(session, path)
        return train(tf, session)
