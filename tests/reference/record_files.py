"""Records in `files/` what the real TensorFlow 0.12.1 writes of each kind, and in `files/answers.npz` what is in it.

    python2.7 tests/reference/record_files.py

- `digits.tfrecords`: Examples.
- `v1/`, `v2/`: a program (`recipes/pipeline.py`) with its graph and a checkpoint of either format. The answers are what
  TensorFlow gets when it imports that graph, restores, and trains on.
- `events`: an event file with everything a SummaryWriter adds.
- `frozen.pb`, `frozen.pbtxt`: a network (`recipes/frozen.py`) whose variables were made constants.
- `vocabulary`: a VocabularyProcessor of contrib.learn.
"""

import glob
import os
import shutil
import sys

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.python.framework import graph_util

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import codec
from recipes import frozen, pipeline

FOLDER = os.path.join(HERE, "files")

tf.logging.set_verbosity(tf.logging.ERROR)  # most names of 0.8 are deprecated there


def trained(version):
    """Trains, saves, and gives what training on from there gives."""
    folder = "v%d" % version
    os.makedirs(folder)
    with tf.Graph().as_default(), tf.Session() as session:
        pipeline.build(tf)
        saver = tf.train.Saver(write_version=version)
        session.run(tf.initialize_all_variables())
        pipeline.train(tf, session)
        saver.save(session, folder + "/model", global_step=pipeline.STEPS)
    os.remove(folder + "/checkpoint")
    return pipeline.trained_on(tf, folder + "/model-%d" % pipeline.STEPS)


def events():
    """Everything that a writer adds."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        with tf.name_scope("scope"):
            value = tf.constant([1.0, -2.0, 3.5], name="value")
        merged = tf.merge_summary([tf.scalar_summary("largest", tf.reduce_max(value)),
                                   tf.histogram_summary("value", value)])
        writer = tf.train.SummaryWriter("run", graph)
        metadata = tf.RunMetadata()
        summary = session.run(merged, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), run_metadata=metadata)
        writer.add_summary(summary, 3)
        writer.add_run_metadata(metadata, "step 3", 3)
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 4)
        writer.add_event(tf.Event(wall_time=12.5, step=2**40, summary=tf.Summary(
            value=[tf.Summary.Value(tag="by hand", simple_value=0.1)])))
        writer.close()
    shutil.move(glob.glob("run/*")[0], "events")
    os.rmdir("run")


def network():
    """The frozen network, and what it gives."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        frozen.build(tf)
        session.run(tf.initialize_all_variables())
        names = [name.split(":")[0] for name in frozen.OUTPUTS]
        message = graph_util.convert_variables_to_constants(session, graph.as_graph_def(), sorted(set(names)))
        answers = session.run(frozen.OUTPUTS, {frozen.INPUT: frozen.images()})
    with open("frozen.pb", "wb") as file:
        file.write(message.SerializeToString())
    with open("frozen.pbtxt", "w") as file:
        file.write(text_format.MessageToString(message))
    return [np.asarray(answer) for answer in answers]


def vocabulary():
    """Words as numbers, those that come once left out."""
    processor = tf.contrib.learn.preprocessing.VocabularyProcessor(4, min_frequency=1)
    list(processor.fit_transform(["to be or not to be", "or be it"]))
    processor.save("vocabulary")


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    os.chdir(FOLDER)
    pipeline.write_records(tf, ".")
    answers = {"v1": trained(1), "v2": trained(2), "frozen": network()}
    events()
    vocabulary()
    writer = codec.Writer()
    writer.save("answers.npz", writer.encode(answers))


if __name__ == "__main__":
    main()
