"""Strings of Python 2 that hold bytes: what is no ASCII in them, written as escapes, decoded and put into files."""

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
