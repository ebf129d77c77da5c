"""`tf.contrib.graph_editor`; what the walks, views and copies hold is what 0.12.1 gives for the same graph."""

import types

import numpy as np
import pytest

import tracer as tf
from tracer.contrib import graph_editor as ge


@pytest.fixture
def made():
    a, b = tf.constant(1.0, name="a"), tf.constant(2.0, name="b")
    c = tf.add(a, b, name="c")
    with tf.name_scope("s"):
        d = tf.mul(c, a, name="d")
        e = tf.neg(d, name="e")
    return types.SimpleNamespace(a=a, b=b, c=c, d=d, e=e, graph=tf.get_default_graph())


def names(found):
    return sorted(one.name for one in found)


def test_walks(made):
    a, c, d, e = made.a, made.c, made.d, made.e
    assert names(ge.get_backward_walk_ops([e.op])) == ["a", "b", "c", "s/d", "s/e"]
    assert names(ge.get_backward_walk_ops(e)) == ["a", "b", "c", "s/d", "s/e"]
    assert names(ge.get_backward_walk_ops([e.op], inclusive=False)) == ["a", "b", "c", "s/d"]
    assert names(ge.get_backward_walk_ops([e.op], stop_at_ts=[c])) == ["a", "s/d", "s/e"]
    assert names(ge.get_backward_walk_ops(e, within_ops=[d.op, e.op, c.op])) == ["c", "s/d", "s/e"]
    assert names(ge.get_forward_walk_ops([a.op])) == ["a", "c", "s/d", "s/e"]
    assert names(ge.get_forward_walk_ops(a)) == ["c", "s/d", "s/e"]
    assert names(ge.get_forward_walk_ops([c.op], inclusive=False)) == ["s/d", "s/e"]
    assert names(ge.get_walks_intersection_ops([a.op], [d.op])) == ["a", "c", "s/d"]
    assert names(ge.get_walks_union_ops([d.op], [c.op])) == ["a", "b", "c", "s/d", "s/e"]
    assert names(ge.get_generating_ops([d, c])) == ["c", "s/d"]
    assert names(ge.get_consuming_ops([a, c])) == ["c", "s/d"]


def test_control_edges_are_followed_where_asked(made):
    with tf.control_dependencies([made.e]):
        last = tf.constant(0.0, name="last")
    assert names(ge.get_backward_walk_ops([last.op])) == ["last"]
    assert names(ge.get_backward_walk_ops([last.op], control_inputs=True)) == ["a", "b", "c", "last", "s/d", "s/e"]
    assert names(ge.get_forward_walk_ops([made.d.op], control_outputs=True)) == ["last", "s/d", "s/e"]


def test_names_select(made):
    assert names(ge.select_ops("s/.*", graph=made.graph)) == ["s/d", "s/e"]
    assert names(ge.select_ts(".*d.*|c.*", graph=made.graph)) == ["c:0", "s/d:0"]
    assert names(ge.get_tensors(made.graph)) == ["a:0", "b:0", "c:0", "s/d:0", "s/e:0"]
    assert names(ge.get_name_scope_ops(made.graph, "s")) == ["s/d", "s/e"]
    assert names(ge.filter_ops_from_regex(made.graph, "^a")) == ["a"]
    with pytest.raises(ValueError, match="Use the keyword argument 'graph' to use regex"):
        ge.select_ops("s")
    with pytest.raises(TypeError, match="Expected Operation, got: <class 'int'>"):
        ge.make_list_of_op([5])


def test_views(made):
    view = ge.make_view([made.d.op, made.e.op])
    assert (names(view.ops), names(view.inputs), names(view.outputs)) == (["s/d", "s/e"], ["a:0", "c:0"], ["s/e:0"])
    assert names(ge.sgv_scope("s", made.graph).inputs) == ["a:0", "c:0"]
    assert names(ge.sgv([made.c.op]).outputs) == ["c:0"]
    assert "** inputs[2]:\n  c:0\n  a:0\n" in str(view)
    assert not ge.SubGraphView()


def test_tensors_are_replaced(made):
    n = tf.constant(10.0, name="n")
    with tf.Session() as session:
        first = ge.graph_replace(made.e, {made.c: n})
        assert first.name == "s/e_1:0"
        assert session.run([first, made.e]) == [-10.0, -3.0]
        both = ge.graph_replace([made.e, made.d], {made.a: n})
        assert [one.name for one in both] == ["s/e_2:0", "s/d_2:0"]
        assert session.run(both) == [-120.0, 120.0]
        assert session.run(tf.gradients(both[0], n)) == [-22.0]
        below = ge.graph_replace({"x": made.e}, {made.a: n}, dst_scope="copied")
        assert below["x"].name == "copied/s/e:0"
        with pytest.raises(ValueError, match="Targets and replacements are not connected!"):
            ge.graph_replace(made.e, {n: made.c})
        view, info = ge.copy_with_input_replacements(ge.sgv([made.d.op, made.e.op]), {made.c: n}, dst_scope="w")
        assert names(view.ops) == ["w/s/d", "w/s/e"]
        assert info.transformed(made.e).name == "w/s/e:0"
        assert info.transformed(made.d.op).name == "w/s/d"
        assert info.transformed(made.b, "none") == "none"


def test_variables_stay_shared():
    v = tf.Variable(np.float32([1, 2]))
    x, y = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32, [2])
    other = ge.graph_replace(tf.reduce_sum(x * v), {x: y})
    with tf.Session() as session:
        session.run(v.initializer)
        assert session.run(other, {y: [3, 4]}) == 11.0


def test_what_has_no_counterpart_says_so(made):
    with pytest.raises(NotImplementedError, match=r"graph_editor\.swap_ts changes operations"):
        ge.swap_ts([made.a], [made.b])
    with pytest.raises(NotImplementedError, match=r"graph_editor\.add_control_inputs changes"):
        ge.reroute.add_control_inputs(made.e.op, [made.a.op])
    inner = []
    tf.while_loop(lambda i: i < 3.0, lambda i: inner.append(i + made.a) or inner[0], [made.b])
    with pytest.raises(NotImplementedError, match="is part of a conditional or a loop"):
        ge.graph_replace(inner[0], {made.a: made.c})
    slope, = tf.gradients(made.e, made.a)
    with pytest.raises(NotImplementedError, match="takes gradients"):
        ge.graph_replace(slope, {made.a: made.c})
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        ge.nonsense  # noqa: B018


def test_handlers_say_what_inputs_become(made):
    ten = tf.constant(10.0, name="ten")
    copier = ge.Transformer()
    copier.transform_external_input_handler = (
        lambda info, t: ten if t is made.c else ge.keep_t_if_possible_handler(info, t))
    view, info = copier(ge.sgv([made.d.op, made.e.op]), made.graph, "k")
    assert names(view.ops) == ["k/s/d", "k/s/e"]
    assert info.transformed(made.e).name == "k/s/e:0"
    assert info.original(info.transformed(made.d)) is made.d
    assert (info.transformed(made.b, "none"), info.transformed(made.a)) == ("none", made.a)
    with tf.Session() as session:
        assert session.run(info.transformed(made.e)) == -10.0


def test_each_operation_by_a_copier_of_its_own(made):
    ten = tf.constant(10.0, name="ten")
    became = {made.c: ten}
    for op in (made.d.op, made.e.op):
        copier = ge.Transformer()
        copier.transform_external_input_handler = lambda info, t: became.get(t, t)
        view = ge.make_view([op])
        _, info = copier(view, view.graph, "", "", reuse_dst_scope=False)
        became[op.outputs[0]] = info.transformed(op.outputs[0])
    with tf.Session() as session:
        assert session.run([became[made.e], made.e]) == [-10.0, -3.0]


def test_copies_take_placeholders(made):
    view, info = ge.copy(ge.sgv([made.d.op, made.e.op]), dst_scope="w")
    assert names(view.ops) == ["w/s/d", "w/s/e"]
    assert names(view.inputs) == ["w/geph__a_0:0", "w/geph__c_0:0"]
    with tf.Session() as session:
        assert session.run(info.transformed(made.e), {"w/geph__a_0:0": 3.0, "w/geph__c_0:0": 4.0}) == -12.0
    assert ge.copy(ge.sgv([made.e.op]), dst_scope="w")[0].ops[0].name == "w_1/s/e"
    assert ge.copy(ge.sgv([made.e.op]), dst_scope="x/y", src_scope="s")[0].ops[0].name == "x/y/e"
    with pytest.raises(ValueError, match="c does not belong to source scope: s/"):
        ge.copy(ge.sgv([made.c.op]), dst_scope="x", src_scope="s")


def test_copies_in_another_graph(made):
    other = tf.Graph()
    view, info = ge.copy(ge.sgv([made.c.op, made.d.op, made.e.op]), dst_graph=other)
    assert info.transformed(made.e).graph is other
    with tf.Session(graph=other) as session:
        assert session.run(info.transformed(made.e), {"geph__a_0:0": 3.0, "geph__b_0:0": 4.0}) == -21.0
    with pytest.raises(TypeError, match=r"Expected a tf\.Graph, got"):
        ge.Transformer()(view, "graph", "")


def test_what_copies_wait_for(made):
    with tf.control_dependencies([made.d.op, made.a.op]):
        last = tf.identity(made.c, name="last")
    copier = ge.Transformer()
    copier.transform_external_input_handler = ge.keep_t_if_possible_handler
    _, info = copier(ge.sgv([made.d.op, last.op]), made.graph, "k")
    assert names(info.transformed(last.op).control_inputs) == ["a", "k/s/d"]
    copier.transform_control_input_handler = lambda info, op: made.b.op
    _, info = copier(ge.sgv([last.op]), made.graph, "l")
    assert names(info.transformed(last.op).control_inputs) == ["b"]


def test_operations_are_copied_by_handlers(made):
    copier = ge.Transformer()
    copier.transform_op_handler = lambda info, op: ge.copy_op_handler(info, made.c.op if op is made.d.op else op)
    _, info = copier(ge.sgv([made.d.op, made.e.op]), made.graph, "k")
    assert info.transformed(made.d.op).type == "Add"
    assert info.transformed(made.e.op).inputs[0] is info.transformed(made.d.op).outputs[0]


def test_names_of_placeholders(made):
    assert [ge.placeholder_name(made.d), ge.placeholder_name(made.d, ""), ge.placeholder_name(made.d, "x/")] == [
        "s/geph__d_0", "geph__d_0", "x/geph__d_0"]
    assert [ge.placeholder_name(), ge.ph(tf.float32, [2], scope="q").name] == ["geph", "q/geph:0"]


def test_copies_are_collected_below_their_scope(made):
    tf.add_to_collection("losses", made.d)
    copier = ge.Transformer()
    view, info = copier(ge.sgv([made.d.op]), made.graph, "k")
    assert tf.get_collection("k/losses") == [info.transformed(made.d)]
    assert tf.get_collection("losses") == [made.d]
    assert copier.new_name("s/d") == "k/s/d"
    assert view.ops[0].name == "k/s/d"


@pytest.fixture
def branching():
    """`result` is (`chosen` + 1) * (2x) ** 3 where that grows; `chosen` is 2x + 1 or x where `p` holds, else (2x) ** 2."""
    x, p = tf.placeholder(tf.float32, [], name="x"), tf.placeholder(tf.bool, [], name="p")
    y = x * 2
    chosen = tf.cond(p, lambda: tf.cond(y > 3, lambda: y + 1, lambda: y - x), lambda: tf.square(y))
    _, result = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, tf.cond(a > y, lambda: a * y, lambda: a + x)),
                              [tf.constant(0), chosen + 1])
    return types.SimpleNamespace(x=x, p=p, chosen=chosen, result=result)


def test_conditionals_and_loops_are_copied(branching):
    five = tf.constant(5.0, name="five")
    copied, chosen = ge.graph_replace([branching.result, branching.chosen], {branching.x: five})
    slope, = tf.gradients(copied, five)
    with tf.Session() as session:
        for p, values in ((True, [12000.0, 11.0, 9200.0]), (False, [101000.0, 100.0, 100600.0])):
            assert session.run([copied, chosen, slope], {branching.p: p}) == values
            original = session.run([branching.result, branching.chosen], {branching.p: p, branching.x: 5.0})
            assert original == values[:2]
    names = [op.name for op in tf.get_default_graph().get_operations()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("p", "value"), [(True, 12000.0), (False, 101000.0)])
def test_copied_conditionals_and_loops_are_exported(branching, p, value):
    copied = ge.graph_replace(branching.result, {branching.x: tf.constant(5.0)}, dst_scope="w")
    written = tf.get_default_graph().as_graph_def()
    assert {node.attr["frame_name"].s for node in written.node if node.op == "Enter"} == {b"while/", b"w/while/"}
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(written, name="")
        x, result = session.graph.get_tensor_by_name("x:0"), session.graph.get_tensor_by_name(branching.result.name)
        again = ge.graph_replace(result, {x: tf.constant(5.0)})
        assert session.run([copied.name, again], {"p:0": p, "x:0": 0.0}) == [value, value]


def test_conditionals_and_loops_are_copied_to_another_graph(branching):
    other = tf.Graph()
    _, info = ge.copy(tf.get_default_graph(), dst_graph=other)
    result = info.transformed(branching.result)
    assert result.graph is other
    with tf.Session(graph=other) as session:
        assert session.run(result, {"x:0": 5.0, "p:0": True}) == 12000.0
        assert session.run(result, {"x:0": 0.5, "p:0": True}) == 1.5


def test_a_conditional_by_a_copier_of_its_own(branching):
    became = {branching.x: tf.constant(5.0)}
    part = {op for op in ge.get_backward_walk_ops(branching.result) if op.type != "Placeholder"}
    for op in sorted(part, key=lambda op: op._id):
        copier = ge.Transformer()
        copier.transform_external_input_handler = lambda info, t: became.get(t, t)
        view = ge.make_view([op])
        _, info = copier(view, view.graph, "", "")
        became.update((output, info.transformed(output)) for output in op.outputs)
    with tf.Session() as session:
        assert session.run(became[branching.result], {branching.p: True}) == 12000.0
