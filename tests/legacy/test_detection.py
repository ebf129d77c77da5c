"""Which Python a source was written for."""

import ast
import sys

import pytest

from tracer.legacy import detection, program, python2


@pytest.mark.parametrize(
    "source",
    [
        "for i in xrange(3): pass",
        "import cPickle as pickle",
        "import urllib\nurllib.urlretrieve('a', 'b')",
        "from urllib import urlencode",
        "d = {}\nd.has_key(1)",
        "for k, v in {}.iteritems(): pass",
        "x = raw_input()",
        "import sys\nprint >>sys.stderr, 'a'",
        "print('a')\nprint\n",
        "f = file('a')",
        "reduce(max, [1])",
        "isinstance(1, (int, long))",
        "import string\nstring.letters",
        "keys = {}.keys()\nkeys.sort()",
        "map(str, [1])[0]",
        "range(3) + [1]",
        "import random\norder = range(9)\nrandom.shuffle(order)",
        "import sys\nsys.maxint",
        "import types\nisinstance('x', types.StringTypes)",
        "x = map(str, [1])\nx[0]",
        "class A:\n    def a(self): self.x = zip([1], [2])\n    def b(self): return len(self.x)",
        "import numpy as np\nnp.array(zip([1], [2]))",
        "import numpy as np\nnp.mean({'a': 1}.values())",
        "from sklearn.cross_validation import train_test_split\ny = map(str, [1])\ntrain_test_split([1], y)",
        "y = map(str, [1])\nz = len(y)\ny = 3",
        "if 1:\n    y = map(str, [1])\n    y = y[0]",
        "def f(optimizer):\n    pairs = zip([1], [2])\n    x = [a for a, b in pairs]\n    return optimizer.apply(pairs)",
        "pairs = zip([1], [2])\nfor a, b in pairs: pass\nif 1: print(list(pairs))",
        "class A:\n    def __cmp__(self, other): return 0",
        "class A:\n    def __nonzero__(self): return True",
        "class A:\n    def __iter__(self):\n        'Itself.'\n        return self\n    def next(self): return 1",
        "import csv\nwith open('a', 'wb') as f: csv.writer(f).writerow([1])",
        "import csv\nf = open('a', 'rb')\nrows = list(csv.reader(f))",
        "import pickle\npickle.dump([1], open('a', 'w'))",
        "import pickle\nwith open('a') as f: x = pickle.load(f)",
        "import json\nwith open('a', 'wb') as f: json.dump([1], f)",
        "f = open('a', 'wb')\nf.write('%d\\n' % 3)",
        "f = open('a', 'ab')\nf.write('{}'.format(3) + '!')",
        "line = '%s=%s' % (1, example.features.feature['a'].bytes_list.value[0])",
        "for i in range(9 / 2): pass",
        "batches = 9 / 2\nfor i in range(batches): pass",
        "x = [1, 2][: 2 / 2]",
        "import tensorflow as tf\ns2, s4 = 8 / 2, 8 / 4\ndef f(x, n=8): return tf.reshape(x, [-1, s4 * s4 * n])",
        "import tensorflow as tf\nclass A:\n    n = 8 / 2\n    def f(self):\n        self.m = self.n / 2\n"
        "        return tf.nn.conv2d_transpose(0, 0, output_shape=(1, self.m), strides=[1])",
        "f = open('a', 'rb')\nfor row in f: row.strip().split(' ')[0], row.replace('  ', ' ')",
        "with open('a', mode='rb') as f: x = [row.split(',') for row in f.readlines()]",
        "open('a', 'rb').read().split('\\n')",
        "f = open('a', 'rb')\ntext = f.read()\ntext.find('b')",
    ],
)
def test_names_of_python_2_are_seen(source):
    assert detection.needs_python2(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle",
        "try:\n    xrange\nexcept NameError:\n    xrange = range\nfor i in xrange(3): pass",
        "import sys\nif sys.version_info[0] == 2:\n    x = raw_input()\nelse:\n    x = input()",
        "from six.moves import xrange\nfor i in xrange(3): pass",
        "from functools import reduce\nreduce(max, [1])",
        "import six\nfor k, v in six.iteritems({}): pass",
        "for file in []: file.read()",
        "def f(string): return string.strip()",
        "order = list(range(9))\norder.append(1)",
        "print('a', end='')",
        "len(range(3)) + range(3)[0]",
        "x = range(3)\nx[0], len(x)",
        "x = map(str, [1])\nx = list(x)\nx[0]",
        "x = map(str, [1])\nx = [y for y in x]\nprint(x)",
        "x = map(str, [1])\nfor y in x: break\nprint(list(x))",
        "x = map(str, [1])\nif any(y for y in x): print(list(x))",
        "x = map(str, [1])\nfor y in x: pass\nx = [1]\nprint(x)",
        "x = map(str, [1])\ndef f(x): return x[0]",
        "x = map(str, [1])\nfor x in [[1]]: x[0]",
        "import csv, pickle, json\nwith open('a', 'w') as f: csv.writer(f); json.dump(1, f); f.write('a')",
        "import csv, pickle\nwith open('a', 'rb') as f: pickle.load(f)\nwith open('b') as f: list(csv.reader(f))",
        "import pickle\nwith open('a', 'wb') as f: pickle.dump(1, f)\nwith open('b', 'w') as f: f.write('a')",
        "def save(x, f): f.write('a')\nf = open('a', 'wb')\nsave(1, f)\nf.write(b'a')",
        "import csv\ndef reading(mode): return csv.reader(open('a', mode))",
        "import sys, csv\nif sys.version_info[0] < 3: csv.reader(open('a', 'rb'))",
        "x = map(str, [1])\nif x: x = [1]\nx[0]",
        "x = map(str, [1])\ntry:\n    x = [1]\nfinally: pass\nx[0]",
        "class A:\n    def __nonzero__(self): return True\n    __bool__ = __nonzero__",
        "class A:\n    def __cmp__(self, other): return 0\n    def __lt__(self, other): return False",
        "class A:\n    def next(self): return 1\n    def __iter__(self):\n        yield self.next()",
        "for i in range(int(9 / 2)): pass",
        "half = 9 / 2\nprint(half)",
        "import numpy as np\nnp.array(range(3)), np.sum(map(abs, [1])), np.vstack(map(str, [1])), len({}.keys())",
        "import tensorflow as tf\nhalf = 9 / 2\ntf.constant([half]), tf.reshape([half], [1]), tf.zeros([int(half)])",
        "import numpy as np\nnp.zeros((8 / 2, 3))",
        "for i in range(3 + 9 / 2.0): pass",
        "f = open('a', 'rb')\nfor row in f: row.split(b' ')",
        "f = open('a')\nfor row in f: row.split(' ')",
        "def f(row): row.split(' ')\nfor row in open('a', 'rb'): f(row.decode())",
        "text = open('a', 'rb').read().decode('utf-8').split(' ')",
    ],
)
def test_guarded_and_own_names_are_not(source):
    assert detection.needs_python2(ast.parse(source)) is None


def test_a_module_beside_the_script_may_have_an_old_name(tmp_path):
    (tmp_path / "commands.py").write_text("")
    tree = ast.parse("import commands")
    assert detection.needs_python2(tree)
    assert detection.needs_python2(tree, str(tmp_path / "script.py")) is None


@pytest.mark.parametrize(
    "source",
    [
        "print('a', end='')",
        "def f(*, a): pass",
        "def f(a: int): pass",
        "x = f'{1}'",
        "class A(metaclass=type): pass",
        "import urllib.request",
        "open('a', encoding='utf-8')",
        "class A:\n    def f(self): super().f()",
    ],
)
def test_signs_of_python_3_are_seen(source):
    assert program.needs_python3(ast.parse(source))
    assert program.python_of(ast.parse(source + "\nmap(str, [1])[0]"), "script.py") == 3


def test_a_file_is_python_2_when_one_that_it_imports_is(read, tmp_path):
    (tmp_path / "middle.py").write_text("import lowest\n")
    (tmp_path / "lowest.py").write_text("def f(): print 1\n")
    assert read("import middle\nx = 7 / 2\n").x == 3


def test_a_guarded_import_of_python_2_says_nothing(read, tmp_path):
    (tmp_path / "lowest.py").write_text("def f(): print 1\n")
    assert read("try:\n    import lowest\nexcept ImportError:\n    pass\nx = 7 / 2\n").x == 3.5


def test_python_3_source_never_loads_fissix(read):
    loaded = {name for name in sys.modules if name.startswith("fissix")}
    assert read("print(1 / 2)\nx = 1 / 2\n").x == 0.5
    assert {name for name in sys.modules if name.startswith("fissix")} == loaded


def test_what_neither_python_reads_raises_the_error_of_python_3():
    with pytest.raises(SyntaxError, match="was never closed") as caught:
        python2.compile_source(b"x = 1\ny = (2\n", "broken.py")
    assert caught.value.lineno == 2
    assert not hasattr(caught.value, "__notes__")
    with pytest.raises(SyntaxError, match="Missing parentheses") as caught:
        python2.compile_source(b"print 1\ny = 2 3\n", "broken.py")
    assert caught.value.lineno == 1
    assert caught.value.__notes__[0].startswith("Read as Python 2, it fails at line 2: ")


def test_the_guess_can_be_overruled(tmp_path):
    assert python2.compile_source(b"x = 7 / 2\n", "x.py", "2")[1] == 2
    assert python2.compile_source(b"for i in xrange(2): pass\n", "x.py", "3")[1] == 3
    with pytest.raises(SyntaxError):
        python2.compile_source(b"print 1\n", "x.py", "3")
