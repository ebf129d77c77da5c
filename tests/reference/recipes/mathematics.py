"""Recipes for edges of the mathematics."""


def absolute_complex(tf, x):
    """The modulus: 0.8's `complex_abs` broke in 0.12.1, where `abs` took its place."""
    return tf.abs(x)


def through_bfloat16(tf, x):
    """To bfloat16 and back."""
    return tf.cast(tf.cast(x, tf.bfloat16), tf.float32)


def index(tf, x, *items):
    """x[items]: slices, numbers, None and Ellipsis as they are."""
    return x[items if len(items) != 1 else items[0]]


def index_by_tensor(tf, x, i):
    """x[i] and x[:, i] by a scalar tensor."""
    return [x[i], x[:, i]]


def range_by_tensors(tf, x, i, j):
    """x[i:j] by scalar tensors."""
    return x[i:j]


def fourier(tf, x, name):
    """A transform of complex numbers made here, so that the gradient is one of real numbers."""
    return tf.real(getattr(tf, name)(tf.complex(x, x * x)))


def complex_loss(tf, x, y):
    """A real number of a product of complex numbers."""
    z = tf.complex(x, y)
    return tf.real(z * z * tf.conj(z)) + tf.imag(tf.exp(z))


