"""Recipes about `tf.contrib.slim.nets`."""

import importlib


def module_of(tf, name):
    """The module of that name, of the real TensorFlow or of ours."""
    if tf.__name__ != "tensorflow":
        return importlib.import_module("tracer.contrib.slim.nets." + name)
    importlib.import_module("tensorflow.contrib.slim.nets")  # which must come before its parts
    return importlib.import_module("tensorflow.contrib.slim.python.slim.nets." + name)


def built(tf, module, name, size, defaults, options, **kwargs):
    """A network over an image of that size: what it gives, with `defaults` the scope that it was trained with."""
    nets = module_of(tf, module)
    if defaults is None:
        return getattr(nets, name)(tf.zeros([2, size, size, 3]), **kwargs)
    with tf.contrib.slim.arg_scope(getattr(nets, defaults)(**options)):
        return getattr(nets, name)(tf.zeros([2, size, size, 3]), **kwargs)


def described(tf, module, name, size, defaults, options, **kwargs):
    """Every end point, variable, loss and window of a network, a line each."""
    logits, ends = built(tf, module, name, size, defaults, options, **kwargs)
    lines = ["%s %s" % (logits.op.name, logits.get_shape().as_list())]
    for end in ends if hasattr(ends, "move_to_end") or type(ends).__name__ == "OrderedDict" else sorted(ends):
        lines.append("end %s %s" % (end, ends[end].get_shape().as_list()))
    for variable in tf.all_variables():
        lists = [c for c in ("trainable_variables", "moving_vars") if variable in tf.get_collection(c)]
        lines.append("%s %s %s" % (variable.op.name, variable.get_shape().as_list(), lists))
    for collection in ("regularization_losses", "update_ops"):
        lines.extend("%s %s" % (collection, tensor.op.name) for tensor in tf.get_collection(collection))
    for op in tf.get_default_graph().get_operations():
        if op.type in ("Conv2D", "MaxPool", "AvgPool", "DepthwiseConv2dNative"):
            padding = op.get_attr("padding")
            lines.append("%s %s %s %s %s" % (
                op.type, op.name.rpartition("/")[0], [int(stride) for stride in op.get_attr("strides")],
                padding.decode() if isinstance(padding, bytes) else padding, op.outputs[0].get_shape().as_list()))
    del tf.get_collection_ref("variables")[:]  # nobody needs their values
    return tf.constant("\n".join(lines))


def refused(tf, module, name, **kwargs):
    """A call that raises."""
    return built(tf, module, name, 64, None, {}, **kwargs)


def residual(tf, version, image, **kwargs):
    """A small residual network with weights that a seed fixes, and what its stages give."""
    slim, nets, utils = tf.contrib.slim, module_of(tf, "resnet_" + version), module_of(tf, "resnet_utils")
    blocks = [utils.Block("block1", nets.bottleneck, [(8, 4, 1), (8, 4, 2)]),
              utils.Block("block2", nets.bottleneck, [(12, 4, 2)]), utils.Block("block3", nets.bottleneck, [(12, 6, 1)])]
    tf.set_random_seed(1)
    weights = tf.random_uniform_initializer(-0.5, 0.5, seed=3)
    with slim.arg_scope(utils.resnet_arg_scope()), slim.arg_scope([slim.conv2d], weights_initializer=weights):
        net, ends = getattr(nets, "resnet_" + version)(image, blocks, scope="r", **kwargs)
    return [net] + [ends["r/block%d" % at] for at in (1, 2, 3)]
