"""Sets and dicts are gone through as Python 2.7 did it, which printed what is expected here."""

SCRIPT = '''
import collections

text = "the quick brown fox jumps over the lazy dog and runs away from a bear that sleeps in its cave near some hills"
words = text.split()
print "".join(set(text)), list(set(words))[:12]
print [hash(x) for x in ("", "a", "word", 7, -1, 2**64 + 3, 0.5, -2.75, True)]
print hash(1e30), hash(("a", 1)), hash(()), hash(frozenset([1, 2, 3]))
counts = collections.Counter(words)
print counts.most_common(6)
print [word for word in counts][:5], max(counts, key=counts.get), sorted(counts, key=lambda word: -counts[word])[:6]
ids = {}
for word in words:
    ids[word] = len(ids)
print ids.keys()[:6], ids.values()[:6], ids.items()[:2]
print list(ids)[:3], zip(ids, range(2)), [i for i, _ in ids.iteritems()][:2], dict((i, 1) for i in (40, 8, 16)).keys()
print collections.OrderedDict([("b", 1), ("a", 2)]).keys(), {"b": 1, "a": 2, "c": 0}.items()
'''
OPERATIONS = '''
a, b = set(range(0, 70, 7)), set(["x", "yy", 35, 14, "zzz", (1, "q"), 2.5])
print [list(s) for s in (a & b, b - a, b | a)]
print list(a ^ b)
print list(b.union([99, "w"])), list(b.difference([35, "yy"]))
b.add("new")
b |= set([1, 2, 3])
b.discard("x")
print list(b), [b.pop() for _ in range(2)], len(b)
print {3, "s", "t"}, frozenset(["p", "q"]), {letter for letter in "banana"}
'''
HABITS = '''
import copy, cPickle, json, random

class Own(set):
    def __init__(self, name):
        self.name = name

own = Own("n")
own.add(4)
print own.name, list(own), isinstance(own, set), isinstance({1}, Own), type({1}) is set
print {1, 2} == set([2, 1]) == frozenset([1, 2]), {1} < {1, 2}, {frozenset([1]): 2}[frozenset([1])]
print copy.deepcopy({(1, 2)}), cPickle.loads(cPickle.dumps({"a"}, 2)) == {"a"}
for wrong in (lambda: {[1]}, lambda: {1} | [2], lambda: set().pop(), lambda: {1}.remove(2)):
    try:
        wrong()
    except (KeyError, TypeError) as error:
        print type(error).__name__,
empty = {1} - {1}
empty -= {2}
empty ^= {3}
empty &= {3, 4}
print empty, bool(set()), sum(set([1, 2])), max({3, 5}), sorted({"b", "a"}), json.dumps(list({7}))
random.seed(3)
print random.sample({"a", "b", "c", "d"}, 2), random.choice({"x": 1, "y": 2}.keys())
'''


def test_texts_words_and_counts(printed):
    assert printed(SCRIPT) == """\
 acbedgfihkjmlonqpsrutwvyxz ['and', 'sleeps', 'over', 'some', 'in', 'its', 'from', 'hills', 'away', 'cave', 'fox', 'brown']
[0, 12416037344, -3668921459620339356, 7, -2, 4, 1073741824, -1476329472, 1]
5076964209140210896 -3828833845468547008 3527539 -7699079583225461316
[('the', 2), ('and', 1), ('sleeps', 1), ('over', 1), ('some', 1), ('in', 1)]
['and', 'sleeps', 'over', 'some', 'in'] the ['the', 'and', 'sleeps', 'over', 'some', 'in']
['and', 'sleeps', 'over', 'some', 'in', 'its'] [8, 15, 5, 20, 16, 17] [('and', 8), ('sleeps', 15)]
['and', 'sleeps', 'over'] [('and', 0), ('sleeps', 1)] ['and', 'sleeps'] [40, 8, 16]
['b', 'a'] [('a', 2), ('c', 0), ('b', 1)]
"""


def test_operations_of_sets(printed):
    assert printed(OPERATIONS) == """\
[[35, 14], [2.5, 'yy', (1, 'q'), 'zzz', 'x'], [2.5, 0, 'zzz', 7, (1, 'q'), 14, 'yy', 21, 28, 35, 42, 49, 56, 'x', 63]]
[2.5, 0, 'zzz', 7, (1, 'q'), 'yy', 21, 28, 42, 49, 56, 'x', 63]
[2.5, 'yy', 35, 'zzz', 99, 'x', (1, 'q'), 14, 'w'] [2.5, 'zzz', 'x', (1, 'q'), 14]
[2.5, 1, 2, 35, 'zzz', (1, 'q'), 14, 'yy', 3, 'new'] [2.5, 1] 8
set(['s', 3, 't']) frozenset(['q', 'p']) set(['a', 'b', 'n'])
"""


def test_sets_are_sets(printed):
    assert printed(HABITS) == """\
n [4] True False True
True True 2
set([(1, 2)]) True
TypeError TypeError KeyError KeyError set([3]) False 3 5 ['a', 'b'] [7]
['a', 'c'] y
"""


def test_a_set_of_somebody_else_is_put_together_along_the_hashes(printed):
    assert printed("""
        import tokenize
        made = tokenize.__builtins__["set"](["two", "words", "of", "a", "text"])
        print type(made) is set, list(made), [word for word in made] == list(made)
    """) == "False ['a', 'of', 'two', 'words', 'text'] True\n"
