"""`tensorflow.models.image.imagenet.classify_image`: what the Inception network of December 2015 sees in a picture."""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np

import tracer as tf
from tracer import importer, protos
from tracer.legacy.programs import downloads

FLAGS = tf.app.flags.FLAGS
tf.app.flags.DEFINE_string("model_dir", "/tmp/imagenet",
                           "Path to classify_image_graph_def.pb, imagenet_synset_to_human_label_map.txt, and "
                           "imagenet_2012_challenge_label_map_proto.pbtxt.")
tf.app.flags.DEFINE_string("image_file", "", "Absolute path to image file.")
tf.app.flags.DEFINE_integer("num_top_predictions", 5, "Display this many predictions.")

DATA_URL = "http://download.tensorflow.org/models/image/imagenet/inception-2015-12-05.tgz"
_CLASS = re.compile(r'target_class: *(\d+)\s+target_class_string: *"(\w+)"')


class NodeLookup:
    """The names of the network's classes."""

    def __init__(self, label_lookup_path: str | None = None, uid_lookup_path: str | None = None) -> None:
        self.node_lookup = self.load(
            label_lookup_path or os.path.join(FLAGS.model_dir, "imagenet_2012_challenge_label_map_proto.pbtxt"),
            uid_lookup_path or os.path.join(FLAGS.model_dir, "imagenet_synset_to_human_label_map.txt"))

    def load(self, label_lookup_path: str, uid_lookup_path: str) -> dict[int, str]:
        """The names by the numbers of the classes: one file has their WordNet numbers, the other the names of those."""
        names = dict(line.rstrip("\n").split("\t", 1) for line in _text(uid_lookup_path).splitlines() if "\t" in line)
        classes = _CLASS.findall(_text(label_lookup_path))
        for _, number in classes:
            if number not in names:
                tf.logging.fatal("Failed to locate: %s", number)
        return {int(node): names[number] for node, number in classes}

    def id_to_string(self, node_id: int) -> str:
        """The name of a class; nothing where there is no such."""
        return self.node_lookup.get(int(node_id), "")


def _text(path: str) -> str:
    if not tf.gfile.Exists(path):
        tf.logging.fatal("File does not exist %s", path)
    with tf.gfile.GFile(path) as file:
        return file.read()


def create_graph() -> None:
    """Adds the network to the default graph."""
    graph_def = protos.GraphDef()
    with tf.gfile.FastGFile(os.path.join(FLAGS.model_dir, "classify_image_graph_def.pb"), "rb") as file:
        graph_def.ParseFromString(file.read())
    importer.import_graph_def(graph_def, name="")


def run_inference_on_image(image: str) -> None:
    """Prints the likeliest classes of a JPEG file: `num_top_predictions` (a flag) of them."""
    if not tf.gfile.Exists(image):
        tf.logging.fatal("File does not exist %s", image)
    with tf.gfile.FastGFile(image, "rb") as file:
        picture = file.read()
    create_graph()
    with tf.Session() as session:
        softmax = session.graph.get_tensor_by_name("softmax:0")
        scores = np.squeeze(session.run(softmax, {"DecodeJpeg/contents:0": picture}))
        lookup = NodeLookup()
        for node in scores.argsort()[-FLAGS.num_top_predictions:][::-1]:
            print(f"{lookup.id_to_string(node)} (score = {scores[node]:.5f})")


def maybe_download_and_extract() -> None:
    """Puts the network into the folder that the flag `model_dir` names."""
    downloads.fetch_and_unpack(DATA_URL, FLAGS.model_dir)


def main(_: Any) -> None:
    """Classifies the picture that the flag `image_file` names, or the panda that comes with the network."""
    maybe_download_and_extract()
    run_inference_on_image(FLAGS.image_file or os.path.join(FLAGS.model_dir, "cropped_panda.jpg"))
