"""`tf.contrib.slim.nets`: the same variables, end points and windows as in 0.12.1, so that checkpoints load."""

import numpy as np

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import networks

# The tolerance of the values: normalization by batches of a few numbers makes rounding errors larger.
image = np.random.RandomState(0).rand(2, 48, 48, 3).astype(np.float32)


def described(module, name, size, defaults=None, options=None, **kwargs):
    return case(networks.described, module, name, size, defaults, options or {}, gradient=False, feed=False, **kwargs)


@parity([
    described("alexnet", "alexnet_v2", 224, "alexnet_v2_arg_scope"),
    described("overfeat", "overfeat", 231, "overfeat_arg_scope"),
    described("vgg", "vgg_a", 224, "vgg_arg_scope"),
    described("vgg", "vgg_16", 224, "vgg_arg_scope", num_classes=7, scope="mine"),
    described("vgg", "vgg_e", 256, spatial_squeeze=False),
    described("inception", "inception_v1", 224, "inception_v1_arg_scope"),
    described("inception", "inception_v1", 224, "inception_v1_arg_scope", {"use_batch_norm": False}, is_training=False),
    described("inception", "inception_v2", 224, "inception_v2_arg_scope"),
    described("inception", "inception_v2", 96, depth_multiplier=0.1, min_depth=4, num_classes=3),
    described("inception", "inception_v3", 299, "inception_v3_arg_scope"),
    described("inception", "inception_v3", 139, depth_multiplier=0.1, min_depth=4, is_training=False,
              spatial_squeeze=False),
    described("inception_v3", "inception_v3_base", 139, final_endpoint="Mixed_5d"),
    described("resnet_v1", "resnet_v1_50", 129, "resnet_arg_scope", num_classes=3),
    described("resnet_v2", "resnet_v2_50", 129, "resnet_arg_scope", {"batch_norm_scale": False}),
    described("resnet_v2", "resnet_v2_101", 129, num_classes=3, global_pool=False),
])
def test_networks(case):
    case.check()


@parity([
    case(networks.refused, "inception", "inception_v1_base", final_endpoint="no", raises=True),
    case(networks.refused, "inception", "inception_v2", depth_multiplier=0.0, raises=True),
    case(networks.refused, "resnet_v1", "resnet_v1_50", output_stride=6, raises=True),
    case(networks.residual, "v1", image, gradient=False, feed=False, tolerance=2e-3),
    case(networks.residual, "v2", image, output_stride=8, num_classes=4, global_pool=False, gradient=False, feed=False,
         tolerance=2e-3),
])
def test_values(case):
    case.check()


def test_an_image_of_unknown_size():
    from tracer.contrib.slim.nets import inception, resnet_v1

    logits, _ = inception.inception_v1(tf.placeholder(tf.float32, [None, 224, 224, 3]), 5)
    assert logits.get_shape().as_list() == [None, 5]
    net, ends = resnet_v1.resnet_v1_50(tf.placeholder(tf.float32, [1, None, None, 3]), 5, global_pool=False)
    assert net.get_shape().as_list() == [1, None, None, 5] == ends["predictions"].get_shape().as_list()
    assert inception.inception_v3.default_image_size == 299
