"""What lives between runs or beside the device: queues, readers, stacks, arrays of tensors, messages, references."""

import json

import numpy as np
import pytest

import tracer as tf
from tracer import errors
from tracer.declare import raw_op
from tracer.ops.tensor_array import TensorArray


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


# -- queues


@pytest.mark.parametrize("kind", ["fifo", "padding", "shuffle"])
def test_what_goes_into_a_queue_comes_out(session, kind):
    queue = {
        "fifo": lambda: tf.FIFOQueue(10, [tf.int32, tf.string], [[], []]),
        "padding": lambda: tf.PaddingFIFOQueue(10, [tf.int32, tf.string], [[], []]),
        "shuffle": lambda: tf.RandomShuffleQueue(10, 0, [tf.int32, tf.string], [[], []], seed=3),
    }[kind]()
    session.run(queue.enqueue((7, "seven")))
    session.run(queue.enqueue_many(([1, 2, 3], ["one", "two", "three"])))
    assert session.run(queue.size()) == 4
    number, word = session.run(queue.dequeue())
    numbers, words = session.run(queue.dequeue_many(3))
    found = dict(zip([number, *numbers.tolist()], [word, *words.tolist()], strict=True))
    assert found == {7: b"seven", 1: b"one", 2: b"two", 3: b"three"}
    if kind != "shuffle":
        assert (number, numbers.tolist()) == (7, [1, 2, 3])
    session.run(queue.close())
    with pytest.raises(errors.OutOfRangeError, match="is closed and has insufficient elements"):
        session.run(queue.dequeue())
    with pytest.raises(errors.AbortedError, match="is closed"):
        session.run(queue.enqueue((1, "late")))


@pytest.mark.parametrize(("seed", "expected"), [(87654321, 887634792), (1, 806134311)])
def test_queues_of_one_shared_name_have_one_seed(seed, expected):
    """As 0.12.1 seeded them: by the name, and by the place in the graph only without one."""
    tf.set_random_seed(seed)
    first, again = (tf.RandomShuffleQueue(1, 0, tf.float32, ((),), shared_name="shared_queue") for _ in range(2))
    own = tf.RandomShuffleQueue(1, 0, tf.float32, ((),), shared_name="shared_queue", seed=3)
    found = [queue.queue_ref.op.get_attr("seed2") for queue in (first, again, own)]
    assert found == [expected, expected, 3]


def test_a_shared_queue_of_a_seeded_graph(session):
    tf.set_random_seed(1)
    first, again = (tf.RandomShuffleQueue(1, 0, tf.float32, ((),), shared_name="shared_queue") for _ in range(2))
    session.run(first.enqueue((10.0,)))
    assert session.run(again.size()) == 1


def test_a_padding_queue_fills_up_with_zeros(session):
    queue = tf.PaddingFIFOQueue(4, [tf.int32], [[None]])
    row = tf.placeholder(tf.int32, [None])
    for value in ([1], [2, 3, 4]):
        session.run(queue.enqueue((row,)), {row: value})
    assert session.run(queue.dequeue_many(2)).tolist() == [[1, 0, 0], [2, 3, 4]]


def test_up_to_as_many_as_there_are(session):
    queue = tf.FIFOQueue(10, [tf.int32], [[]])
    session.run(queue.enqueue_many(([1, 2, 3],)))
    session.run(queue.close())
    assert session.run(queue.dequeue_up_to(2)).tolist() == [1, 2]
    assert session.run(queue.dequeue_up_to(2)).tolist() == [3]


# -- readers and files


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one\ntwo\n")
    (tmp_path / "b.txt").write_bytes(b"six!")
    return tmp_path


def read_all(session, reader, *paths):
    queue = tf.FIFOQueue(10, [tf.string], [[]])
    session.run([queue.enqueue_many(([str(path) for path in paths],)), queue.close()])
    key, value = reader.read(queue)
    found = []
    while True:
        try:
            found.append(tuple(session.run([key, value])))
        except errors.OutOfRangeError:
            return found


def test_readers(session, folder):
    a, b = folder / "a.txt", folder / "b.txt"
    assert [v for _, v in read_all(session, tf.TextLineReader(), a, b)] == [b"one", b"two", b"six!"]
    assert read_all(session, tf.WholeFileReader(), b) == [(str(b).encode(), b"six!")]
    assert read_all(session, tf.IdentityReader(), "work") == [(b"work", b"work")]
    assert [v for _, v in read_all(session, tf.FixedLengthRecordReader(2), b)] == [b"si", b"x!"]
    with tf.python_io.TFRecordWriter(str(folder / "records")) as writer:
        writer.write(b"first")
    assert [v for _, v in read_all(session, tf.TFRecordReader(), folder / "records")] == [b"first"]


def test_what_a_reader_counts_and_forgets(session, folder):
    reader = tf.TextLineReader()
    read_all(session, reader, folder / "a.txt")
    assert session.run([reader.num_records_produced(), reader.num_work_units_completed()]) == [2, 1]
    session.run(reader.reset())
    assert session.run([reader.num_records_produced(), reader.num_work_units_completed()]) == [0, 0]
    other = tf.IdentityReader()
    read_all(session, other, "x")
    state = session.run(other.serialize_state())
    session.run(other.reset())
    session.run(other.restore_state(state))
    assert session.run(other.num_records_produced()) == 1


def test_files_by_name(session, folder):
    assert session.run(tf.read_file(str(folder / "b.txt"))) == b"six!"
    assert session.run(tf.matching_files(str(folder / "*.txt"))).tolist() == [
        str(folder / name).encode() for name in ("a.txt", "b.txt")]
    assert session.run(raw_op("sharded_filename")("model", 3, 12)) == b"model-00003-of-00012"
    assert session.run(raw_op("sharded_filespec")("model", 12)) == b"model-?????-of-00012"


# -- messages


def example(number, words):
    made = tf.train.Example()
    made.features.feature["number"].int64_list.value.append(number)
    made.features.feature["words"].bytes_list.value.extend(words)
    return made


def test_examples(session):
    written = [example(3, [b"a"]).SerializeToString(), example(4, [b"b", b"c"]).SerializeToString()]
    parsed = session.run(tf.parse_example(written, {
        "number": tf.FixedLenFeature([], tf.int64), "absent": tf.FixedLenFeature([2], tf.float32, [1.0, 2.0]),
        "words": tf.VarLenFeature(tf.string)}))
    assert parsed["number"].tolist() == [3, 4]
    assert parsed["absent"].tolist() == [[1, 2], [1, 2]]
    assert parsed["words"].values.tolist() == [b"a", b"b", b"c"]
    assert parsed["words"].indices.tolist() == [[0, 0], [1, 0], [1, 1]]
    with pytest.raises(errors.InvalidArgumentError, match="Feature: missing"):
        session.run(tf.parse_example(written, {"missing": tf.FixedLenFeature([], tf.int64)}))


def test_examples_as_json(session):
    text = json.dumps({"features": {"feature": {"number": {"int64List": {"value": ["7"]}}}}})
    (written,) = session.run(tf.decode_json_example([text])).tolist()
    assert tf.train.Example.FromString(written).features.feature["number"].int64_list.value == [7]


def test_sequence_examples(session):
    made = tf.train.SequenceExample()
    made.context.feature["length"].int64_list.value.append(2)
    for step in (0.5, 1.5):
        made.feature_lists.feature_list["steps"].feature.add().float_list.value.append(step)
    context, sequence = session.run(tf.parse_single_sequence_example(
        made.SerializeToString(), {"length": tf.FixedLenFeature([], tf.int64)},
        {"steps": tf.FixedLenSequenceFeature([], tf.float32)}))
    assert (context["length"], sequence["steps"].tolist()) == (2, [0.5, 1.5])


# -- stacks, arrays of tensors, Python


def test_a_stack_gives_the_last_first(session):
    handle = raw_op("stack")(tf.float32)
    with tf.control_dependencies([raw_op("stack_push")(handle, 1.0)]):
        second = raw_op("stack_push")(handle, 2.0)
    with tf.control_dependencies([second]):
        top = raw_op("stack_pop")(handle, tf.float32)
    with tf.control_dependencies([top]):
        below = raw_op("stack_pop")(handle, tf.float32)
    with tf.control_dependencies([below]):
        close = raw_op("stack_close")(handle)
    assert session.run([top, below, close]) == [2, 1, None]


def test_an_array_of_tensors(session):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    array = TensorArray(tf.float32, 2).unpack(x)
    size, row, packed, flat = session.run([array.size(), array.read(1), array.pack(), array.concat()])
    assert (size, row.tolist(), packed.tolist(), flat.tolist()) == (2, [3, 4], [[1, 2], [3, 4]], [1, 2, 3, 4])
    parts = TensorArray(tf.float32, 2).split(tf.constant([1.0, 2.0, 3.0]), [1, 2])
    assert session.run(parts.read(1)).tolist() == [2, 3]
    squares = TensorArray(tf.float32, 2).write(0, x[0, 1] * x[0, 1]).write(1, x[1, 0])
    assert session.run(tf.gradients(squares.pack(), x)[0]).tolist() == [[0, 4], [1, 0]]
    session.run(squares.close())


@pytest.mark.parametrize("make", [
    lambda **options: tf.FIFOQueue(5, [tf.float32, tf.int32], **options),
    lambda **options: tf.RandomShuffleQueue(5, 0, [tf.float32, tf.int32], **options),
    lambda **options: tf.PaddingFIFOQueue(5, [tf.float32, tf.int32], **options)])
def test_components_of_a_queue_have_names_as_since_0_9(session, make):
    """The messages are TensorFlow 0.12.1's."""
    queue = make(shapes=[[2], []], names=["a", "b"])
    session.run(queue.enqueue({"b": 3, "a": [1.0, 2.0]}))
    taken = queue.dequeue()
    assert {name: tensor.get_shape().as_list() for name, tensor in taken.items()} == {"a": [2], "b": []}
    row, number = session.run([taken["a"], taken["b"]])
    assert (row.tolist(), number) == ([1, 2], 3)
    session.run(queue.enqueue_many({"a": [[1.0, 2.0], [3.0, 4.0]], "b": [4, 5]}))
    assert sorted(session.run(queue.dequeue_many(2)["b"])) == [4, 5]
    with pytest.raises(ValueError, match="You must enqueue a dictionary in a Queue with names"):
        queue.enqueue([[1.0, 2.0], 3])
    with pytest.raises(ValueError, match=r"do not match names of Queue\.  Dictionary: \(\['a'\]\), Queue: \(\['a', 'b'\]\)"):
        queue.enqueue({"a": [1.0, 2.0]})
    plain = make(shapes=[[2], []])
    with pytest.raises(ValueError, match="Queue must have names to enqueue a dictionary"):
        plain.enqueue({"a": [1.0, 2.0]})
    with pytest.raises(TypeError, match="Queues do not have matching component names"):
        tf.QueueBase.from_list(0, [queue, plain])
    with pytest.raises(ValueError, match="List of names must have the same length as the list of dtypes"):
        make(shapes=[[2], []], names=["a"])


def test_what_all_elements_of_an_array_share_is_known_of_their_shape(session):
    """Later versions refused elements of different shapes by default; 0.8 took them."""
    x = tf.placeholder(tf.float32, [None, 4, 3])
    seen = []

    def body(time, out):
        seen.append((taken.read(time).get_shape().as_list(), out.read(time).get_shape().ndims))
        return time + 1, out.write(time, taken.read(time)[:2])

    taken = TensorArray(tf.float32, tf.shape(x)[0]).unpack(x)
    first = TensorArray(tf.float32, 5).write(4, tf.zeros([2, 3]))
    _, out = tf.while_loop(lambda time, out: time < 4, body, (tf.constant(0), first))
    assert seen == [([4, 3], None)]
    assert out.pack().get_shape().as_list() == [None, 2, 3]
    assert out.concat().get_shape().as_list() == [None, 3]
    assert out.read(0).get_shape().as_list() == [2, 3]
    longer = out.write(5, tf.zeros([7, 3]))
    assert longer.read(5).get_shape().as_list() == [None, 3]
    assert longer.write(6, tf.placeholder(tf.float32)).read(6).get_shape().ndims is None


def test_a_python_function(session):
    (result,) = tf.py_func(lambda a, b: a * 2 + b, [tf.constant([1.0, 2.0]), np.float32(1)], [tf.float32])
    assert session.run(result).tolist() == [3, 5]
    x = tf.constant(1.0)
    assert tf.gradients(tf.py_func(lambda a: a, [x], [tf.float32]), x) == [None]


# -- variables, by reference


@pytest.fixture
def variable(session):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    session.run(v.initializer)
    return v


@pytest.mark.parametrize(("name", "expected"), [
    ("scatter_update", [[9, 9], [3, 4], [7, 7]]), ("scatter_add", [[10, 11], [3, 4], [12, 13]]),
    ("scatter_sub", [[-8, -7], [3, 4], [-2, -1]]),
])
def test_rows_of_a_variable(session, variable, name, expected):
    changed = getattr(tf, name)(variable, [0, 2], [[9.0, 9.0], [7.0, 7.0]])
    assert session.run(changed).tolist() == expected
    with pytest.raises(errors.InvalidArgumentError, match=r"indices\[1\] = 3 is not in \[0, 3\)"):
        session.run(getattr(tf, name)(variable, [0, 3], [[9.0, 9.0], [7.0, 7.0]]))
    assert session.run(variable).tolist() == expected  # nothing of what failed is there


def test_counting_up(session):
    v = tf.Variable(0)
    assert not session.run(tf.is_variable_initialized(v))
    session.run(v.initializer)
    assert session.run(tf.is_variable_initialized(v))
    count = v.count_up_to(2)
    assert [session.run(count), session.run(count), session.run(v)] == [0, 1, 2]
    with pytest.raises(errors.OutOfRangeError, match="Reached limit of 2"):
        session.run(count)


def test_references(session, variable):
    reference = variable.ref()
    off, on = raw_op("ref_switch")(reference, True)
    assert session.run(raw_op("ref_identity")(on)).tolist() == [[1, 2], [3, 4], [5, 6]]
    merged, place = raw_op("ref_merge")([off, on])
    assert session.run([merged, place])[1] == 1
    assert session.run(raw_op("ref_select")(0, [reference])).tolist() == [[1, 2], [3, 4], [5, 6]]


def test_a_reference_goes_through_a_frame(session, variable):
    inside = raw_op("ref_enter")(variable.ref(), "frame")
    assert session.run(raw_op("ref_exit")(inside)).tolist() == [[1, 2], [3, 4], [5, 6]]


def test_a_trigger_waits_for_what_is_before_it(session):
    v = tf.Variable(0)
    session.run(v.initializer)
    with tf.control_dependencies([v.assign(5)]):
        trigger = raw_op("control_trigger")()
    session.run(trigger)
    assert session.run(v) == 5


def test_the_sampler_without_a_lock_draws_what_the_other_draws(session):
    given = ([[1], [2]], 1, 3, True, 8)
    samplers = [raw_op(f"{name}_unigram_candidate_sampler")(*given, seed=3, seed2=4)
                for name in ("learned", "thread_unsafe")]
    one, other = session.run([list(sampler) for sampler in samplers])
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert len(set(one[0].tolist())) == 3


def test_a_reference_goes_round_a_loop(session, variable):
    turn = raw_op("enter")(tf.constant(0), "loop")
    reference = raw_op("ref_enter")(variable.ref(), "loop")
    turns, _ = raw_op("merge")([turn, turn])
    references, _ = raw_op("ref_merge")([reference, reference])
    limit = raw_op("enter")(tf.constant(3), "loop", is_constant=True)
    goes_on = raw_op("loop_cond")(tf.less(turns, limit))
    done, again = raw_op("switch")(turns, goes_on)
    left, kept = raw_op("ref_switch")(references, goes_on)
    one = raw_op("enter")(tf.constant(1), "loop", is_constant=True)
    turns.op._update_input(1, raw_op("next_iteration")(again + one))
    references.op._update_input(1, raw_op("ref_next_iteration")(kept))
    count, value = session.run([raw_op("exit")(done), raw_op("ref_exit")(left)])
    assert (count, value.tolist()) == (3, [[1, 2], [3, 4], [5, 6]])


def tree_of_arrays(leaf, left, right, words, table, weights):
    """A tree's nodes, each after its children, in an array that grows: what a leaf or its two children give."""
    array = tf.TensorArray(tf.float32, size=0, dynamic_size=True, clear_after_read=False, infer_shape=False)

    def step(array, i):
        value = tf.cond(
            tf.gather(leaf, i), lambda: tf.gather(table, tf.gather(words, [i])),
            lambda: tf.tanh(tf.matmul(tf.concat(1, [array.read(tf.gather(left, i)), array.read(tf.gather(right, i))]),
                                      weights)))
        return array.write(i, value), i + 1

    return tf.while_loop(lambda array, i: i < tf.squeeze(tf.shape(leaf)), step, [array, 0])[0].concat()


def test_a_branch_that_reads_what_another_trip_wrote():
    leaf, left, right, words = (tf.placeholder(dtype, [None]) for dtype in (tf.bool, tf.int32, tf.int32, tf.int32))
    table = tf.constant(np.arange(8, dtype=np.float32).reshape(4, 2) / 8)
    weights = tf.constant(np.arange(8, dtype=np.float32).reshape(4, 2) / 9)
    nodes = tree_of_arrays(leaf, left, right, words, table, weights)
    first, second, third = (tf.slice(table, [i, 0], [1, 2]) for i in (0, 3, 2))
    inner = tf.tanh(tf.matmul(tf.concat(1, [first, second]), weights))
    outer = tf.tanh(tf.matmul(tf.concat(1, [inner, third]), weights))
    straight = tf.concat(0, [first, second, inner, third, outer])
    tree = {leaf: [1, 1, 0, 1, 0], left: [-1, -1, 0, -1, 2], right: [-1, -1, 1, -1, 3], words: [0, 3, -1, 2, -1]}
    with tf.Session() as session:
        np.testing.assert_allclose(*session.run([nodes, straight], tree), rtol=1e-6)
        for x in (table, weights):
            ours, theirs = (tf.gradients(value * value, x)[0] for value in (nodes, straight))
            np.testing.assert_allclose(*session.run([tf.convert_to_tensor(ours), tf.convert_to_tensor(theirs)], tree),
                                       rtol=1e-5)
        with pytest.raises(tf.errors.InvalidArgumentError, match="index 0 because it has not yet been written to"):
            session.run(nodes, {leaf: [0, 1], left: [0, -1], right: [0, -1], words: [0, 1]})
