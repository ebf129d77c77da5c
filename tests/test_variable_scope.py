"""`get_variable`, variable scopes, templates, partitioned variables and initializers."""

import re

import numpy as np
import pytest

import tracer as tf
from tracer.variable_scope import _VARSCOPE_KEY, _get_default_variable_store


def op_scope():
    """The name scope that operations are now recorded in."""
    with tf.name_scope("inner") as scope:
        return scope


# -- names


def test_names_come_from_variable_scopes_alone():
    with tf.name_scope("ns"):
        assert tf.get_variable("y", [1]).name == "y:0"
        assert tf.Variable(1.0).name == "ns/Variable:0"
    with tf.variable_scope("a"), tf.variable_scope("b"):
        assert tf.get_variable("v", [1]).name == "a/b/v:0"


def test_the_order_of_what_is_recorded():
    tf.get_variable("v", [2], initializer=tf.constant_initializer(1.0))
    assert [op.name for op in tf.get_default_graph().get_operations()] == [
        "v", "v/Initializer/Const", "v/Assign", "v/read"]


def test_a_scope_opens_a_name_scope_each_time():
    root = tf.get_variable_scope()
    with tf.name_scope("outer"):
        with tf.variable_scope("tower") as tower:
            assert op_scope() == "outer/tower/inner/"
        with tf.variable_scope("tower"):
            assert op_scope() == "outer/tower_1/inner/"
    with tf.name_scope("other"), tf.variable_scope(tower):
        assert op_scope() == "other/tower/inner/"
        assert tf.get_variable("w", []).name == "tower/w:0"
    with tf.name_scope("last"), tf.variable_scope(root):
        assert op_scope() == "last/inner/"


def test_an_entered_object_keeps_its_name():
    with tf.variable_scope("foo"), tf.variable_scope("bar") as bar:
        assert bar.name == "foo/bar"
    with tf.variable_scope("elsewhere"), tf.variable_scope(bar, reuse=True) as again:
        assert again.name == "foo/bar"
        assert again is not bar
        assert op_scope() == "elsewhere/bar/inner/"


def test_default_names_are_made_unique_within_their_scope():
    """As the real TensorFlow named them."""
    def name(variable):
        with tf.variable_op_scope([], None, "d"):
            return tf.get_variable(variable, []).name, op_scope()

    with tf.variable_scope("outer") as outer:
        assert name("w") == ("outer/d/w:0", "outer/d/inner/")
        with tf.variable_scope(outer):
            assert name("w") == ("outer/d_1/w:0", "outer/outer/d/inner/")
            assert name("u") == ("outer/d_2/u:0", "outer/outer/d_1/inner/")
        assert name("q") == ("outer/d/q:0", "outer/d_1/inner/")
        with tf.variable_scope("d"):
            assert (tf.get_variable("r", []).name, op_scope()) == ("outer/d/r:0", "outer/d_2/inner/")
        assert name("s") == ("outer/d_1/s:0", "outer/d_3/inner/")
    with tf.variable_scope(outer):
        assert name("t") == ("outer/d/t:0", "outer_1/d/inner/")


def test_variable_op_scope_with_a_name():
    with tf.variable_op_scope([], "tower", "default"):
        assert tf.get_variable("w", []).name == "tower/w:0"
    with tf.variable_op_scope([], "tower", "default"), pytest.raises(ValueError, match="already exists"):
        tf.get_variable("w", [])
    with tf.variable_op_scope([], "tower", reuse=True):
        assert tf.get_variable("w", []).name == "tower/w:0"


@pytest.mark.parametrize(("arguments", "keywords", "name"), [
    ((None, "net", ["x"]), {}, "net_1/v:0"), ((None, "net"), {"values": ["x"]}, "net_1/v:0"),
    ((None,), {"default_name": "net"}, "net_1/v:0"), (("other", "net", ["x"]), {}, "other/v:0"),
    (("net", "ignored", ["x"]), {"reuse": True}, "net/v:0"), (("net", None, ["x"]), {"reuse": True}, "net/v:0"),
    (("net",), {"default_name": "ignored", "values": ["x"], "reuse": True}, "net/v:0"),
])
def test_a_variable_scope_takes_a_default_name_as_since_0_10(arguments, keywords, name):
    with tf.variable_scope("net"):
        tf.get_variable("v", [1])
    with tf.variable_scope(*arguments, **keywords) as scope:
        v = tf.get_variable("v", [1], initializer=tf.zeros_initializer)
    assert (v.name, scope.name) == (name, name[:-4])
    with tf.variable_scope(None, "net", [v], tf.constant_initializer(2.0)) as scope:
        assert isinstance(scope.initializer, type(tf.constant_initializer(2.0)))


def test_a_name_scope_takes_a_default_name_as_since_0_11():
    graph = tf.Graph()
    with graph.as_default():
        x = tf.constant(1.0)
    with tf.name_scope(None, "named", [x]) as scope:
        assert (scope, tf.constant(1.0).graph is graph) == ("named/", True)
    with tf.name_scope("other", "named", [x]) as scope:
        assert scope == "other/"
    with pytest.raises(ValueError, match="Both `name` and `default_name` are None"), tf.name_scope(None, values=[x]):
        pass


def test_variable_op_scope_records_where_its_values_are():
    graph = tf.Graph()
    with graph.as_default():
        x = tf.constant(1.0)
    with tf.variable_op_scope([x], "s"):
        assert tf.get_variable("v", []).graph is graph


# -- reuse


def test_reuse():
    with tf.variable_scope("root"):
        with tf.variable_scope("a") as a:
            v = tf.get_variable("v", [1])
        with tf.variable_scope(a, reuse=True):
            assert tf.get_variable("v", [1]) is v
            assert tf.get_variable("v") is v
        with tf.variable_scope("a", reuse=True), tf.variable_scope("", reuse=None) as inherited:
            assert inherited.reuse
        with tf.variable_scope("b", reuse=True), tf.variable_scope("c", reuse=False) as inner:
            assert inner.reuse  # a name inherits it, whatever is said
        with tf.variable_scope("b", reuse=True) as reusing:
            pass
        with tf.variable_scope(reusing) as again, tf.variable_scope(reusing, reuse=False) as not_again:
            assert (again.reuse, not_again.reuse) == (True, False)
    with tf.variable_scope("d"):
        w = tf.get_variable("w", [])
        tf.get_variable_scope().reuse_variables()
        assert tf.get_variable("w", []) is w
    assert not tf.get_variable_scope().reuse


@pytest.mark.parametrize(("call", "kind", "words"), [
    (lambda: tf.get_variable("v", [2]), ValueError,
     r"Variable v already exists, disallowed. Did you mean to set reuse=True in VarScope\? "
     r"Originally defined at:\n\n  File "),
    (lambda: reusing("new", [2]), ValueError,
     r"Variable new does not exist, disallowed. Did you mean to set reuse=None in VarScope\?$"),
    (lambda: reusing("v", [3]), ValueError,
     r"Trying to share variable v, but specified shape \(3,\) and found shape \(2,\)\.$"),
    (lambda: reusing("v", [2], tf.int32), ValueError,
     "Trying to share variable v, but specified dtype int32 and found dtype float32_ref.$"),
    (lambda: tf.get_variable("n"), ValueError,
     r"Shape of a new variable \(n\) must be fully defined, but instead was <unknown>.$"),
    (lambda: tf.get_variable("n", [None, 2]), ValueError,
     r"Shape of a new variable \(n\) must be fully defined, but instead was \(\?, 2\).$"),
    (lambda: tf.get_variable("n", [2], initializer=tf.zeros([2])), ValueError,
     "If initializer is a constant, do not specify shape.$"),
    (lambda: tf.get_variable("n", [2], tf.int32), TypeError,
     r"Expected int32, got -1.73205\d+ of type 'float' instead.$"),
    (lambda: tf.variable_scope(3).__enter__(), TypeError,
     "VariableScope: name_scope must be a string or VariableScope.$"),
    (lambda: tf.variable_scope(None).__enter__(), TypeError,
     "VariableScope: name_scope must be a string or VariableScope.$"),
    (lambda: tf.variable_op_scope([], None).__enter__(), TypeError,
     "If default_name is None then name_or_scope is required$"),
    (lambda: tf.variable_op_scope([], None, "d", reuse=True).__enter__(), ValueError,
     "reuse=True cannot be used without a name_or_scope$"),
])
def test_messages(call, kind, words):
    tf.get_variable("v", [2])
    with pytest.raises(kind, match="^" + words):
        call()


def reusing(*arguments):
    with tf.variable_scope("", reuse=True):
        return _get_default_variable_store().get_variable(*arguments, reuse=True)


def test_the_message_shows_where_a_variable_was_made():
    def make():
        return tf.get_variable("v", [2])

    make()
    with pytest.raises(ValueError, match=re.escape("return tf.get_variable")) as caught:
        make()
    shown = str(caught.value)
    assert shown.count("  File ") == 3
    assert "test_variable_scope.py" in shown.splitlines()[2]


def test_a_store_reuses_what_it_may():
    store = _get_default_variable_store()
    v = store.get_variable("v", [1])
    assert store.get_variable("v", [1]) is v
    with pytest.raises(ValueError, match="already exists"):
        store.get_variable("v", [1], reuse=False)
    with pytest.raises(ValueError, match="does not exist"):
        store.get_variable("u", [1], reuse=True)
    assert [w.name for w in store._vars.values()] == ["v:0"]


def test_graphs_have_stores_of_their_own():
    v = tf.get_variable("v", [1])
    with tf.Graph().as_default():
        assert tf.get_variable("v", [1]) is not v


# -- defaults


def test_the_default_initializer_scales_with_the_inputs():
    with tf.Session() as session:
        v = tf.get_variable("v", [30, 40, 5])
        session.run(v.initializer)
        value = session.run(v)
    bound = np.sqrt(3 / (30 * 40))
    assert abs(value).max() <= bound
    assert abs(value).max() > 0.99 * bound
    assert abs(value.mean()) < 0.05 * bound


def test_scopes_have_defaults():
    with tf.Session() as session:
        three, four = tf.constant_initializer(3.0), tf.constant_initializer(4.0)
        with tf.variable_scope("a", initializer=three) as a:
            with tf.variable_scope("b"):
                inherited = tf.get_variable("v", [])
            a.set_initializer(four)
            changed = tf.get_variable("v", [])
            own = tf.get_variable("w", [], initializer=three)
        with tf.variable_scope(a):
            entered = tf.get_variable("x", [])
        with tf.variable_scope(a, initializer=three):
            given = tf.get_variable("y", [])
        assert tf.get_variable_scope().initializer is None
        variables = [inherited, changed, own, entered, given]
        session.run(tf.initialize_all_variables())
        assert session.run(variables) == [3.0, 4.0, 3.0, 4.0, 3.0]


def test_a_value_initializes():
    with tf.Session() as session:
        v = tf.get_variable("v", initializer=tf.constant([1, 2]))
        w = tf.get_variable("w", initializer=[0.5, 0.25])
        with tf.variable_scope("s", initializer=tf.constant(0.5)):
            x = tf.get_variable("x")
        session.run(tf.initialize_all_variables())
        assert v.dtype == tf.int32_ref
        np.testing.assert_array_equal(session.run(v), [1, 2])
        np.testing.assert_array_equal(session.run(w), [0.5, 0.25])
        assert session.run(x) == 0.5


def test_regularizers():
    with tf.variable_scope("foo", regularizer=lambda v: tf.square(v, name="loss")) as scope:
        v = tf.get_variable("v", [])
        tf.get_variable("none", [], regularizer=tf.no_regularizer)
        with tf.variable_scope("bar", regularizer=tf.no_regularizer):
            tf.get_variable("none", [])
        scope.set_regularizer(lambda v: tf.neg(v))
        tf.get_variable("w", [])
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    assert [loss.name for loss in losses] == ["foo/v/Regularizer/loss:0", "foo/w/Regularizer/Neg:0"]
    with tf.variable_scope("foo", reuse=True, regularizer=tf.square):
        assert tf.get_variable("v", []) is v
    assert tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES) == losses


def test_caching_devices():
    with tf.variable_scope("a", caching_device="/job:near"):
        assert tf.get_variable("v", []).value().device == "/job:near"
        with tf.variable_scope("b", caching_device=""):
            assert tf.get_variable("v", []).value().device == ""
        with tf.variable_scope("c") as c:
            c.set_caching_device("/job:far")
            assert tf.get_variable("v", []).value().device == "/job:far"


def test_collections_and_training():
    tf.get_variable("a", [], trainable=False)
    tf.get_variable("b", [], collections=["mine"])
    assert [v.name for v in tf.all_variables()] == ["a:0"]
    assert [v.name for v in tf.get_collection("mine")] == ["b:0"]
    assert [v.name for v in tf.trainable_variables()] == ["b:0"]


# -- initializers


@pytest.mark.parametrize(("initializer", "wanted"), [
    (tf.zeros_initializer, [[0, 0, 0], [0, 0, 0]]), (tf.ones_initializer, [[1, 1, 1], [1, 1, 1]]),
    (tf.zeros_initializer(), [[0, 0, 0], [0, 0, 0]]), (tf.ones_initializer(), [[1, 1, 1], [1, 1, 1]]),
    (tf.constant_initializer(2.5), [[2.5] * 3] * 2), (tf.constant_initializer([1, 2]), [[1, 2, 2], [2, 2, 2]]),
])
def test_constant_initializers(initializer, wanted):
    with tf.Session() as session:
        v = tf.get_variable("v", [2, 3], tf.float64, initializer=initializer)
        session.run(v.initializer)
        value = session.run(v)
    assert value.dtype == np.float64
    np.testing.assert_array_equal(value, wanted)


@pytest.mark.parametrize(("initializer", "reference"), [
    (tf.random_uniform_initializer(-1.0, 3.0, seed=7), lambda: tf.random_uniform([5], -1.0, 3.0, seed=7)),
    (tf.random_normal_initializer(1.0, 2.0, seed=7), lambda: tf.random_normal([5], 1.0, 2.0, seed=7)),
    (tf.truncated_normal_initializer(1.0, 2.0, seed=7), lambda: tf.truncated_normal([5], 1.0, 2.0, seed=7)),
    (tf.uniform_unit_scaling_initializer(1.5, seed=7), lambda: tf.random_uniform(
        [5], -1.5 * 3**0.5, 1.5 * 3**0.5, seed=7)),
    (tf.uniform_unit_scaling_initializer(seed=7, full_shape=[12, 5]), lambda: tf.random_uniform(
        [5], -0.5, 0.5, seed=7)),
])
def test_random_initializers(initializer, reference):
    with tf.Session() as session:
        np.testing.assert_array_equal(*session.run([initializer([5]), reference()]))


@pytest.mark.parametrize("make", [
    tf.random_uniform_initializer, tf.random_normal_initializer, tf.truncated_normal_initializer,
    tf.uniform_unit_scaling_initializer])
def test_random_initializers_are_of_floats(make):
    with pytest.raises(ValueError, match=r"Expected floating point type, got <dtype: 'int32'>."):
        make(dtype=tf.int32)
    with pytest.raises(ValueError, match="Expected floating point type"):
        make(dtype=tf.string)


def test_libraries_put_a_scope_of_their_own_into_the_collection():
    before = tf.get_variable_scope()
    kept = tf.get_collection_ref(_VARSCOPE_KEY)
    kept[0] = tf.VariableScope(before.reuse, name="inner", initializer=tf.constant_initializer(3.0))
    v = tf.get_variable("v", [2])
    kept[0] = before
    assert (v.op.name, tf.get_variable("v", [2]).op.name) == ("inner/v", "v")
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        assert session.run(v).tolist() == [3.0, 3.0]
