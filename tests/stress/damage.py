"""Damaged files: each ends in an error with a name, or in the right value; never in a crash, a hang or another value."""

from __future__ import annotations

import contextlib
import faulthandler
import io
import pathlib
import random
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from google.protobuf import text_format
from google.protobuf.message import DecodeError
from PIL import Image

import tracer as tf
from lowering.host import codecs
from tests.reference.recipes import frozen, pipeline
from tests.stress.peer import Peer
from tracer import dtypes, errors

PATIENCE = 60  # seconds for one trial; whoever takes longer hangs
REFERENCE = pathlib.Path(__file__).resolve().parent.parent / "reference"
CHECKPOINTS, FILES = REFERENCE / "checkpoints", REFERENCE / "files"
RIGHT = "the right value"


def damaged(data: bytes, draw: random.Random) -> bytes:
    """The data with bits flipped, bytes changed, parts cut off, taken out, put in, doubled or filled with zeros."""
    changed = bytearray(data)
    for _ in range(draw.choice([1, 1, 1, 2, 5])):
        at = draw.randrange(len(changed)) if changed else 0
        length = draw.choice([1, 1, 2, 4, 8, 64])
        kind = draw.randrange(8)
        if kind < 2 and changed:
            changed[at] ^= 1 << draw.randrange(8)
        elif kind == 2:
            changed[at:at + length] = draw.randbytes(length)
        elif kind == 3:
            del changed[at:]
        elif kind == 4:
            del changed[at:at + length]
        elif kind == 5:
            changed[at:at] = draw.randbytes(length)
        elif kind == 6:
            changed[at:at] = changed[at:at + length]
        else:
            changed[at:at + length] = bytes(len(changed[at:at + length]))
    return bytes(changed)


def damaged_at(data: bytes, at: int) -> bytes:
    """The data with one bit flipped."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Ends the process, saying where it was, when a trial hangs."""
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _trial(look: Callable[[], None], *known: type[BaseException]) -> str:
    """How a look at damaged data ended. What is none of the `known` errors goes on."""
    with _patience():
        try:
            look()
        except known as error:
            return type(error).__name__
    return RIGHT


# -- what has checksums: nothing but the right value may come out


def _checkpoint(name: str) -> Callable[[int, int], Iterator[str]]:
    def trials(count: int, seed: int) -> Iterator[str]:
        draw = random.Random(seed)
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for kind in ("types", "sliced"):
                for path in CHECKPOINTS.glob(f"{kind}.{name}*"):
                    files.append(pathlib.Path(folder, path.name))
                    files[-1].write_bytes(path.read_bytes())
            whole = {kind: everything(f"{folder}/{kind}.{name}") for kind in ("types", "sliced")}
            for _ in range(count):
                path = draw.choice(files)
                before = path.read_bytes()
                path.write_bytes(damaged(before, draw))
                kind = path.name.partition(".")[0]

                def look(kind: str = kind) -> None:
                    for key, value in everything(f"{folder}/{kind}.{name}").items():
                        np.testing.assert_array_equal(value, whole[kind][key])

                yield _trial(look, errors.DataLossError)
                path.write_bytes(before)

    return trials


def everything(path: str) -> dict[str, np.ndarray]:
    """All tensors of a checkpoint."""
    reader = tf.train.NewCheckpointReader(path)
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def _rows(path: pathlib.Path, read: Callable[[str], Iterator]) -> Callable[[int, int], Iterator[str]]:
    """Trials with a file of records: those before the damage are the right ones."""

    def trials(count: int, seed: int) -> Iterator[str]:
        draw = random.Random(seed)
        data, whole = path.read_bytes(), list(read(str(path)))
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder, "copy")
            for _ in range(count):
                copy.write_bytes(damaged(data, draw))
                seen: list = []

                def look(seen: list = seen) -> None:
                    for record in read(str(copy)):
                        seen.append(record)

                outcome = _trial(look, errors.DataLossError)
                # Records are whole or an error; one that was doubled as a whole stands twice.
                assert all(record in whole for record in seen)
                assert outcome != RIGHT or seen == whole[:len(seen)] or len(seen) > len(whole)
                yield outcome

    return trials


def _pipeline_of(path: str) -> Iterator[tuple[bytes, bytes]]:
    """The records of a file as a reader in a graph gives them, with its keys."""
    with tf.Graph().as_default(), tf.Session() as sess:
        files = tf.FIFOQueue(1, [tf.string], [[]])
        read = tf.TFRecordReader().read(files)
        sess.run(files.enqueue([path]))
        sess.run(files.close())
        with contextlib.suppress(errors.OutOfRangeError):
            while True:
                yield tuple(sess.run(read))[1]


def _run_from(path: str) -> Iterator[bytes]:
    """The records of a file as a queue runner puts them into a queue, and what it met behind them."""
    with tf.Graph().as_default(), tf.Session() as sess:
        files = tf.FIFOQueue(1, [tf.string], [[]])
        sess.run(files.enqueue([path]))
        sess.run(files.close())
        queue = tf.FIFOQueue(1000, [tf.string], [[]])
        runner = tf.train.QueueRunner(queue, [queue.enqueue(tf.TFRecordReader().read(files)[1])])
        coordinator = tf.train.Coordinator()
        threads = runner.create_threads(sess, coordinator, start=True)
        threads[0].join()
        take = queue.dequeue()
        for _ in range(sess.run(queue.size())):
            yield sess.run(take)
        coordinator.request_stop()
        coordinator.join(threads)


# -- what has none: another message may be a whole one, but it is read as what it says


def _graphs(text: bool) -> Callable[[int, int], Iterator[str]]:
    def trials(count: int, seed: int) -> Iterator[str]:
        draw = random.Random(seed)
        data = (FILES / ("frozen.pbtxt" if text else "frozen.pb")).read_bytes()
        images = frozen.images()
        with contextlib.closing(Peer()) as peer:
            for _ in range(count):
                changed, found = damaged(data, draw), []
                outcome = _trial(lambda changed=changed, found=found: found.extend(run_graph(changed, text, images)),
                                 DecodeError, text_format.ParseError, UnicodeDecodeError, errors.OpError, ValueError,
                                 TypeError, KeyError)
                yield _compared(outcome, found, peer, "graph", changed) if not text else outcome

    return trials


def _nodes(count: int, seed: int) -> Iterator[str]:
    """Graphs that are whole messages, but for what one or two of their nodes say."""
    draw = random.Random(seed)
    whole = tf.GraphDef.FromString((FILES / "frozen.pb").read_bytes())
    images = frozen.images()
    with contextlib.closing(Peer()) as peer:
        for _ in range(count):
            message, found = tf.GraphDef(), []
            message.CopyFrom(whole)
            for _ in range(draw.choice([1, 1, 2])):
                _change(message, draw)
            data = message.SerializeToString()
            outcome = _trial(lambda data=data, found=found: found.extend(run_graph(data, False, images)),
                             errors.OpError, ValueError, TypeError, KeyError)
            yield _compared(outcome, found, peer, "graph", data)


def _change(message: Any, draw: random.Random) -> None:
    """Changes one thing in a graph."""
    node = draw.choice(message.node)
    attr = node.attr[draw.choice(sorted(node.attr))] if node.attr else None
    kind = attr.WhichOneof("value") if attr is not None and draw.random() < 0.8 else None
    if kind is None:
        other = draw.choice(message.node)
        what = draw.randrange(4)
        if what == 0:
            message.node.remove(node)
        elif what == 1:
            node.op = other.op
        elif node.input and what == 2:
            node.input[draw.randrange(len(node.input))] = other.name + draw.choice(["", ":0", ":1"])
        else:
            node.name = other.name
    elif kind == "type":
        attr.type = draw.choice([1, 2, 3, 4, 7, 9, 14, 77])
    elif kind == "b":
        attr.b = not attr.b
    elif kind == "s":
        attr.s = draw.choice([b"VALID", b"SAME", b"NCHW", b"NHWC", b"", b"other"])
    elif kind in ("i", "f"):
        setattr(attr, kind, draw.choice([-1, 0, 1, 2, 3, 7, 2**31]))
    elif kind == "list" and attr.list.i:
        attr.list.i[draw.randrange(len(attr.list.i))] = draw.choice([-1, 0, 1, 2, 3, 2**40])
    elif kind == "shape" and attr.shape.dim:
        draw.choice(attr.shape.dim).size = draw.choice([-1, 0, 1, 3, 5])
    elif kind == "tensor":
        _change_tensor(attr.tensor, draw)


def _change_tensor(tensor: Any, draw: random.Random) -> None:
    what = draw.randrange(4)
    if what == 0:
        tensor.dtype = draw.choice([1, 2, 3, 7, 9, 77])
    elif what == 1 and tensor.tensor_shape.dim:
        draw.choice(tensor.tensor_shape.dim).size = draw.choice([-1, 0, 1, 2, 5, 2**33])
    elif what == 2 and tensor.tensor_content:
        tensor.tensor_content = damaged(tensor.tensor_content, draw)
    elif tensor.int_val:
        tensor.int_val[draw.randrange(len(tensor.int_val))] = draw.choice([-2, -1, 0, 1, 2, 100])
    else:
        tensor.tensor_shape.dim.add(size=draw.choice([0, 1, 2]))


def _compared(outcome: str, found: list[np.ndarray], peer: Peer, kind: str, data: bytes) -> str:
    """The outcome, with what TensorFlow says to the same data. Values must be its values."""
    if outcome != RIGHT:
        return outcome
    theirs = peer.ask(kind, data)
    if theirs is None:
        return "a value" if not peer.there else "a value, where TensorFlow crashes"
    if isinstance(theirs, str):
        return f"a value, where TensorFlow has a {theirs}"
    for ours, value in zip(found, theirs, strict=True):
        limits = {"atol": 3} if value.dtype == np.uint8 else {"rtol": 1e-4, "atol": 1e-5}
        np.testing.assert_allclose(ours.astype(np.float64), value.astype(np.float64), **limits)
    return "the value that TensorFlow has"


def run_graph(data: bytes, text: bool, images: np.ndarray) -> list[np.ndarray]:
    """What a frozen network gives that is written in `data`, if it is one."""
    message = tf.GraphDef()
    if text:
        text_format.Merge(data.decode(), message)
    else:
        message.ParseFromString(data)
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.import_graph_def(message, name="")
        return sess.run(frozen.OUTPUTS, {frozen.INPUT: images})


def _meta_graphs(count: int, seed: int) -> Iterator[str]:
    draw = random.Random(seed)
    data = (FILES / "v1" / "model-6.meta").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, "copy.meta")

        def look() -> None:
            with tf.Graph().as_default(), tf.Session() as sess:
                saver = tf.train.import_meta_graph(str(copy))
                if saver is not None:
                    saver.restore(sess, str(FILES / "v1" / "model-6"))

        for _ in range(count):
            copy.write_bytes(damaged(data, draw))
            yield _trial(look, OSError, DecodeError, errors.OpError, ValueError, TypeError, KeyError)


def _examples(count: int, seed: int) -> Iterator[str]:
    draw = random.Random(seed)
    records = list(tf.python_io.tf_record_iterator(str(FILES / pipeline.RECORDS)))
    with tf.Graph().as_default(), tf.Session() as sess:
        serialized = tf.placeholder(tf.string)
        parsed = tf.parse_single_example(serialized, {
            "image": tf.FixedLenFeature([6], tf.float32), "label": tf.FixedLenFeature([], tf.int64),
            "numbers": tf.VarLenFeature(tf.int64), "name": tf.FixedLenFeature([], tf.string)})
        for _ in range(count):
            record = damaged(draw.choice(records), draw)

            def look(record: bytes = record) -> None:
                found = sess.run(parsed, {serialized: record})
                feature = tf.train.Example.FromString(record).features.feature
                assert found["image"].tolist() == list(feature["image"].float_list.value)
                assert [found["label"]] == list(feature["label"].int64_list.value)
                assert found["numbers"].values.tolist() == list(feature["numbers"].int64_list.value)
                assert [found["name"]] == list(feature["name"].bytes_list.value)

            yield _trial(look, errors.InvalidArgumentError)


def _images(count: int, seed: int) -> Iterator[str]:
    draw = random.Random(seed)
    files = [(kind, data) for kind, data in pictures() if decode(kind, data).shape[2] > 1 or kind == "jpeg"]
    with contextlib.closing(Peer()) as peer:
        for _ in range(count):
            kind, data = draw.choice(files)
            changed, found = damaged(data, draw), []

            def look(kind: str = kind, changed: bytes = changed, found: list = found) -> None:
                found.append(decode(kind, changed))
                assert (found[0].dtype, found[0].ndim) == (np.uint8, 3)

            outcome = _trial(look, errors.InvalidArgumentError)
            yield f"{kind}: {_compared(outcome, found, peer, kind, changed)}"


def decode(kind: str, data: bytes) -> np.ndarray:
    """The picture in `data`."""
    if kind == "png":
        return codecs.decode_png(data, channels=0, dtype=dtypes.uint8)
    return codecs.decode_jpeg(data, channels=0, ratio=1, fancy_upscaling=True, try_recover_truncated=False)


def pictures() -> Iterator[tuple[str, bytes]]:
    """Small pictures of each kind of file, as bytes."""
    rng = np.random.RandomState(0)
    smooth = np.cumsum(np.cumsum(rng.randn(24, 40, 3), 0), 1)
    pixels = ((smooth - smooth.min()) / (smooth.max() - smooth.min()) * 255).astype(np.uint8)
    for mode, options in (("RGB", {}), ("L", {}), ("P", {}), ("RGBA", {})):
        yield "png", _file(Image.fromarray(pixels).convert(mode), "PNG", **options)
    for mode, options in (("RGB", {}), ("L", {}), ("RGB", {"progressive": True}), ("CMYK", {})):
        yield "jpeg", _file(Image.fromarray(pixels).convert(mode), "JPEG", quality=80, **options)


def _file(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


KINDS = {
    "v1": _checkpoint("v1"), "v2": _checkpoint("v2"),
    "records": _rows(FILES / pipeline.RECORDS, tf.python_io.tf_record_iterator),
    "reader": _rows(FILES / pipeline.RECORDS, _pipeline_of),
    "runner": _rows(FILES / pipeline.RECORDS, _run_from),
    "events": _rows(FILES / "events", tf.train.summary_iterator),
    "graphs": _graphs(text=False), "text": _graphs(text=True), "nodes": _nodes, "metas": _meta_graphs, "examples": _examples,
    "images": _images,
}
