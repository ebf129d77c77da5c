"""Recipes about clipping."""


def clipped_slices(tf, table, values):
    """A dense gradient and slices, clipped together."""
    slices = tf.IndexedSlices(values, tf.constant([2, 0]), tf.constant([3, 2]))
    clipped, norm = tf.clip_by_global_norm([table, slices], 2.0)
    return [clipped[0], clipped[1].values, clipped[1].indices, norm]
