"""Text and bytes, which Python 2 held to be one thing."""

import hashlib

import numpy as np
import PIL.Image
import pytest

# Programs of the time left it to the interpreter to close their files.
UNCLOSED = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def test_a_method_of_the_programs_own_is_left_alone(read):
    module = read(
        """
        class Loader(object):
            def next(self, n): return n
            def keys(self): return iter("k")
            def has_key(self, key): return "own"
        l = Loader()
        x = l.next(5), l.has_key(1), type(l.keys()).__name__
        xrange(1)
        """
    )
    assert module.x == (5, "own", "str_ascii_iterator")


@UNCLOSED
def test_files_hold_text_and_bytes_alike(read, tmp_path):
    module = read(
        f"""
        import csv, cPickle
        import numpy as np
        path = {str(tmp_path / "file")!r}
        f = open(path, "wb"); f.write("text\\n"); f.write(b"\\xff\\n"); f.close()
        lines = open(path).readlines()
        data = open(path, "rb").read()
        f = file(path + ".txt", "w"); print >>f, "a", 1; f.write("b".encode("utf-8")); f.close()
        text = open(path + ".txt").read()
        cPickle.dump({{"a": np.arange(3)}}, open(path + ".pkl", "w"))
        loaded = cPickle.load(open(path + ".pkl"))
        writer = csv.writer(open(path + ".csv", "wb")); writer.writerow(["x", 1])
        del writer
        rows = list(csv.reader(open(path + ".csv", "rb")))
        """
    )
    assert module.lines == ["text\n", "\udcff\n"]
    assert module.data == b"text\n\xff\n"
    assert module.text == "a 1\nb"
    assert module.loaded["a"].tolist() == [0, 1, 2]
    assert module.rows == [["x", "1"]]


@UNCLOSED
def test_what_a_binary_file_gives_is_text_as_well(read, tmp_path):
    (tmp_path / "table").write_bytes(b"1  2.5 x\n3 4 y\n")
    np.save(tmp_path / "array.npy", np.arange(3))
    module = read(
        f"""
        import cPickle, gzip, struct
        import numpy as np
        path = {str(tmp_path / "table")!r}
        rows = [row.replace('  ', ' ').strip().split(' ') for row in open(path, 'rb')]
        numbers = np.array([row[:2] for row in rows], dtype=np.float32)
        first = open(path, 'rb').readline().strip()
        ends = first.endswith('x'), 'x' in first, first == '1  2.5 x', first + '!', '>' + first, first[:1] == '1', first[0]
        words = dict([(word, i) for i, word in enumerate(open(path, 'rb').read().split())])
        found = words['y'], words.get('2.5'), [line[-1:] for line in open(path, 'rb').read().splitlines()] == ['x', 'y']
        cPickle.dump((1, 'a'), open(path + '.pkl', 'wb'))
        others = (cPickle.load(open(path + '.pkl', 'rb')), np.load(open({str(tmp_path / "array.npy")!r}, 'rb')).tolist(),
                  struct.unpack('<h', open(path, 'rb').read(2)), np.frombuffer(open(path, 'rb').read(1), np.uint8)[0])
        xrange(1)
        """
    )
    assert module.rows == [["1", "2.5", "x"], ["3", "4", "y"]]
    assert module.numbers.tolist() == [[1, 2.5], [3, 4]]
    assert module.ends == (True, True, True, "1  2.5 x!", ">1  2.5 x", True, "1")
    assert module.found == (5, 1, True)
    assert module.others == ((1, "a"), [0, 1, 2], (0x2031,), ord("1"))


@UNCLOSED
@pytest.mark.parametrize("first", ["import builtins", "print 'Python 2'"])
def test_files_of_a_program_that_either_python_reads(read, tmp_path, first):
    module = read(
        f"""
        {first}
        import csv, pickle
        import numpy as np
        import tensorflow as tf
        path = {str(tmp_path / "file")!r}
        def write(name, data, mode):
            with open(path + name, mode) as f:
                f.write(data)
        graph = tf.Graph()
        with graph.as_default():
            png = tf.image.encode_png(np.arange(18, dtype=np.uint8).reshape(2, 3, 3))
            sess = tf.Session()
            write("png", sess.run(png), "w")
            picture = sess.run(tf.image.decode_png(open(path + "png").read()))
            fed = tf.placeholder(tf.string)
            again = sess.run(tf.image.decode_png(fed), {{fed: open(path + "png", "r").read()}})
        write("graph", graph.as_graph_def().SerializeToString(), "w")
        loaded = tf.GraphDef()
        loaded.ParseFromString(open(path + "graph").read())
        nodes = len(loaded.node) == len(graph.as_graph_def().node)
        write("binary", "text", "wb")
        text = open(path + "binary").read()
        f = open(path + "pickle", "w"); pickle.dump([1, "a"], f); f.close()
        pickled = pickle.load(open(path + "pickle"))
        with open(path + "csv", "wb") as f:
            csv.writer(f).writerow(["x", 1])
        rows = list(csv.reader(open(path + "csv", "rb")))
        lines = open(path + "csv").readlines()
        """
    )
    assert module.picture.ravel().tolist() == module.again.ravel().tolist() == list(range(18))
    assert module.nodes
    assert (module.text, module.pickled, module.rows) == ("text", [1, "a"], [["x", "1"]])
    assert module.lines == ["x,1\r\n" if first.startswith("print") else "x,1\n"]


@UNCLOSED
def test_the_letters_of_a_binary_file(read, tmp_path):
    (tmp_path / "letters").write_bytes(b"ab\xc3a\n")
    module = read(
        f"""
        import collections
        import numpy as np
        print "Python 2"
        data = open({str(tmp_path / "letters")!r}, "rb").read()
        counts = collections.Counter(data)
        numbers = [ord(c) for c in data], ord(data[2])
        text = "".join(sorted(set(data[:2])))
        bytes_of_it = np.frombuffer(data, np.uint8).tolist(), list(bytearray(data))
        with open({str(tmp_path / "copy")!r}, "wb") as f:
            f.write("".join(c for c in data))
        """
    )
    numbers = [0x61, 0x62, 0xC3, 0x61, 0x0A]
    assert (module.counts["a"], module.text) == (2, "ab")
    assert module.numbers == (numbers, 0xC3)
    assert module.bytes_of_it == (numbers, numbers)
    assert (tmp_path / "copy").read_bytes() == b"ab\xc3a\n"


@UNCLOSED
def test_a_text_file_that_holds_no_text_has_a_letter_for_each_byte(read, tmp_path):
    (tmp_path / "numbers").write_bytes(bytes([0, 0xC3, 0xA9, 0xFF]))  # the middle ones would be a letter in UTF-8
    module = read(
        f"""
        import struct
        print "Python 2"
        path = {str(tmp_path / "numbers")!r}
        data = open(path).read()
        numbers = [ord(c) for c in data]
        f = open(path, "w+")
        pair = struct.Struct("<ii")
        for i in range(3):
            f.write(pair.pack(0xC3A9C3 * i, -i))
        f.seek(4)
        second = struct.unpack("<i", f.read(4))
        f.seek(0)
        read = f.read()
        pairs = [pair.unpack_from(read, at) for at in range(0, len(read), pair.size)]
        f.seek(0, 2)
        f.write(u"a\\nb\\xe9".encode("utf-8"))
        f.seek(24)
        lines = [line for line in f]
        """
    )
    assert module.numbers == [0, 0xC3, 0xA9, 0xFF]
    assert module.second == (0,)
    assert module.pairs == [(0, 0), (0xC3A9C3, -1), (2 * 0xC3A9C3, -2)]
    assert module.lines == ["a\n", "bé"]


@UNCLOSED
@pytest.mark.parametrize("first", ["from __future__ import print_function", "print 'Python 2'"])
def test_libraries_that_take_bytes_take_text(read, tmp_path, first):
    path = tmp_path / "data"
    path.write_bytes(bytes([0x89, 0, 0, 1]))
    np.save(tmp_path / "array.npy", np.arange(3))
    PIL.Image.new("L", (3, 2)).save(tmp_path / "picture.png")
    module = read(
        f"""
        {first}
        import hashlib, io, struct, zlib
        import numpy as np
        from PIL import Image
        folder = {str(tmp_path)!r}
        data = open(folder + "/data").read()
        number = struct.unpack(">I", data)
        first = struct.unpack_from("B", data, 3)
        numbers = np.frombuffer(data, np.uint8)
        array = np.load(open(folder + "/array.npy"))
        size = Image.open(open(folder + "/picture.png")).size
        same = Image.open(io.BytesIO(open(folder + "/picture.png").read())).size
        whole = hashlib.md5(data).hexdigest()
        parts = hashlib.md5()
        for part in (data[:1], data[1:]):
            parts.update(part)
        back = zlib.decompress(zlib.compress(data))
        code = ord(data[0])
        """
    )
    assert module.number == (0x89000001,)
    assert module.first == (1,)
    assert module.numbers.tolist() == [0x89, 0, 0, 1]
    assert module.array.tolist() == [0, 1, 2]
    assert module.size == module.same == (3, 2)
    assert module.whole == module.parts.hexdigest() == hashlib.md5(path.read_bytes()).hexdigest()
    assert module.back == path.read_bytes()
    assert module.code == (0x89 if first.startswith("print") else 0xDC89)


def test_temporary_files_take_text(read):
    module = read(
        """
        import tempfile
        found = []
        for file in (tempfile.NamedTemporaryFile(), tempfile.TemporaryFile(), tempfile.NamedTemporaryFile("w+")):
            with file:
                file.write("one ")
                file.writelines(["two", " three"])
                file.seek(0)
                found.append(file.read())
        """
    )
    assert module.found == [b"one two three", b"one two three", "one two three"]


def test_what_a_run_gives_are_strings_of_python_2(read):
    module = read(
        """
        import StringIO
        import numpy as np
        import tensorflow as tf
        from PIL import Image
        print "Python 2"
        with tf.Session() as sess:
            one, many = tf.constant("a/b"), tf.constant([["x", "\xe9"]])
            a, (b, number) = sess.run(one), sess.run([many, 1 + tf.constant(1)])
            evaluated = one.eval()
            png = sess.run(tf.image.encode_png(np.arange(18, dtype=np.uint8).reshape(2, 3, 3)))
            again = sess.run(tf.image.decode_png(png))
            back = sess.run(many, {many: b})
        size = Image.open(StringIO.StringIO(png)).size
        feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=["c"]))
        same = a == "a/b", a == b"a/b", a != "a/b", {"a/b": 1}[a], evaluated == a, isinstance(a, str)
        parts = a.split("/") + list(b[0]) + [feature.bytes_list.value[0] + "!"]
        """
    )
    assert module.same == (True, True, False, 1, True, True)
    assert module.parts == ["a", "b", "x", "\xe9", "c!"]
    assert module.number == 2
    assert module.again.ravel().tolist() == list(range(18))
    assert module.back.tolist() == module.b.tolist()
    assert module.size == (3, 2)


def test_functions_of_a_graph_get_strings_of_python_2(read):
    module = read(
        """
        import numpy as np
        import tensorflow as tf
        print "Python 2"
        def parts(name, x):
            return np.array(name.split("/") + [name + "!"], dtype=object), np.float32(x.sum())
        with tf.Session() as sess:
            given = [tf.constant("a/b"), tf.constant([1.0, 2.0])]
            names, total = sess.run(tf.py_func(parts, given, [tf.string, tf.float32]))
            upper = sess.run(tf.py_func(inp=[tf.constant(["a"])], Tout=[tf.string], func=lambda n: n[0].upper() + "?"))
        """
    )
    assert (module.names.tolist(), module.total, module.upper) == (["a", "b", "a/b!"], 3, ["A?"])


@pytest.mark.parametrize("first", ["from __future__ import print_function", "print 'Python 2'"])
def test_text_where_messages_hold_bytes(read, first):
    module = read(
        f"""
        {first}
        import tensorflow as tf
        name = "a\xe9"
        made = tf.train.BytesList(value=[name, b"b"])
        filled = tf.train.Feature()
        filled.bytes_list.value.append(name)
        filled.bytes_list.value.extend([name, b"b"])
        image = tf.Summary.Image(encoded_image_string=name)
        image.encoded_image_string = name + "!"
        tensor = tf.contrib.util.make_tensor_proto("x")
        tensor.string_val.append("y")
        back = tf.train.BytesList.FromString(made.SerializeToString())
        others = [].append("z")
        """
    )
    text = "a\xe9".encode()
    assert list(module.made.value) == list(module.back.value) == [text, b"b"]
    assert list(module.filled.bytes_list.value) == [text, text, b"b"]
    assert module.image.encoded_image_string == text + b"!"
    assert list(module.tensor.string_val) == [b"x", b"y"]


PICKLED_BY_PYTHON_2 = b"(dp1\nS'data'\np2\nS'\\xff'\np3\ns."  # cPickle.dumps({'data': '\xff'})


@UNCLOSED
@pytest.mark.parametrize("imported", [
    "import cPickle", "import pickle as cPickle", "from six.moves import cPickle",
    "import six; cPickle = six.moves.cPickle"])
def test_pickles_of_python_2_have_text_keys(read, tmp_path, imported):
    (tmp_path / "old.pkl").write_bytes(PICKLED_BY_PYTHON_2)
    module = read(f"{imported}\nd = cPickle.load(open({str(tmp_path / 'old.pkl')!r}, 'rb'))\nprint d['data'] == '\\xff',\n")
    assert module.d == {"data": "\udcff"}  # what the letter "\xff" is in a program of Python 2


def test_text_needs_no_decoding(printed):
    assert printed("""
        import numpy as np
        print('a'.decode('utf-8'), b'b'.decode(), f"{'c'.decode()}")
        print([n.decode('utf8') for n in np.array(['x', 'yy'], object)])
        """) == "a b c\n['x', 'yy']\n"


def test_what_gfile_read_may_be_decoded(read, tmp_path):
    (tmp_path / "text").write_bytes("café".encode())
    module = read(
        f"""
        import tensorflow as tf
        def lines(): yield from ()
        with tf.gfile.FastGFile({str(tmp_path / "text")!r}, "r") as file: x = str(file.read(), encoding="utf-8")
        y = str(b"bytes", "utf-8"), str("text", "utf-8"), str(b"bytes", encoding="ascii")
        """
    )
    assert (module.x, module.y) == ("café", ("bytes", "text", "bytes"))
