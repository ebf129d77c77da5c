"""The operations of the word2vec programs. The pairs are those that the kernel of today's TensorFlow gives."""

import numpy as np
import pytest

import tracer as tf
from tracer.ops import word2vec

TEXT = "the quick brown fox jumps over the lazy dog the fox the quick a b c d e f g\nb a the fox\n" * 3


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text"
    path.write_text(TEXT)
    return str(path)


def batches(count, *arguments, **options):
    outputs = word2vec.skipgram(*arguments, **options)
    with tf.Session() as session:
        return [session.run(list(outputs)) for _ in range(count)]


def pairs(batch):
    return [f"{batch[0][a].decode()} {batch[0][b].decode()}" for a, b in zip(*batch[5:], strict=True)]


def test_the_words_of_a_text(text):
    words, counts, total, *_ = batches(1, text, 4, min_count=6)[0]
    assert (words.tolist(), counts.tolist(), total) == (
        [b"UNK", b"the", b"fox", b"quick", b"a", b"b"], [30, 15, 9, 6, 6, 6], 72)


@pytest.mark.parametrize(("options", "first", "later", "progress"), [
    ({"window_size": 5, "min_count": 0, "subsample": 0.0},
     ["the quick", "the brown", "quick the", "quick brown", "quick fox", "quick jumps"],
     ["fox lazy", "fox dog", "fox the", "fox the", "fox quick", "fox a"], [(13, 504), (13, 504), (27, 1019), (27, 1523)]),
    ({"window_size": 3, "min_count": 0, "subsample": 0.01},
     ["brown fox", "fox brown", "fox over", "fox fox", "over brown", "over fox"],
     ["b quick", "b a", "b c", "b d", "b f", "c a"], [(26, 747), (26, 747), (54, 1513), (80, 2262)]),
    ({"window_size": 5, "min_count": 3, "subsample": 0.001},
     ["fox e", "fox c", "fox g", "fox dog", "e fox", "e c"],
     ["jumps quick", "jumps d", "fox fox", "fox d", "fox jumps", "fox the"],
     [(106, 482), (106, 482), (106, 982), (213, 1483)]),
])
def test_pairs_of_neighbours(text, options, first, later, progress):
    found = batches(61, text, 100, **options)
    assert pairs(found[0])[:6] == first
    assert pairs(found[31])[-6:] == later
    assert [(found[i][3], found[i][4]) for i in (0, 28, 29, 60)] == progress


def test_a_batch_larger_than_what_is_made_at_once(text):
    small, large = batches(70, text, 100, min_count=0), batches(1, text, 7000, min_count=0)[0]
    for column in (5, 6):
        np.testing.assert_array_equal(np.concatenate([batch[column] for batch in small]), large[column])


def test_texts_that_are_too_short_or_not_there(tmp_path):
    (tmp_path / "short").write_text("a " * 49)
    with pytest.raises(tf.errors.InvalidArgumentError, match="short contains too little data: 49 words"):
        batches(1, str(tmp_path / "short"), 4)
    with pytest.raises(tf.errors.NotFoundError, match="none; No such file or directory"):
        batches(1, str(tmp_path / "none"), 4)


def trained(w_in, w_out, examples, labels, counts, samples):
    tables = tf.Variable(w_in), tf.Variable(w_out)
    train = word2vec.neg_train(*(table.ref() for table in tables), examples, labels, 0.5, counts, samples)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run(train)
        return session.run(list(tables))


def descended(w_in, w_out, examples, labels, negatives):
    """Gradient descent on the loss of each pair, in its order, where only the word `negatives[0]` can be drawn."""
    w_in, w_out = w_in.astype(float), w_out.astype(float)
    for example, label in zip(examples, labels, strict=True):
        vector, change = w_in[example].copy(), 0.0
        for word, wanted in [(label, 1), *((word, 0) for word in negatives if word != label)]:
            step = 0.5 * (wanted - 1 / (1 + np.exp(-vector @ w_out[word])))
            change = change + step * w_out[word]
            w_out[word] += step * vector
        w_in[example] += change
    return w_in, w_out


@pytest.mark.parametrize("negatives", [[], [3], [3, 3, 3]])
def test_a_step_of_training(negatives):
    random = np.random.RandomState(0)
    w_in, w_out = random.randn(2, 6, 3).astype(np.float32)
    words = [1, 3, 1, 5], [3, 3, 4, 0]
    found = trained(w_in, w_out, *words, [0, 0, 0, 5, 0, 0], len(negatives))
    for table, wanted in zip(found, descended(w_in, w_out, *words, negatives), strict=True):
        np.testing.assert_allclose(table, wanted, rtol=1e-5, atol=1e-6)


def test_words_are_drawn_by_their_counts():
    counts = [0, 1000, 200, 50]
    w_in = np.zeros((4, 1), np.float32)
    w_in[0] = 1e-4  # so small that each word that is drawn moves by half of it
    found = trained(w_in, np.zeros((4, 1), np.float32), [0], [0], counts, 20000)[1][1:, 0]
    shares = np.array(counts[1:]) ** 0.75
    np.testing.assert_allclose(found / found.sum(), shares / shares.sum(), atol=0.02)


@pytest.mark.parametrize(("examples", "counts", "message"), [
    ([7], [1, 1], "An example is no word: they lie between 7 and 7, and there are 2 words"),
    ([-1], [1, 1], "An example is no word"),
    ([1], [1], "vocab_count vs. w_in: 1 vs. 2"),
])
def test_what_cannot_be_trained(examples, counts, message):
    table = np.ones((2, 3), np.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        trained(table, table, examples, [0], counts, 2)
