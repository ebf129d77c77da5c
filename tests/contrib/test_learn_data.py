"""What models of tf.contrib.learn are fed: words, bytes and categories as numbers, batches, data sets."""

import json
import pathlib
import pickle

import numpy as np
import pytest

import tracer as tf
from tests.naming import written
from tracer.contrib import learn
from tracer.contrib.learn.estimators import _sklearn
from tracer.contrib.learn.io import data_feeder

FILES = pathlib.Path(__file__).parent.parent / "reference" / "files"
NAN = float("nan")
MATRIX = np.arange(10).reshape(5, 2)
ORDER = np.random.RandomState(42).permutation(5)  # what TensorFlow starts with


def rows(processed):
    return [row.tolist() for row in processed]


# -- preprocessing


def test_a_vocabulary_numbers_what_it_has_not_seen():
    vocabulary = learn.preprocessing.CategoricalVocabulary()
    assert [vocabulary.get(word) for word in ("b", "a", "b", 3)] == [1, 2, 1, 3]
    assert [vocabulary.reverse(number) for number in (0, 1, 3)] == ["<UNK>", "b", 3]
    vocabulary.freeze()
    assert vocabulary.get("new") == 0
    vocabulary.add("new")
    assert len(vocabulary) == 4
    vocabulary.freeze(False)
    assert vocabulary.get("new") == 4


def test_a_vocabulary_without_reverse():
    vocabulary = learn.preprocessing.CategoricalVocabulary(support_reverse=False)
    with pytest.raises(ValueError, match="This vocabulary wasn't initalized with support_reverse"):
        vocabulary.reverse(0)


@pytest.mark.parametrize(("arguments", "expected"), [((1,), ["w", 3, "x", "y"]), ((0, 9), [3, "x", "y", "k"])])
def test_trimming_numbers_from_the_most_frequent_on(arguments, expected):
    vocabulary = learn.preprocessing.CategoricalVocabulary()
    for category, count in (("x", 5), ("y", 5), (3, 5), ("w", 9), ("k", 1)):
        vocabulary.add(category, count)
    vocabulary.trim(*arguments)
    assert [vocabulary.reverse(number) for number in range(1, len(vocabulary))] == expected


def test_words_of_documents():
    processor = learn.preprocessing.VocabularyProcessor(4)
    texts = ["Hello there HTMLParser it's me-too", b"a a b"]
    assert rows(processor.fit_transform(texts)) == [[1, 2, 3, 4], [7, 7, 8, 0]]
    assert rows(processor.transform(["zzz a"])) == [[0, 7, 0, 0]]
    assert list(processor.reverse([[1, 3, 4, 0]])) == ["Hello HTML Parser <UNK>"]


def test_rare_words_are_unknown():
    processor = learn.preprocessing.VocabularyProcessor(5, min_frequency=1)
    assert rows(processor.fit_transform(["b a b a c"])) == [[2, 1, 2, 1, 0]]


def test_a_vocabulary_and_a_tokenizer_of_the_callers(tmp_path):
    vocabulary = learn.preprocessing.CategoricalVocabulary()
    vocabulary.get("A")
    processor = learn.preprocessing.VocabularyProcessor(3, vocabulary=vocabulary, tokenizer_fn=iter)
    assert rows(processor.fit_transform(["BA", "ABC"])) == [[2, 1, 0], [1, 2, 3]]
    plain = learn.preprocessing.VocabularyProcessor(2)
    plain.fit(["to be"])
    plain.save(str(tmp_path / "words"))
    for restored in (learn.preprocessing.VocabularyProcessor.restore(str(tmp_path / "words")),
                     pickle.loads(pickle.dumps(plain))):
        assert rows(restored.transform(["be or to"])) == [[2, 0]]


def test_vocabularies_that_tensorflow_saved():
    """In 0.12.1: VocabularyProcessor(4, min_frequency=1), fitted to "to be or not to be" and "or be it"."""
    processor = learn.preprocessing.VocabularyProcessor.restore(str(FILES / "vocabulary"))
    assert rows(processor.transform(["to be or not"])) == [[3, 1, 2, 0]]
    assert list(processor.reverse([[1, 3]])) == ["be to"]


@pytest.mark.parametrize("text", [b"cos\nsystem\n(S'true'\ntR.", b"cbuiltins\neval\n(S'1'\ntR.",
                                  b"ctensorflow.python.platform.gfile\nGFile\n(S'x'\nS'w'\ntR."])
def test_a_saved_vocabulary_calls_nothing(tmp_path, text):
    (tmp_path / "words").write_bytes(text)
    with pytest.raises(pickle.UnpicklingError, match="may not name"):
        learn.preprocessing.VocabularyProcessor.restore(str(tmp_path / "words"))


def test_bytes_of_documents():
    processor = learn.preprocessing.ByteProcessor(5)
    found = list(processor.fit_transform(["abc", "ф", b"1234567"]))
    assert rows(found) == [[97, 98, 99, 0, 0], [209, 132, 0, 0, 0], [49, 50, 51, 52, 53]]
    assert found[0].dtype == np.uint8
    assert list(processor.reverse([*found, [255, 1, 0, 0, 0]])) == ["abc", "ф", "12345", ""]


@pytest.mark.parametrize(("arguments", "table", "expected"), [
    ({}, [["a", 1], ["b", 2.5], [NAN, "a"]], [[1, 1], [2, 2], [0, 3]]),
    ({"share": True}, [["a", 1], ["b", 2.5], ["x", "a"]], [[1, 2], [3, 4], [5, 1]]),
    ({"min_frequency": 1}, [["0"], [1], [NAN], ["C"], ["C"], [1], ["0"], [3]],
     [[2], [1], [0], [3], [3], [1], [2], [0]]),
])
def test_categories(arguments, table, expected):
    processor = learn.preprocessing.CategoricalProcessor(**arguments)
    assert rows(processor.fit_transform(table)) == expected
    assert rows(processor.transform([["new"] * len(table[0])])) == [[0] * len(table[0])]


# -- batches


def fed(feeder, count=1):
    """What `count` steps are fed, by the names of the placeholders."""
    with tf.Graph().as_default():
        features, targets = feeder.input_builder()
        step = feeder.get_feed_dict_fn()
        batches = [step() for _ in range(count)]
    assert features.name == "input:0"
    assert targets is None or targets.name == "output:0"
    return features, targets, batches


def test_batches_go_round_in_a_new_order_each_time():
    features, targets, batches = fed(data_feeder.DataFeeder(MATRIX, np.arange(5), 0, 2), 4)
    generator = np.random.RandomState(42)
    first, second = generator.permutation(5), generator.permutation(5)
    for batch, chosen in zip(batches, (first[:2], first[2:4], first[4:], second[:2]), strict=True):
        np.testing.assert_array_equal(batch["input:0"], MATRIX[chosen])
        np.testing.assert_array_equal(batch["output:0"], chosen)
    assert (features.dtype, targets.dtype) == (tf.int64, tf.float32)
    assert (features.get_shape().as_list(), targets.get_shape().as_list()) == ([None, 2], [None])


@pytest.mark.parametrize(("targets", "classes", "shape", "expected"), [
    ([1, 0, 2, 1, 0], 3, [None, 3], np.eye(3)[[1, 0, 2, 1, 0]]),
    ([[1], [0], [2], [1], [0]], 3, [None, 3], np.eye(3)[[1, 0, 2, 1, 0]]),
    ([[1, 0], [0, 2], [2, 2], [1, 1], [0, 1]], 3, [None, 2, 3],
     np.eye(3)[[[1, 0], [0, 2], [2, 2], [1, 1], [0, 1]]]),
    ([[1], [0], [2], [1], [0]], 0, [None], [1, 0, 2, 1, 0]),
    ([[1, 5], [0, 5], [2, 5], [1, 5], [0, 5]], 1, [None, 2], [[1, 5], [0, 5], [2, 5], [1, 5], [0, 5]]),
])
def test_targets(targets, classes, shape, expected):
    _, placeholder, (batch,) = fed(learn.io.data_feeder.setup_train_data_feeder(MATRIX, targets, classes, 5))
    assert placeholder.get_shape().as_list() == shape
    assert batch["output:0"].dtype == np.float32
    np.testing.assert_array_equal(batch["output:0"], np.asarray(expected)[ORDER])


def test_a_class_beyond_the_last():
    with pytest.raises(IndexError, match="index 3 is out of bounds"):
        fed(data_feeder.DataFeeder(MATRIX, np.array([0, 1, 2, 3, 0]), 3, 5))


def test_features_without_targets():
    features, targets, (batch,) = fed(data_feeder.DataFeeder(MATRIX[:, 0] * 0.5, None, 0, 3))
    assert targets is None
    assert features.dtype == tf.float32
    np.testing.assert_array_equal(batch["input:0"], MATRIX[ORDER[:3], :1] * 0.5)


def test_the_epoch_is_fed_where_it_is_asked_for():
    feeder = data_feeder.DataFeeder(MATRIX[:2], np.arange(2), 0, 1)
    feeder.input_builder()
    epoch = feeder.make_epoch_variable()
    step = feeder.get_feed_dict_fn()
    assert [step()[epoch.name] for _ in range(5)] == [0, 0, 1, 1, 2]
    assert feeder.get_feed_params() == {"epoch": 2, "offset": 1, "batch_size": 1}


def test_batches_of_iterators():
    feeder = data_feeder.setup_train_data_feeder(iter(MATRIX.astype(np.float32)), iter([0, 1, 2, 1, 0]), 3, 2)
    features, targets, batches = fed(feeder, 3)
    assert (features.get_shape().as_list(), targets.get_shape().as_list()) == ([None, 2], [None, 3])
    np.testing.assert_array_equal(np.concatenate([batch["input:0"] for batch in batches]), MATRIX)
    np.testing.assert_array_equal(batches[1]["output:0"], [[0, 0, 1], [0, 1, 0]])
    assert len(batches[2]["input:0"]) == 1
    with pytest.raises(StopIteration):
        feeder.get_feed_dict_fn()()


def test_only_one_iterator():
    with pytest.raises(ValueError, match="Both X and y should be iterators for streaming learning to work"):
        data_feeder.setup_train_data_feeder(iter(MATRIX), np.arange(5), 0, 2)


@pytest.mark.parametrize(("given", "size", "lengths"), [
    (MATRIX, 2, [2, 2, 1]), (MATRIX, -1, [5]), (iter(MATRIX), 2, [2, 2, 1]), (MATRIX[:, 0], None, [5]),
])
def test_batches_to_predict(given, size, lengths):
    found = list(data_feeder.setup_predict_data_feeder(given, size))
    assert [len(batch) for batch in found] == lengths
    assert found[0].ndim == 2


# -- data sets


def test_data_sets():
    iris, boston = (learn.datasets.load_dataset(name) for name in ("iris", "boston"))
    assert (iris.data.shape, boston.data.shape) == ((150, 4), (506, 13))
    assert np.bincount(iris.target).tolist() == [50, 50, 50]
    assert (iris.data.sum(), boston.data.sum()) == pytest.approx((2078.7 - 0.5, 460936.55522))
    with pytest.raises(ValueError, match="Name of dataset is not found: x"):
        learn.datasets.load_dataset("x")


def test_descriptions_whole_small_and_made_up(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dbpedia_data" / "dbpedia_csv").mkdir(parents=True)
    for name, rows in (("train", 2001), ("test", 3)):
        text = "".join(f'{1 + row % 14},"T {row}"," text {row}"\n' for row in range(rows))
        (tmp_path / "dbpedia_data" / "dbpedia_csv" / f"{name}.csv").write_text(text)
    whole, small = (learn.datasets.load_dataset("dbpedia", **given) for given in ({}, {"size": "small"}))
    assert (whole.train.data.shape, whole.test.target.tolist()) == ((2001, 2), [1, 2, 3])
    assert small.train.data.tolist() == [["T 0", " text 0"], ["T 1000", " text 1000"], ["T 2000", " text 2000"]]
    assert (small.train.target.tolist(), small.train.target.dtype) == ([1, 7, 13], np.int32)
    for size in (None, "small", "large"):
        made_up = learn.datasets.load_dataset("dbpedia", size, test_with_fake_data=True)
        assert (made_up.train.data.shape, made_up.test.data.shape) == ((3, 2), (1, 2))
        assert made_up.train.target.tolist() == [1, 2, 3]


def test_tables_from_files(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("2,2,ignored\n1.5,2,7\n3,4.5,8\n")
    table = learn.datasets.base.load_csv(str(path), np.int32)
    assert table.target.tolist() == [7, 8]
    assert table.data.tolist() == [[1.5, 2], [3, 4.5]]
    path.write_text("a,1,2\nb,3,4\n")
    table = learn.datasets.base.load_csv_without_header(str(path), str, np.float32, target_column=0)
    assert table.target.tolist() == ["a", "b"]
    assert table.data.dtype == np.float32
    path.write_text("3,2\n1,2,3\n")
    with pytest.raises(ValueError, match="3 rows of 2 features and a target; it has 1 rows"):
        learn.datasets.base.load_csv(str(path), np.int32)


def test_what_cannot_be_downloaded_is_to_be_put_there(tmp_path):
    with pytest.raises(OSError, match=r"Put the file words\.txt into the folder .*data by hand"):
        learn.datasets.base.maybe_download("words.txt", str(tmp_path / "data"), (tmp_path / "none").as_uri())
    (tmp_path / "there").write_text("words")
    path = learn.datasets.base.maybe_download("words.txt", str(tmp_path / "data"), (tmp_path / "there").as_uri())
    assert pathlib.Path(path).read_text() == "words"


# -- what stands in for scikit-learn


def test_splitting_in_two():
    train, test, labels, other = _sklearn._train_test_split(MATRIX, [*"abcde"], test_size=0.4, random_state=42)
    assert (len(train), len(test), len(labels), len(other)) == (3, 2, 3, 2)
    np.testing.assert_array_equal(test, MATRIX[ORDER[:2]])
    assert other == ["abcde"[i] for i in ORDER[:2]]
    with pytest.raises(ValueError, match="more than there are"):
        _sklearn._train_test_split(MATRIX, test_size=4, train_size=2)


def test_scores():
    assert _sklearn._accuracy_score([1, 2, 3, 4], [1, 2, 0, 4]) == 0.75
    assert _sklearn._accuracy_score([1, 2], [1, 0], sample_weight=[3, 1]) == 0.75
    assert _sklearn._accuracy_score([1, 2], [1, 0], normalize=False) == 1
    assert _sklearn._mean_squared_error([[1], [2]], [1, 4]) == 2


def test_parameters_by_name():
    class Inner(_sklearn._BaseEstimator):
        def __init__(self, size=1):
            self.size = size

    class Outer(_sklearn._BaseEstimator):
        def __init__(self, inner, rate=0.5):
            self.inner, self.rate = inner, rate

    outer = Outer(Inner())
    assert outer.set_params(rate=2, inner__size=3) is outer
    assert (outer.rate, outer.inner.size) == (2, 3)
    assert set(outer.get_params()) == {"inner", "inner__size", "rate"}
    assert repr(outer.inner) == "Inner(size=3)"
    with pytest.raises(ValueError, match="Invalid parameter unknown for estimator Outer"):
        outer.set_params(unknown=1)


@pytest.mark.parametrize(("config", "expected"), [
    ({}, [None, 0, True, "local", "", 0]),
    ({"cluster": {"ps": ["p:1", "q:1"], "master": ["m:1"], "worker": ["v:1", "w:2"]},
      "task": {"type": "worker", "index": 1}, "environment": "cloud"}, ["worker", 1, False, "cloud", "grpc://w:2", 2]),
    ({"cluster": {"ps": ["p:1", "q:1"], "master": ["m:1"]}, "task": {"type": "master", "index": 0}, "environment": "cloud"},
     ["master", 0, True, "cloud", "grpc://m:1", 2]),
    ({"cluster": {"worker": ["p:1"]}, "task": {"type": "worker", "index": 3}}, ["worker", 3, False, "local", "", 0]),
    ({"cluster": {"ps": ["p:1"], "worker": ["a:1"]}, "task": {"type": "worker"}},
     ["worker", 0, True, "local", "grpc://a:1", 1]),
    ({"cluster": {"ps": ["p:1"], "worker": ["a:1"]}, "task": {"type": "ps"}}, ["ps", 0, False, "local", "grpc://p:1", 1]),
    ({"task": {"type": "master"}}, ["master", 0, False, "local", "", 0]),
    ({"environment": "cloud"}, [None, 0, True, "cloud", "", 0]),
], ids=written)
def test_clusters_of_the_environment(monkeypatch, config, expected):
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    for made in (learn.ClusterConfig(), learn.RunConfig()):
        assert [made.task_type, made.task_id, made.is_chief, made.environment, made.master,
                made.num_ps_replicas] == expected
        assert made.cluster_spec.as_dict() == config.get("cluster", {})
        assert made.get_task_id() == expected[1]
    assert learn.RunConfig(master="here", evaluation_master="there").master == "here"
    assert learn.ClusterConfig(evaluation_master="there").evaluation_master == "there"
    assert learn.estimators.Environment.GOOGLE == "google"


@pytest.mark.parametrize(("task", "words"), [
    ({"type": "worker", "index": 3}, "3 is not a valid task_id for task_type worker in the cluster_spec:"),
    ({"type": "evil"}, "evil is not a valid task_type in the cluster_spec:"),
])
def test_tasks_that_a_cluster_has_not(monkeypatch, task, words):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": {"ps": ["p:1"], "worker": ["a:1"]}, "task": task}))
    with pytest.raises(ValueError, match=words):
        learn.ClusterConfig()
