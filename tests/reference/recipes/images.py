"""Recipes of images."""


def drawn(tf, name, image, *args):
    """A random change of an image, by seeds of the graph and of its own."""
    tf.set_random_seed(1)
    return [getattr(tf.image, name)(image, *args, seed=7), getattr(tf.image, name)(image, *args, seed=8)]


def parts_of(tf, size, boxes, **kwargs):
    """Random parts of an image of this size, for some seeds."""
    return [part for seed in range(5) for part in tf.image.sample_distorted_bounding_box(
        size, boxes, seed=seed, seed2=3, **kwargs)]


def written(tf, kind, image, **kwargs):
    """A file, and what is read from it."""
    file = getattr(tf.image, "encode_" + kind)(image, **kwargs)
    if kind == "png":
        return [file, tf.image.decode_png(file, dtype=image.dtype)]
    return [file, tf.image.decode_jpeg(file)]


def jpeg_read(tf, image, subsampled, progressive, **kwargs):
    """What is read from a JPEG file of an image."""
    file = tf.image.encode_jpeg(image, quality=80, chroma_downsampling=subsampled, progressive=progressive)
    return tf.image.decode_jpeg(file, **kwargs)


def removed_crop(tf, image, size, seed):
    """What the RandomCrop of old graphs draws."""
    return _imported(tf, 7, '''
        node { name: "image" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
        node { name: "size" op: "Placeholder" attr { key: "dtype" value { type: DT_INT64 } } }
        node { name: "crop" op: "RandomCrop" input: "image" input: "size" attr { key: "T" value { type: DT_FLOAT } }
               attr { key: "seed" value { i: %d } } attr { key: "seed2" value { i: 9 } } }''' % seed,  # noqa: UP031
                     "crop", {"image": image, "size": size})


def removed_contrast(tf, images, factor, low, high):
    """The AdjustContrast of old graphs."""
    kind = {"uint8": "DT_UINT8", "float32": "DT_FLOAT"}[images.dtype.name]
    return _imported(tf, 1, '''
        node { name: "images" op: "Placeholder" attr { key: "dtype" value { type: %s } } }
        node { name: "factor" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
        node { name: "low" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
        node { name: "high" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
        node { name: "adjusted" op: "AdjustContrast" input: "images" input: "factor" input: "low" input: "high"
               attr { key: "T" value { type: %s } } }''' % (kind, kind),  # noqa: UP031
                     "adjusted", {"images": images, "factor": factor, "low": low, "high": high})


def _imported(tf, producer, text, wanted, inputs):
    from google.protobuf import text_format

    graph = tf.GraphDef()
    text_format.Merge(text, graph)
    graph.versions.producer = producer
    return tf.import_graph_def(graph, {name + ":0": value for name, value in inputs.items()}, [wanted + ":0"])
