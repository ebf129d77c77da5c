"""Programs that came with TensorFlow 0.8 and that others import: readers of words and pictures, and their networks."""

import random

import numpy as np
import pytest

import tracer as tf
from tracer.legacy.programs import (
    cifar10,
    cifar10_input,
    classify_image,
    ptb_reader,
    translation_data,
    translation_model,
)

SENTENCES = {"train": " the cat saw the dog \n a dog saw \n", "valid": " the bird \n", "test": " dog dog \n"}


@pytest.fixture
def words(tmp_path):
    """A folder with the three files of the Penn Tree Bank, short ones."""
    for part, text in SENTENCES.items():
        (tmp_path / f"ptb.{part}.txt").write_text(text)
    return str(tmp_path)


def test_words_are_numbered_by_frequency(words):
    train, valid, test, size = ptb_reader.ptb_raw_data(words)
    # <eos>, dog, saw and the come twice, a and cat once
    assert size == 6
    assert train == [3, 5, 2, 3, 1, 0, 4, 1, 2, 0]
    assert valid == [3, 0]  # `bird` has no number
    assert test == [1, 1, 0]


def test_each_row_of_a_batch_goes_on_in_the_next():
    pairs = list(ptb_reader.ptb_iterator(list(range(15)), 3, 2))
    assert [(x.tolist(), y.tolist()) for x, y in pairs] == [
        ([[0, 1], [5, 6], [10, 11]], [[1, 2], [6, 7], [11, 12]]),
        ([[2, 3], [7, 8], [12, 13]], [[3, 4], [8, 9], [13, 14]]),
    ]
    assert pairs[0][0].dtype == np.int32
    with pytest.raises(ValueError, match="epoch_size == 0, decrease batch_size or num_steps"):
        next(ptb_reader.ptb_iterator(list(range(6)), 3, 2))


def test_batches_of_words_from_a_queue():
    pair = ptb_reader.ptb_producer(list(range(17)), 3, 2, name="words")
    assert [t.get_shape().as_list() for t in pair] == [[3, 2], [3, 2]]
    assert [t.op.name for t in pair] == ["words/Slice", "words/Slice_1"]
    coordinator = tf.train.Coordinator()
    with tf.Session() as session:
        threads = tf.train.start_queue_runners(session, coordinator)
        got = [[part.tolist() for part in session.run(pair)] for _ in range(3)]
        coordinator.request_stop()
        coordinator.join(threads)
    first = [[[0, 1], [5, 6], [10, 11]], [[1, 2], [6, 7], [11, 12]]]
    assert got == [first, [[[2, 3], [7, 8], [12, 13]], [[3, 4], [8, 9], [13, 14]]], first]


def test_too_few_words_for_a_batch():
    ptb_reader.ptb_producer(list(range(6)), 3, 2)
    enqueue, = tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)[0].enqueue_ops
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="epoch_size == 0, decrease"):
        session.run(enqueue)


@pytest.mark.parametrize("sentence", ["Hello, (world): a;b 'c' don't...", b"Hello, (world): a;b 'c' don't..."])
def test_punctuation_is_words(sentence):
    """What TensorFlow 0.12.1's own data_utils gives."""
    assert translation_data.basic_tokenizer(sentence) == [
        "Hello", ",", "(", "world", ")", ":", "a", ";", "b", "'", "c", "'", "don", "'", "t", ".", ".", "."]


def test_sentences_become_numbers(tmp_path, capsys):
    data, vocabulary, numbers = (str(tmp_path / name) for name in ("data", "vocabulary", "numbers"))
    (tmp_path / "data").write_text("hello, hello you 42!\nhello 77 you\n\n")
    translation_data.create_vocabulary(vocabulary, data, 7)
    assert (tmp_path / "vocabulary").read_text() == "_PAD\n_GO\n_EOS\n_UNK\nhello\nyou\n00\n"
    found, listed = translation_data.initialize_vocabulary(vocabulary)
    assert listed == ["_PAD", "_GO", "_EOS", "_UNK", "hello", "you", "00"]
    assert [found[word] for word in listed] == list(range(7))
    translation_data.data_to_token_ids(data, numbers, vocabulary)
    assert (tmp_path / "numbers").read_text() == "4 3 4 5 6 3\n4 6 5\n\n"
    assert translation_data.sentence_to_token_ids(b"you 10 cats", found) == [5, 6, 3]
    assert translation_data.sentence_to_token_ids("you 10", found, normalize_digits=False) == [5, 3]
    assert translation_data.sentence_to_token_ids("you-00", found, lambda text: text.split("-")) == [5, 6]
    assert capsys.readouterr().out.splitlines() == [
        f"Creating vocabulary {vocabulary} from data {data}", f"Tokenizing data in {data}"]
    (tmp_path / "data").write_text("new\n")
    translation_data.create_vocabulary(vocabulary, data, 7)  # it is there: it stays
    translation_data.data_to_token_ids(data, numbers, vocabulary)
    assert (tmp_path / "vocabulary").read_text().endswith("00\n")
    with pytest.raises(ValueError, match="Vocabulary file %s not found"):
        translation_data.initialize_vocabulary(data + "none")


def test_downloaded_sets_are_prepared_from_what_is_there(tmp_path):
    for name in ("giga-fren.release2", "newstest2013"):
        (tmp_path / f"{name}.en").write_text("a b a\n")
        (tmp_path / f"{name}.fr").write_text("c d c\n")
    paths = translation_data.prepare_wmt_data(str(tmp_path), 5, 6)
    assert [path[len(str(tmp_path)) + 1 :] for path in paths] == [
        "giga-fren.release2.ids5.en", "giga-fren.release2.ids6.fr", "newstest2013.ids5.en", "newstest2013.ids6.fr",
        "vocab5.en", "vocab6.fr"]
    assert (tmp_path / "newstest2013.ids5.en").read_text() == "4 3 4\n"
    assert (tmp_path / "newstest2013.ids6.fr").read_text() == "4 5 4\n"


STEPS = [(0.6236385703086853, 2.1972246170043945), (0.5866106748580933, 2.0084123611450195),
         (0.5476427674293518, 1.8419783115386963)]
BATCH = [[4, 3, 2], [1, 5, 6], [1, 1, 0]]


@pytest.fixture
def model():
    tf.reset_default_graph()

    def make(buckets=((2, 2), (3, 3)), **options):
        with tf.variable_scope("m", initializer=tf.constant_initializer(0.05)):
            return translation_model.Seq2SeqModel(11, 9, list(buckets), 4, 1, 5.0, 4, 0.5, 0.9, **options)

    yield make
    tf.reset_default_graph()


def test_a_batch_is_padded_reversed_and_weighted(model):
    random.seed(1)
    data = [[], [([2, 3], [5])]]
    sources, targets, weights = model(num_samples=0).get_batch(data, 1)
    assert [column.tolist() for column in sources] == [[0] * 4, [3] * 4, [2] * 4]
    assert [column.tolist() for column in targets] == [[1] * 4, [5] * 4, [0] * 4]
    assert [column.tolist() for column in weights] == [[1] * 4, [0] * 4, [0] * 4]


def test_training_goes_as_in_tensorflow(model):
    """Norms and losses are those of TensorFlow 0.12.1's own Seq2SeqModel on the same batch."""
    network = model(num_samples=0)
    inputs = [[np.full(4, value) for value in row] for row in BATCH]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        found = [network.step(session, *inputs, 1, False)[:2] for _ in range(3)]
        np.testing.assert_allclose(found, STEPS, rtol=2e-6)
        norm, loss, outputs = network.step(session, *inputs, 1, True)
        assert norm is None
        assert loss < found[-1][1]
        assert [output.shape for output in outputs] == [(4, 9)] * 3
        session.run(network.learning_rate_decay_op)
        assert session.run([network.learning_rate, network.global_step]) == [pytest.approx(0.45), 3]
        for what, place in (("Encoder", 0), ("Decoder", 1), ("Weights", 2)):
            short = [rows[:2] if i == place else rows for i, rows in enumerate(inputs)]
            with pytest.raises(ValueError, match=f"{what} length must be equal to the one in bucket, 2 != "):
                network.step(session, *short, 1, False)


def test_words_are_sampled_where_there_are_more(model):
    network = model([(1, 2)], num_samples=4, use_lstm=True)
    inputs = [[np.full(4, value) for value in row] for row in ([4], [1, 5], [1, 0])]
    assert {"m/proj_w:0", "m/proj_b:0"} <= {variable.name for variable in tf.all_variables()}
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        first, *_, last = (network.step(session, *inputs, 0, False)[1] for _ in range(20))
        assert last < first


def test_a_model_that_answers_projects_its_outputs_to_words(model):
    network = model(num_samples=4, forward_only=True)
    assert [output.get_shape().as_list() for output in network.outputs[0]] == [[None, 9]] * 2
    assert not hasattr(network, "updates")


# CIFAR-10


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """A folder of six files with four pictures each, of one colour; the flags lead to it. Returns the colours by label."""
    monkeypatch.setitem(vars(tf.app.flags.FLAGS)["__flags"], "batch_size", 4)
    monkeypatch.setitem(vars(tf.app.flags.FLAGS)["__flags"], "data_dir", str(tmp_path))
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    colours = {label: (10 * label, 200, 255 - label) for label in range(4)}
    records = [bytes([label]) + b"".join(bytes([value]) * 1024 for value in colour) for label, colour in colours.items()]
    for name in ("test_batch", *(f"data_batch_{number}" for number in range(1, 6))):
        (folder / f"{name}.bin").write_bytes(b"".join(records))
    monkeypatch.setattr(cifar10_input, "NUM_EXAMPLES_PER_EPOCH_FOR_TRAIN", 20)
    monkeypatch.setattr(cifar10_input, "NUM_EXAMPLES_PER_EPOCH_FOR_EVAL", 4)
    with tf.Graph().as_default():
        yield colours


def _run(fetches):
    with tf.Session() as session:
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        try:
            return session.run(fetches)
        finally:
            coordinator.request_stop()
            coordinator.join(threads)


def test_a_picture_of_cifar_10_is_read(pictures, tmp_path):
    queue = tf.train.string_input_producer([str(tmp_path / "cifar-10-batches-bin" / "test_batch.bin")], shuffle=False)
    read = cifar10_input.read_cifar10(queue)
    label, image = _run([read.label, read.uint8image])
    assert (label.tolist(), image.shape, image.dtype) == ([0], (32, 32, 3), np.uint8)
    assert (image == pictures[0]).all()


@pytest.mark.parametrize("build", [cifar10.distorted_inputs, lambda: cifar10.inputs(True), lambda: cifar10.inputs(False)])
def test_batches_of_cifar_10_are_whitened(pictures, build):
    images, labels = _run(list(build()))
    assert images.shape == (4, 24, 24, 3)
    np.testing.assert_allclose(images.mean((1, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(images.std((1, 2, 3)), 1, atol=1e-4)
    assert set(labels.tolist()) <= set(pictures)


def test_a_missing_file_of_cifar_10_is_named(pictures, tmp_path):
    (tmp_path / "cifar-10-batches-bin" / "data_batch_3.bin").unlink()
    with pytest.raises(ValueError, match=r"Failed to find file: .*data_batch_3\.bin"):
        cifar10.distorted_inputs()


def test_the_network_for_cifar_10_is_that_of_tensorflow(pictures):
    """Names, sizes and losses are those of the program that came with 0.8, so that its checkpoints fit."""
    logits = cifar10.inference(tf.placeholder(tf.float32, [4, 24, 24, 3]))
    total = cifar10.loss(logits, tf.constant([0, 1, 2, 3]))
    step = cifar10.train(total, tf.Variable(0, trainable=False, name="step"))
    assert (logits.op.name, total.op.name, step.name) == ("softmax_linear/softmax_linear", "total_loss", "train")
    assert {variable.op.name: variable.get_shape().as_list() for variable in tf.trainable_variables()} == {
        "conv1/weights": [5, 5, 3, 64], "conv1/biases": [64], "conv2/weights": [5, 5, 64, 64], "conv2/biases": [64],
        "local3/weights": [2304, 384], "local3/biases": [384], "local4/weights": [384, 192], "local4/biases": [192],
        "softmax_linear/weights": [192, 10], "softmax_linear/biases": [10]}
    assert len(tf.get_collection("losses")) == 6
    assert {"conv1/weights/ExponentialMovingAverage", "total_loss/avg"} <= {v.op.name for v in tf.all_variables()}


# Inception


def test_classes_of_a_picture_have_names(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(vars(tf.app.flags.FLAGS)["__flags"], "model_dir", str(tmp_path))
    monkeypatch.setitem(vars(tf.app.flags.FLAGS)["__flags"], "num_top_predictions", 2)
    (tmp_path / "imagenet_synset_to_human_label_map.txt").write_text(
        "n01440764\ttench, Tinca tinca\nn01443537\tgoldfish, Carassius auratus\nn02085620\tChihuahua\n")
    (tmp_path / "imagenet_2012_challenge_label_map_proto.pbtxt").write_text("# text\n" + "".join(
        f'entry {{\n  target_class: {node}\n  target_class_string: "{number}"\n}}\n'
        for node, number in ((0, "n01440764"), (2, "n01443537"))))
    with tf.Graph().as_default() as graph:
        tf.placeholder(tf.string, [], name="DecodeJpeg/contents")
        tf.constant([[0.125, 0.25, 0.625]], name="softmax")
    (tmp_path / "classify_image_graph_def.pb").write_bytes(graph.as_graph_def().SerializeToString())
    (tmp_path / "picture.jpg").write_bytes(b"jpeg")
    with tf.Graph().as_default():
        classify_image.run_inference_on_image(str(tmp_path / "picture.jpg"))
    assert capsys.readouterr().out == "goldfish, Carassius auratus (score = 0.62500)\n (score = 0.25000)\n"
    assert classify_image.NodeLookup().id_to_string(0) == "tench, Tinca tinca"
