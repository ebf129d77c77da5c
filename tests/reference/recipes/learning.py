"""Models of tf.contrib.learn, with weights that are known. Run by both, our tests and the real TensorFlow."""


def _with(tf, value, build):
    with tf.variable_scope("model", initializer=tf.constant_initializer(value)):
        return build()


def model(tf, name, features, targets, *arguments):
    """Predictions and loss of a model whose weights all have one value."""
    features.set_shape([None, 3])
    targets.set_shape([None] if name.startswith("flat") else [None, 2])
    function = getattr(tf.contrib.learn.models, name.replace("flat_", ""))
    return _with(tf, 0.25, lambda: function(features, targets, *arguments))


def weighed(tf, features, targets):
    """A classifier that finds weights of classes in the graph."""
    tf.constant([0.5, 2.0], name="class_weight")
    return model(tf, "logistic_regression", features, targets)


def recurrent(tf, cell_type, layers, both_ways, features, targets):
    """A recurrent network over the columns of a matrix."""
    features.set_shape([None, 3])
    targets.set_shape([None, 2])
    arguments = [2, cell_type, layers, lambda x: [features[:, i:i + 1] for i in range(3)], both_ways,
                 tf.contrib.learn.models.logistic_regression, None, None]
    function = tf.contrib.learn.models.get_rnn_model
    if function.__code__.co_argcount > len(arguments):  # attention, from 0.10 on
        arguments += [None, None, None]
    return _with(tf, 0.25, lambda: function(*arguments)(features, targets))


def classified(tf, decoding, labels, sampling):
    """The predictions and the loss of steps along the second axis."""
    def steps(tensor):
        return None if tensor is None else [tensor[:, i] for i in range(2)]

    return tf.contrib.learn.ops.sequence_classifier(steps(decoding), steps(labels), steps(sampling))


def inputs(tf, read, written, *sentinel):
    """What goes into two networks, from sequence to sequence."""
    read.set_shape([2, 3, 2])
    written.set_shape([2, 2, 3])
    return tf.contrib.learn.ops.seq2seq_inputs(read, written, 3, 2, *sentinel)


def translated(tf, read, written, same):
    """Two networks, from sequence to sequence."""
    def cell():
        return tf.nn.rnn_cell.GRUCell(2)

    def steps(tensor, count):
        found = [tensor[:, i] for i in range(count)]
        for step in found:
            step.set_shape([2, 2])
        return found

    return _with(tf, 0.25, lambda: tf.contrib.learn.ops.rnn_seq2seq(
        steps(read, 3), steps(written, 2), cell(), None if same else cell()))
