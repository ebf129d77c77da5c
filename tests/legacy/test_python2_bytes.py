"""Strings of Python 2 that hold bytes: what is no ASCII in them, written as escapes, decoded and put into files."""

import pickle

import pytest

import tracer as tf

# What Python 2.7.18 has for each.
VALUES = [
    (r"'\xc3\xa9' == 'é', len(u'\xc3\xa9')", (True, 2)),
    (r"'it\xc3\xa9s'.replace('é', '\'')", "it's"),
    (r"'\xe2\x80\x9cq\xe2\x80\x9d'.strip('\xe2\x80\x9c\xe2\x80\x9d'), re.split('\xe2\x80\x94', 'a—b')", ("q", ["a", "b"])),
    (r"[ord(c) for c in '\x80\377'], '\\xff', len(r'\xff'), '\\\xff' == chr(92) + chr(255)", ([128, 255], "\\xff", 4, True)),
    (r"u'\xff' == unichr(255), '\xff' == chr(255), len('\xff'), hash('\xff')", (True, True, 1, 32640097918)),
    (r"struct.unpack('<H', '\xff\xfe'), struct.pack('>I', 0xffd8ffe0) == '\xff\xd8\xff\xe0'", ((65279,), True)),
    (r"binascii.hexlify('\xff\x00'), '\xff\x00'.encode('hex')", (b"ff00", "ff00")),
    (r"hashlib.md5('\xff').hexdigest()", "00594fd4f42ba43fc1ca0427a0576295"),
    (r"np.fromstring('\xff\x01\x80', np.uint8).tolist(), list(bytearray('a\xff'))", ([255, 1, 128], [97, 255])),
    (r"str(bytearray([97, 200])) == 'a\xc8', isinstance(bytearray(2), bytearray)", (True, True)),
    (r"array.array('B', '\x00\xff').tolist(), array.array('H', [513]).tostring()", ([0, 255], b"\x01\x02")),
    ("array.array('u', u'ab').tounicode(), array.array('B', (1, 2)).tolist()", ("ab", [1, 2])),
    (r"cPickle.loads(cPickle.dumps('\xff\x00a', 2)) == '\xff\x00a'", True),
    (r"'\xe9'.decode('latin-1') == u'\xe9', unicode('\xe9', 'latin-1') == u'\xe9'", (True, True)),
    (r"'\xe2\x80\x99'.decode('utf-8') == u'\u2019', '\xc8\xd5'.decode('gbk') == u'\u65e5'", (True, True)),
    (r"u'\xe9'.encode('latin-1') == '\xe9', u'\xe9'.encode('utf8') == '\xc3\xa9'", (True, True)),
    (r"u'caf\xe9'.encode('latin-1').decode('latin-1') == u'caf\xe9'", True),
    (r"'na\xc3\xafve \xff'.decode('utf-8', 'ignore').encode('ascii', 'ignore')", "nave "),
    (r"'caf\xc3\xa9'.decode('ascii', 'ignore'), len('caf\xc3\xa9'.decode('ascii', 'replace'))", ("caf", 5)),
    ("oct(8), oct(0), oct(-64)", ("010", "0", "-0100")),
]


@pytest.mark.parametrize("statement", ["print 1,", "name = unicode"])  # one that Python 3 cannot parse, and one that it can
@pytest.mark.parametrize(("expression", "value"), VALUES)
def test_bytes_are_strings(read, statement, expression, value):
    modules = "array, binascii, cPickle, hashlib, re, struct"
    module = read(f"# -*- coding: utf-8 -*-\nimport {modules}\nimport numpy as np\n{statement}\nx = {expression}\n")
    assert module.x == value


def test_a_file_holds_the_bytes_of_a_string(read, tmp_path):
    module = read(f"""
        path = {str(tmp_path / "file")!r}
        with open(path, "wb") as file:
            file.write(chr(137) + "PNG\\x00"); file.write("\\xff\\xc3\\xa9")
        with open(path, "rb") as file:
            data = file.read()
        same = data == "\\x89PNG\\x00\\xff\\xc3\\xa9", data[:2] == "\\x89P", data[0] == "\\x89", data.startswith("\\x89")
        number = ord(data[0])
        print "done"
    """)
    assert (tmp_path / "file").read_bytes() == b"\x89PNG\0\xff\xc3\xa9"
    assert module.same == (True, True, True, True)
    assert module.number == 137


@pytest.mark.parametrize(("expression", "wrong"), [
    (r"'\xff'.decode('utf-8')", "byte 0xff in position 0"),
    (r"'caf\xc3\xa9'.decode('ascii')", "byte 0xc3 in position 3: ordinal not in range"),
    ("'é'.decode()", "'ascii' codec can't decode byte 0xc3"),
])
def test_what_cannot_be_decoded(read, expression, wrong):
    with pytest.raises(UnicodeDecodeError, match=wrong):
        read(f"# -*- coding: utf-8 -*-\nprint 1,\n{expression}\n")


def test_letters_have_a_byte(read):
    with pytest.raises(ValueError, match=r"^chr\(\) arg not in range\(256\)$"):
        read("print 1,\nchr(256)\n")


def test_literals_that_are_text_are_left_alone(read):
    module = read("""
        from __future__ import unicode_literals
        print 1,
        same = "\\xff" == unichr(255)
    """)
    assert module.same


def test_bytes_are_strings_of_operations(read):
    module = read(r"""
        import tensorflow as tf
        session = tf.Session()
        fed = tf.placeholder(tf.string)
        print 1,
        raw = session.run(tf.decode_raw("\x01\xff", tf.uint8)).tolist()
        same = session.run(tf.constant("\xff\xd8")) == "\xff\xd8", session.run(tf.identity(fed), {fed: "\xff"}) == "\xff"
        value = tf.train.BytesList(value=["\xff\xd8a"]).SerializeToString()
    """)
    assert module.raw == [1, 255]
    assert module.same == (True, True)
    assert tf.train.BytesList.FromString(module.value).value[0] == b"\xff\xd8a"


def test_bytes_read_one_by_one_are_letters_together(read, tmp_path):
    (tmp_path / "words.bin").write_bytes("caf\xe9 ".encode() + b"\xff\xfe ")
    module = read(f"""
        words, plain = [], ""
        with open({str(tmp_path / "words.bin")!r}, "rb") as file:
            while len(words) < 2:
                letters = []
                while True:
                    letter = file.read(1)
                    plain = plain + letter
                    if letter == " ":
                        words.append("".join(letters))
                        break
                    letters.append(letter)
        found = {{word: True for word in words}}
        same = found["caf\\xc3\\xa9"], found["\\xff\\xfe"], plain == "caf\\xc3\\xa9 \\xff\\xfe "
        print "done"
    """)
    assert module.same == (True, True, True)


# What cPickle of Python 2.7.18 wrote: {"o": OrderedDict([("caf\xc3\xa9", u"caf\xe9"), ("\xff", ["\xff\xd8", "a"])]),
# "t": [t, t], "s": set(["\xe9"])} where t is ("\xc3\xa9",)
PICKLED = (b"\x80\x02}q\x01(U\x01sc__builtin__\nset\nq\x02]q\x03U\x01\xe9a\x85Rq\x04U\x01t]q\x05(U\x02\xc3\xa9q\x06\x85q\x07"
           b"h\x07eU\x01occollections\nOrderedDict\nq\x08]q\t(]q\n(U\x05caf\xc3\xa9q\x0bX\x05\x00\x00\x00caf\xc3\xa9q\x0ce]q\r(U\x01\xff]"
           b"q\x0e(U\x02\xff\xd8q\x0fU\x01aeee\x85Rq\x10u.")
# [np.arange(254, 256).astype("uint8"), np.array(["\xff", 1], object)]
PICKLED_ARRAYS = (b"\x80\x02]q\x01(cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85U\x01b\x87Rq"
                  b"\x04(K\x01K\x02\x85cnumpy\ndtype\nq\x05U\x02u1K\x00K\x01\x87Rq\x06(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
                  b"\x89U\x02\xfe\xfftbh\x02h\x03K\x00\x85U\x01b\x87Rq\x08(K\x01K\x02\x85h\x05U\x02O8K\x00K\x01\x87Rq\t(K\x03U\x01|NN"
                  b"NJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89]q\n(U\x01\xffK\x01etbe.")


@pytest.mark.parametrize("loaded", [
    "cPickle.load(file)", "cPickle.Unpickler(file).load()", "cPickle.loads(file.read())"])
def test_pickled_strings_are_bytes(read, tmp_path, loaded):
    (tmp_path / "data.pkl").write_bytes(PICKLED)
    module = read(f"""
        import cPickle
        with open({str(tmp_path / "data.pkl")!r}, "rb") as file:
            loaded = {loaded}
        o, t = loaded["o"], loaded["t"]
        same = (o.keys() == ["caf\\xc3\\xa9", "\\xff"], o["caf\\xc3\\xa9"] == u"caf\\xe9", o["\\xff"] == ["\\xff\\xd8", "a"],
                t[0] is t[1], t[0] == ("\\xc3\\xa9",), loaded["s"] == set(["\\xe9"]))
        print "done"
    """)
    assert module.same == (True,) * 6


def test_one_pickle_after_the_other(read, tmp_path):
    (tmp_path / "data.pkl").write_bytes(PICKLED_ARRAYS + PICKLED)
    module = read(f"""
        import cPickle
        with open({str(tmp_path / "data.pkl")!r}, "rb") as file:
            arrays, following = cPickle.load(file), cPickle.load(file)
        print "done"
    """)
    assert module.arrays[0].tolist() == [254, 255]
    assert module.arrays[1].tolist() == ["\udcff", 1]
    assert module.following["t"][0] == ("\xe9",)


def test_pickles_of_strings_need_no_class_of_ours(read):
    module = read("""
        import copy, cPickle
        import numpy as np
        import tensorflow as tf
        data = np.array([255, 97], np.uint8).tostring()
        pickled = cPickle.dumps([data, tf.Session().run(tf.constant("a"))], 2)
        same = data == "\\xffa", cPickle.loads(pickled) == ["\\xffa", "a"], copy.deepcopy(data) == "\\xffa"
        print "done"
    """)
    assert module.same == (True, True, True)
    assert [type(value) for value in pickle.loads(module.pickled)] == [bytes, str]
    assert b"tracer" not in module.pickled
