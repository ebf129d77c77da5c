"""What operations cost, in `tracer.dump`: the arithmetic that the compiler counts."""

import jax
import numpy as np
import pytest

import tracer as tf
from lowering import view
from lowering.view import costs
from tests.test_dump import program_of
from tracer.commands import watching


def test_costs_are_the_arithmetic_of_each_operation():
    x = tf.placeholder(tf.float32, [None, 7], name="x")
    w = tf.Variable(np.ones([7, 3], np.float32), name="w")
    y = tf.tanh(tf.matmul(x, w, name="product"), name="bent")
    loss = tf.reduce_sum(y, name="loss")
    step = tf.train.GradientDescentOptimizer(0.5).minimize(loss, name="step")
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    with watching() as watcher:
        session.run([step, loss], {x: np.ones([5, 7])})
    program = program_of(watcher, "cost")
    rows = {(row["operation"], row["backward"]): row for row in program["costs"]}
    add = 7 * 3  # the zero that a gradient is taken by
    assert rows["product", False]["flops"] == 2 * 5 * 7 * 3 + add
    assert rows["product", True]["flops"] == 2 * 5 * 7 * 3
    assert rows["bent", False]["transcendentals"] == 5 * 3
    assert rows["loss", False]["flops"] == 5 * 3 - 1
    assert rows["product", True]["bytes"] >= 4 * (5 * 3 + 5 * 7 + 7 * 3)
    assert rows["product", False]["line"] == y.op.inputs[0].op.where.line
    assert sum(row["share"] for row in program["costs"]) == pytest.approx(1, abs=1e-4)
    cost = program["cost"]
    assert cost["argument bytes"] == 4 * (7 * 3 + 5 * 7)
    assert cost["output bytes"] >= 4 * (7 * 3 + 1)
    assert cost["peak bytes"] >= cost["argument bytes"]


FLOATS, WHOLE, TRUE = np.full([6, 4], 0.5, np.float32), np.ones([6, 4], np.uint32), np.ones([6, 4], bool)
CALLS = {
    "bitcast_convert_type": lambda: jax.lax.bitcast_convert_type(FLOATS, np.uint32),
    "copy": lambda: jax.lax.copy_p.bind(FLOATS),
    "broadcast_in_dim": lambda: jax.lax.broadcast_in_dim(FLOATS, (2, 6, 4), (1, 2)),
    "clamp": lambda: jax.lax.clamp(np.float32(0), FLOATS, np.float32(1)),
    "concatenate": lambda: jax.lax.concatenate([FLOATS, FLOATS], 0),
    "convert_element_type": lambda: jax.lax.convert_element_type(jax.lax.neg(WHOLE), np.float32),
    "dynamic_slice": lambda: jax.lax.dynamic_slice(FLOATS, (WHOLE[0, 0], WHOLE[0, 0]), (2, 2)),
    "dynamic_update_slice": lambda: jax.lax.dynamic_update_slice(FLOATS, FLOATS[:2], (WHOLE[0, 0], WHOLE[0, 0])),
    "gather": lambda: jax.numpy.take(FLOATS, WHOLE[0], axis=0, mode="clip"),
    "iota": lambda: jax.lax.iota(np.int32, 24),
    "pad": lambda: jax.lax.pad(FLOATS, np.float32(0), ((1, 1, 0), (0, 0, 0))),
    "reshape": lambda: jax.lax.reshape(FLOATS, (24,)),
    "rev": lambda: jax.lax.rev(FLOATS, (0,)),
    "select_n": lambda: jax.lax.select_n(TRUE, FLOATS, FLOATS),
    "slice": lambda: jax.lax.slice(FLOATS, (1, 1), (3, 3)),
    "squeeze": lambda: jax.lax.squeeze(FLOATS[None], (0,)),
    "transpose": lambda: jax.lax.transpose(FLOATS, (1, 0)),
}
NAMES = {"and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "not": "bitwise_not"}
SHIFTS = {"shift_left", "shift_right_arithmetic", "shift_right_logical"}
OF_WHOLE = {*NAMES, *SHIFTS, "clz", "population_count"}
OF_TWO = {*SHIFTS, *"add and atan2 div eq ge gt le lt max min mul ne or pow rem sub xor".split()}


def called(name):
    """A call of a primitive."""
    function = getattr(jax.lax, NAMES.get(name, name))
    if name.startswith("reduce_"):
        return lambda: function(TRUE if name in ("reduce_and", "reduce_or") else FLOATS, (0,))
    array = WHOLE if name in OF_WHOLE else FLOATS
    return lambda: function(*[array] * (2 if name in OF_TWO else 1))


@pytest.mark.parametrize("name", sorted(costs.MOVING | costs.TRANSCENDENTAL | costs.ELEMENTWISE | costs.REDUCING))
def test_what_is_counted_is_what_the_compiler_counts(name):
    jaxpr = jax.make_jaxpr(CALLS.get(name) or called(name))()
    inside = [equation for one in jaxpr.eqns for inner, _ in costs._inside(one) for equation in inner.eqns]
    equation = next(one for one in [*jaxpr.eqns, *inside] if one.primitive.name == name)
    ours, said = costs.cost_of(equation, {}), costs.asked(equation)
    assert (ours.flops, ours.transcendentals) == (said.flops, said.transcendentals)


def conditional(x):
    return tf.cond(tf.less(tf.reduce_sum(x), 1.0), lambda: tf.matmul(tf.matmul(x, x), x), lambda: x, name="choice")


@pytest.mark.parametrize("model", [
    lambda x: tf.nn.softmax(tf.matmul(x, x)),
    lambda x: tf.nn.conv2d(tf.reshape(x, [1, 16, 16, 1]), tf.reshape(x, [2, 2, 1, 64]), [1, 1, 1, 1], "VALID"),
    lambda x: tf.nn.max_pool(tf.reshape(x, [1, 16, 16, 1]), [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
    lambda x: tf.nn.moments(x, [0])[1] * tf.exp(x),
    conditional,
], ids=["softmax", "convolution", "pooling", "moments", "conditional"])
def test_costs_of_operations_sum_to_what_the_compiler_counts(model):
    x = tf.placeholder(tf.float32, [16, 16])
    y = model(x)
    with watching() as watcher:
        tf.Session().run(y, {x: np.full([16, 16], 1e-3)})
    program, = view.stages(watcher.runs[0].executable)
    compilation = view.Compilation(program.program, *program.program.variants[0], "model")
    said = compilation._lowered.cost_analysis()
    ours = compilation.costs().values()
    assert sum(cost.flops for cost in ours) == pytest.approx(said["flops"], rel=0.03)
    assert sum(cost.transcendentals for cost in ours) == pytest.approx(said.get("transcendentals", 0), rel=0.03)


def test_a_loop_costs_as_often_as_it_turns():
    x = tf.placeholder(tf.float32, [12, 16], name="x")
    y = tf.scan(lambda carried, one: tf.tanh(carried + one, name="bent"), x, initializer=tf.zeros([16]))
    step, = tf.gradients(tf.reduce_sum(y), x)
    with watching() as watcher:
        tf.Session().run(step, {x: np.ones([12, 16])})
    rows = program_of(watcher, "cost")["costs"]
    bent = [row for row in rows if row["operation"].endswith("bent") and not row["backward"]]
    assert sum(row["transcendentals"] for row in bent) == 12 * 16
