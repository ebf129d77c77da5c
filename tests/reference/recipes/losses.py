"""Recipes about `tf.contrib.losses`, whose arguments 0.12 calls `labels` and `weights`."""

LATER = {
    "log": "log_loss", "sum_of_pairwise_squares": "mean_pairwise_squared_error", "sum_of_squares": "mean_squared_error",
}


def of(tf, name, predictions, targets, weights=None, **kwargs):
    """A loss by its name of 0.8."""
    losses = tf.contrib.losses
    function = getattr(losses, name if hasattr(losses, name) else LATER[name])
    if weights is not None:
        kwargs["weights"] = weights
    return function(predictions, targets, **kwargs)


def total(tf, predictions, targets, regularization):
    """The sum of two losses and that of a regularizer."""
    tf.contrib.losses.absolute_difference(predictions, targets)
    tf.contrib.losses.cosine_distance(predictions, targets, dim=1)
    tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, regularization)
    return [tf.contrib.losses.get_total_loss(), tf.contrib.losses.get_total_loss(False)]
