"""Python 2's standard library: what it had, and what it did with text where today's wants bytes."""


def test_bytes_and_text_are_joined(printed):
    assert printed("""
        import binascii, struct, zlib
        one = struct.pack(">I", 3) + "x"
        two = "abc" + struct.pack("<f", 1.5)
        two += struct.pack("B", 200)
        three = "".join([struct.pack("B", 1), "ab"])
        print len(one), len(two), struct.unpack("<f", two[3:7])[0], ord(two[7]), len(three), ",".join(str(i) for i in (1, 2))
        print binascii.hexlify("ab") + "!", binascii.crc32("abc"), zlib.decompress(zlib.compress("ab")) + "c"
    """) == "5 8 1.5 200 3 1,2\n6162! 891568578 abc\n"


def test_bytes_that_were_joined_are_written(printed, tmp_path):
    path = tmp_path / "vectors.bin"
    assert printed(f"""
        import struct
        with open({str(path)!r}, "wb") as file:
            file.write("word" + " " + struct.pack("<2f", 1.5, -2))
        with open({str(path)!r}, "rb") as file:
            print len(file.read())
    """) == "13\n"
    assert path.read_bytes() == b"word \x00\x00\xc0?\x00\x00\x00\xc0"


def test_walk_nested_and_lines(printed, tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.txt").write_text("one\ntwo\n")
    assert printed(f"""
        import contextlib, os
        seen, top = [], {str(tmp_path / "below")!r}
        os.path.walk(top, lambda arg, folder, names: arg.append((os.path.basename(folder), names)), seen)
        path = os.path.join(top, "a.txt")
        with contextlib.nested(open(path), open(path, "rb")) as (a, b):
            print seen, [line for line in a.xreadlines()], [len(line) for line in b.xreadlines()], a.closed
        print a.closed, b.closed
    """) == "[('below', ['a.txt'])] ['one\\n', 'two\\n'] [4, 4] False\nTrue True\n"


def test_an_exception_where_a_limit_stands(printed):
    assert printed("""
        import traceback

        def fails():
            return {}["a"]

        try:
            fails()
        except KeyError as error:
            texts = [traceback.format_exc(error), traceback.format_exc(1)]
            print [("in fails" in text, text.splitlines()[-1]) for text in texts]
    """) == """[(True, "KeyError: 'a'"), (False, "KeyError: 'a'")]\n"""


def test_parsers(printed):
    assert printed("""
        import HTMLParser, UserList
        import xml.etree.ElementTree as ET

        class Texts(HTMLParser.HTMLParser):
            def handle_data(self, data):
                print "data", data

        parser = Texts()
        parser.feed("<b>hi</b>")
        print parser.unescape("&lt;a&gt; &amp;"), UserList.UserList([1]) + [2]
        print [part.tag for part in ET.fromstring("<a><b/><c/></a>").getiterator("c")]
    """) == "data hi\n<a> & [1, 2]\n['c']\n"


def test_json_of_python_2(printed):
    assert printed(r"""
        import json, StringIO

        class Sets(json.JSONEncoder):
            def default(self, obj):
                return sorted(obj)

        file = StringIO.StringIO()
        json.dump({"b": [1, 2], "a": u"\xe9"}, file, indent=1, sort_keys=True)
        print repr(file.getvalue())
        print json.dumps([1, 2], indent=0, separators=(",", ":")), json.dumps(set([2, 1]), cls=Sets, indent=2).count(" ")
        print json.dumps({"a": "\xe9"}, encoding="latin-1"), json.loads('["\xe9"]', "latin-1") == [u"\xe9"]
        print json.loads("[1]", encoding="utf-8"), json.load(StringIO.StringIO("[1]"), encoding="utf-8"), json.dumps(1.5)
    """) == ('\'{\\n "a": "\\\\u00e9", \\n "b": [\\n  1, \\n  2\\n ]\\n}\'\n'
             '[\n1,\n2\n] 5\n{"a": "\\u00e9"} True\n[1] [1] 1.5\n')


def test_json_was_told_an_encoding_in_python_3_as_well(read):
    module = read("""
        import json
        found = [json.loads("[1]", encoding="utf-8"), json.dumps([1, 2], encoding="utf-8", indent=0),
                 json.JSONDecoder(encoding="utf-8").decode("[1]")]
    """)
    assert module.found == [[1], "[\n1,\n2\n]", [1]]
