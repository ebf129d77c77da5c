"""Cells over time and frequency with the arguments of 0.10 to 0.12: what TensorFlow 0.12.1 gave for two steps."""

import numpy as np
import pytest

import tracer as tf

EACH = dict(feature_size=3, frequency_skip=1)
BLOCKS = dict(feature_size=2, frequency_skip=1, start_freqindex_list=[0, 2], end_freqindex_list=[2, 5])
CASES = {
    "one block": ("GridLSTMCell", 5, dict(num_frequency_blocks=[3], **EACH)),
    "seeing the states": ("GridLSTMCell", 5, dict(num_frequency_blocks=[3], use_peepholes=True, cell_clip=0.4, **EACH)),
    "one weight": ("GridLSTMCell", 5, dict(num_frequency_blocks=[3], use_peepholes=True, share_time_frequency_weights=True,
                                           num_unit_shards=2, **EACH)),
    "coupled": ("GridLSTMCell", 5, dict(num_frequency_blocks=[3], use_peepholes=True, couple_input_forget_gates=True,
                                        **EACH)),
    "tuple": ("GridLSTMCell", 5, dict(num_frequency_blocks=[3], state_is_tuple=True, forget_bias=0.5, **EACH)),
    "two blocks": ("GridLSTMCell", 5, dict(num_frequency_blocks=[1, 2], **BLOCKS)),
    "two blocks, tuple": ("GridLSTMCell", 5, dict(num_frequency_blocks=[1, 2], state_is_tuple=True, **BLOCKS)),
    "both ways": ("BidirectionalGridLSTMCell", 5, dict(num_frequency_blocks=[3], use_peepholes=True, **EACH)),
    "both ways, coupled": ("BidirectionalGridLSTMCell", 5, dict(num_frequency_blocks=[3], couple_input_forget_gates=True,
                                                                cell_clip=0.4, **EACH)),
    "both ways, further on": ("BidirectionalGridLSTMCell", 6, dict(num_frequency_blocks=[2], backward_slice_offset=1,
                                                                   feature_size=3, frequency_skip=2)),
    "both ways, further back": ("BidirectionalGridLSTMCell", 6, dict(num_frequency_blocks=[2], backward_slice_offset=-2,
                                                                     feature_size=3, frequency_skip=2)),
    "both ways, two blocks": ("BidirectionalGridLSTMCell", 5, dict(num_frequency_blocks=[1, 2], **BLOCKS)),
}
NUMBERS = {  # the last row of the second output and of the last state
    "one block": (
        [0.1514848, 0.0817673, 0.293364, 0.1289584, -0.1446015, 0.117499],
        [0.3550535, 0.1514848, 0.8125445, 0.293364, -0.3140823, -0.1446015]),
    "seeing the states": (
        [0.1514848, 0.0817673, 0.1638794, 0.1275514, -0.1352051, 0.1177386],
        [0.3550535, 0.1514848, 0.4, 0.1638794, -0.2921872, -0.1352051]),
    "one weight": (
        [0.172165, 0.0885822, 0.2884974, 0.1443659, -0.1989547, 0.1412712],
        [0.4259217, 0.172165, 0.9680347, 0.2884974, -0.4298347, -0.1989547]),
    "coupled": (
        [-0.0490754, 0.0343711, 0.2262389, 0.0606663, 0.0989288, 0.083924],
        [-0.0839628, -0.0490754, 0.4832878, 0.2262389, 0.2379358, 0.0989288]),
    "tuple": (
        [0.2203877, 0.0835481, 0.1593861, 0.1189461, -0.1906208, 0.0993249],
        [0.5344219, 0.2203877, 0.3888112, 0.1593861, -0.4297513, -0.1906208]),
    "two blocks": (
        [0.1221474, 0.0642047, 0.1038015, 0.0395903, -0.0339426, -0.0199216],
        [0.2815046, 0.1221474, 0.2292569, 0.1038015, -0.062375, -0.0339426]),
    "two blocks, tuple": (
        [0.2778886, 0.0742424, 0.0975135, 0.0397097, -0.3963329, -0.0329077],
        [0.7396057, 0.2778886, 0.2149435, 0.0975135, -0.8996077, -0.3963329]),
    "both ways": (
        [
            0.2671903, 0.0838443, 0.1791163, 0.127695, -0.2393729, 0.1190764, 0.1858558, 0.0125673, 0.2266764,
            0.0857796, -0.0036861, 0.1324404],
        [
            0.6793043, 0.2671903, 0.4428063, 0.1791163, -0.5613793, -0.2393729, 0.4078012, 0.1858558,
            0.5928886, 0.2266764, -0.0083109, -0.0036861]),
    "both ways, coupled": (
        [
            0.1697772, 0.0824447, 0.1635551, 0.127452, -0.1351277, 0.1179797, 0.1514512, 0.0129059, 0.1610829,
            0.0852595, -0.0036639, 0.1323966],
        [
            0.4, 0.1697772, 0.4, 0.1635551, -0.2923473, -0.1351277, 0.3275664, 0.1514512, 0.4, 0.1610829,
            -0.0082618, -0.0036639]),
    "both ways, further on": (
        [0.2762777, 0.0801694, -0.088372, 0.008077, -0.4282491, -0.0802399, 0.197454, -0.0338797],
        [0.7652127, 0.2762777, -0.1596789, -0.088372, -1.001693, -0.4282491, 0.4444316, 0.197454]),
    "both ways, further back": (
        [0.2762777, 0.0801694, -0.088372, 0.008077, -0.0263793, 0.0742976, 0.1497859, 0.0783256],
        [0.7652127, 0.2762777, -0.1596789, -0.088372, -0.0640112, -0.0263793, 0.3041501, 0.1497859]),
    "both ways, two blocks": (
        [
            0.2778886, 0.0742424, 0.0975135, 0.0397097, -0.3963329, -0.0329077, 0.260051, 0.0731125,
            0.0101383, -0.0514, -0.2041261, -0.0099555],
        [
            0.7396057, 0.2778886, 0.2149435, 0.0975135, -0.8996077, -0.3963329, 0.6746407, 0.260051,
            0.0187125, 0.0101383, -0.4715073, -0.2041261]),
}


def weights(shape, dtype=None, partition_info=None):
    return tf.constant(np.sin(np.arange(np.prod(shape)) * 1.7).reshape(shape) * 0.5, tf.float32)


@pytest.mark.parametrize("name", CASES)
def test_two_steps(name):
    kind, columns, options = CASES[name]
    cell = getattr(tf.contrib.rnn, kind)(1, **options)
    x = tf.constant(np.cos(np.arange(2.0 * columns)).reshape(2, columns), tf.float32)
    sizes = cell.state_size
    if isinstance(sizes, int):
        state = tf.constant(np.sin(np.arange(2.0 * sizes)).reshape(2, sizes), tf.float32)
    else:
        state = type(sizes)(*[tf.constant(np.sin(i + np.arange(2.0)).reshape(2, 1), tf.float32) for i in range(len(sizes))])
    with tf.variable_scope("cell", initializer=weights):
        _, state = cell(x, state)
        tf.get_variable_scope().reuse_variables()
        second, last = cell(x * 0.5, state)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        output, last = session.run([second, last if isinstance(sizes, int) else list(last)])
    found = last[1] if isinstance(sizes, int) else [part[1, 0] for part in last]
    assert cell.output_size == second.get_shape()[1]
    np.testing.assert_allclose(output[1], NUMBERS[name][0], atol=3e-7)
    np.testing.assert_allclose(found, NUMBERS[name][1], atol=3e-7)


def test_names():
    cell = tf.contrib.rnn.BidirectionalGridLSTMCell(2, use_peepholes=True, share_time_frequency_weights=True,
                                                    num_frequency_blocks=[1, 2], **BLOCKS)
    state = cell.zero_state(3, tf.float32)
    assert state._fields == cell.state_tuple_type._fields == tuple(
        f"{way}_state_f{window}_b{block}_{part}" for way in ("fwd", "bwd")
        for window, block in (("00", "00"), ("00", "01"), ("01", "01")) for part in "cm")
    cell(tf.zeros([3, 5]), state)
    peepholes = [f"W_{gate}_diag_freq{seen}" for gate in "FIO" for seen in "ft"]
    assert [v.op.name for v in tf.all_variables()] == [
        f"BidirectionalGridLSTMCell/{way}/{name}" for way in ("fwd", "bwd") for block in "01"
        for name in (f"W_f_{block}_0", f"B_f_{block}", *(f"{one}_{block}" for one in peepholes))]


def test_names_as_0_8_had_them():
    tf.contrib.rnn.GridLSTMCell(2, **EACH)(tf.zeros([3, 5]), tf.zeros([3, 12]))
    assert [v.op.name for v in tf.all_variables()] == [
        f"GridLSTMCell/{name}" for name in ("W_f_0", "B_f", "W_t_0", "B_t")]


@pytest.mark.parametrize(("kind", "options", "message"), [
    ("GridLSTMCell", dict(num_frequency_blocks=[2], **EACH), "Invalid num_frequency_blocks, requires 2 but gets 3"),
    ("GridLSTMCell", dict(num_frequency_blocks=[2, 1], **EACH), "Length of num_frequency_blocks is not 1, but instead is 2"),
    ("GridLSTMCell", dict(num_frequency_blocks=[2], **BLOCKS),
     "Length of num_frequency_blocks is not equal to start_freqindex_list 1 2"),
    ("GridLSTMCell", dict(state_is_tuple=True, **EACH), "Must specify num_frequency_blocks"),
    ("BidirectionalGridLSTMCell", EACH, "Must specify num_frequency_blocks"),
])
def test_blocks_that_do_not_fit(kind, options, message):
    with pytest.raises(ValueError, match=message):
        getattr(tf.contrib.rnn, kind)(2, **options)(tf.zeros([3, 5]), tf.zeros([3, 12]))
