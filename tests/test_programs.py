"""Programs that came with TensorFlow 0.8 and that others import: readers of words, and the translation network."""

import random

import numpy as np
import pytest

import tracer as tf
from tracer.legacy.programs import ptb_reader, translation_data, translation_model

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
