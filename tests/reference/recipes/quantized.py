"""Calls of operations on quantized numbers, which cases give as plain ones."""


def quantized(tf, function, *values, **settings):
    """`tf.contrib.quantization.<function>` of integers as quantized numbers."""
    kinds = {tf.uint8: tf.quint8, tf.int8: tf.qint8, tf.int16: tf.qint16, tf.int32: tf.qint32}

    def given(value):
        if isinstance(value, list):
            return [given(item) for item in value]
        kind = kinds.get(value.dtype) if isinstance(value, tf.Tensor) else None
        return value if kind is None else tf.bitcast(value, kind)

    return list(getattr(tf.contrib.quantization, function)(*[given(value) for value in values], **settings))


def there_and_back(tf, x, low, high, kind, mode):
    """Numbers quantized, and what is left of them."""
    numbers, low, high = tf.contrib.quantization.quantize_v2(x, low, high, kind, mode=mode)
    return [numbers, low, high, tf.contrib.quantization.dequantize(numbers, low, high, mode=mode)]
