"""What the standard library, Pillow and scikit-learn had in 2016 and have no longer, module by module."""

from __future__ import annotations

import errno
import importlib
import io
import math
from collections import namedtuple
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from tracer.legacy import old_json, python2_archives, science_names, text_for_bytes

ArgSpec = namedtuple("ArgSpec", "args varargs keywords defaults")
_ABSTRACT = (
    "Callable Container Hashable ItemsView Iterable Iterator KeysView Mapping MappingView MutableMapping "
    "MutableSequence MutableSet Sequence Set Sized ValuesView"
).split()


def names(name: str, module: ModuleType, python: int) -> Mapping[str, Any] | None:
    """The lost names of a module; None for the many that lost none, {} where only a module below it did."""
    tables = (_LOST, _LOST_WITH_PYTHON2) if python == 2 else (_LOST,)
    makers = [table[name] for table in tables if name in table]
    if not makers:
        return None
    return {key: value for make in makers for key, value in _lost(make, module).items()}


def _lost(make: Callable[[ModuleType], Mapping[str, Any]], module: ModuleType) -> Mapping[str, Any]:
    try:
        return make(module)
    except (AttributeError, ImportError):  # the script's own module of that name, where the library is not needed
        return {}


def _get_arg_spec(function: Callable) -> ArgSpec:
    import inspect

    full = inspect.getfullargspec(function)
    return ArgSpec(full.args, full.varargs, full.varkw, full.defaults)


def _of_scalars(function: Any) -> Any:
    """A function of `math` that takes an array of one element for the element; a constant as it is."""
    if not callable(function):
        return function

    def call(*arguments: Any, **keywords: Any) -> Any:
        try:
            return function(*arguments, **keywords)
        except TypeError:
            from tracer.legacy.old_numbers import scalar

            return function(*(scalar(argument) for argument in arguments), **keywords)

    return call


def _to_float(function: Callable) -> Callable:
    return lambda x: float(function(x))


def _collections(module: ModuleType) -> dict[str, Any]:
    import collections.abc

    return {name: getattr(collections.abc, name) for name in _ABSTRACT}


def _html_parser(module: ModuleType) -> dict[str, Any]:
    import html

    class HTMLParser(module.HTMLParser):
        def unescape(self, s: str) -> str:
            return html.unescape(s)

    return {"HTMLParser": HTMLParser}


def _pillow_image(module: ModuleType) -> dict[str, Any]:
    resampling = module.Resampling
    lost = {"ANTIALIAS": resampling.LANCZOS, "CUBIC": resampling.BICUBIC, "LINEAR": resampling.BILINEAR}
    return {**lost, "fromstring": module.frombytes, "open": text_for_bytes.taking_text_files(module.open)}


def _csv(module: ModuleType) -> dict[str, Any]:
    """Files for csv were opened with "rb" and "wb"."""
    from tracer.legacy.old_text import text_of

    def reader(csvfile: Any, *arguments: Any, **keywords: Any) -> Any:
        return module.reader((text_of(line) for line in csvfile), *arguments, **keywords)

    class DictReader(module.DictReader):
        def __init__(self, f: Any, *arguments: Any, **keywords: Any) -> None:
            super().__init__((text_of(line) for line in f), *arguments, **keywords)

    return {"DictReader": DictReader, "reader": reader}


def _pickle_of_either(module: ModuleType) -> dict[str, Any]:
    """Pickles in files that were opened as text."""
    from tracer.legacy import python2_files, python2_pickle

    def dump(obj: Any, file: Any, *arguments: Any, **keywords: Any) -> None:
        module.dump(obj, python2_files.binary_file(file), *arguments, **keywords)

    return {"dump": dump, "load": python2_pickle.load_of_either}


def _dill(module: ModuleType) -> dict[str, Any]:
    from tracer.legacy import python2_files

    def dump(obj: Any, file: Any, *arguments: Any, **keywords: Any) -> None:
        module.dump(obj, python2_files.binary_file(file), *arguments, **keywords)

    def load(file: Any, *arguments: Any, **keywords: Any) -> Any:
        return module.load(python2_files.bytes_from(file), *arguments, **keywords)

    return {"dump": dump, "load": load}


_LOST: dict[str, Callable[[ModuleType], Mapping[str, Any]]] = {
    **science_names.LOST,
    **text_for_bytes.LOST,
    "PIL": lambda module: {},
    **dict.fromkeys(("Image", "PIL.Image"), _pillow_image),
    "base64": lambda module: {"decodestring": module.decodebytes, "encodestring": module.encodebytes},
    "cgi": lambda module: {"escape": _escape},
    "collections": _collections,
    "csv": _csv,
    "dill": _dill,
    "fractions": lambda module: {"gcd": math.gcd},
    "joblib.pool": lambda module: {"MemmapingPool": module.MemmappingPool},  # spelled so until 0.12
    **dict.fromkeys(("HTMLParser", "html.parser", "six.moves.html_parser"), _html_parser),
    "inspect": lambda module: {"ArgSpec": ArgSpec, "getargspec": _get_arg_spec},
    "json": old_json.names,
    "math": lambda module: {name: _of_scalars(getattr(module, name)) for name in dir(module) if name[0] != "_"},
    "os": lambda module: {"errno": errno},
    "pickle": _pickle_of_either,
    "platform": lambda module: {"dist": lambda: ("", "", ""), "linux_distribution": lambda: ("", "", "")},
    "random": lambda module: importlib.import_module("tracer.legacy.old_random").names(module),
    "re": lambda module: importlib.import_module("tracer.legacy.python2_re").names(module),
    **dict.fromkeys(("six", "six.moves", "sklearn.externals"), lambda module: {}),
    "six.moves.cPickle": _pickle_of_either,
    "time": lambda module: {"clock": module.process_time},
    "xml": lambda module: {},
    "xml.etree": lambda module: {"cElementTree": importlib.import_module("xml.etree.ElementTree")},
}


def _escape(s: str, quote: bool = False) -> str:
    import html

    return html.escape(s, quote)


def _base64(module: ModuleType) -> dict[str, Any]:
    """The functions take text and give text; what is no text, a picture for one, comes back as bytes."""

    def text_or_bytes(data: bytes) -> str | bytes:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data

    def taking_text(function: Callable) -> Callable:
        def call(s: Any, *arguments: Any) -> str | bytes:
            data = s.encode("utf-8", "surrogateescape") if isinstance(s, str) else s
            return text_or_bytes(function(data, *arguments))

        return call

    found = {name: taking_text(getattr(module, name)) for name in dir(module) if name.endswith(("encode", "decode"))}
    return {**found, "decodestring": taking_text(module.decodebytes), "encodestring": taking_text(module.encodebytes)}


def _itertools(module: ModuleType) -> dict[str, Any]:
    return {
        "ifilter": filter,
        "ifilterfalse": module.filterfalse,
        "imap": map,
        "izip": zip,
        "izip_longest": module.zip_longest,
    }


def _operator(module: ModuleType) -> dict[str, Any]:
    from collections.abc import Sequence

    from tracer.legacy import old_numbers

    return {
        "div": old_numbers.divide,
        "isCallable": callable,
        "isSequenceType": lambda value: isinstance(value, Sequence),
        "sequenceIncludes": module.contains,
    }


def _string(module: ModuleType) -> dict[str, Any]:
    methods = (
        "capitalize center count expandtabs find index ljust lower lstrip replace rfind rindex rjust rsplit rstrip "
        "split strip swapcase upper zfill"
    ).split()
    found: dict[str, Any] = {name: getattr(str, name) for name in methods}
    join = lambda words, sep=" ": sep.join(words)  # noqa: E731
    found.update(
        atof=float,
        atoi=int,
        atol=int,
        join=join,
        joinfields=join,
        letters=module.ascii_letters,
        lowercase=module.ascii_lowercase,
        maketrans=str.maketrans,
        splitfields=str.split,
        translate=lambda s, table, deletions="": _translate(s, table, deletions),
        uppercase=module.ascii_uppercase,
    )
    return found


def _translate(text: str, table: Any, deletions: str) -> str:
    from tracer.legacy.old_text import translate

    return translate(text, table, deletions)


def _subprocess(module: ModuleType) -> dict[str, Any]:
    """Pipes gave text."""

    class Popen(module.Popen):
        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            if not keywords.keys() & {"text", "universal_newlines", "encoding"} and len(arguments) < 12:
                keywords.update(encoding="utf-8", errors="surrogateescape")
            super().__init__(*arguments, **keywords)

    def check_output(*arguments: Any, **keywords: Any) -> str:
        from tracer.legacy.old_text import text_of

        return text_of(module.check_output(*arguments, **keywords))

    return {"Popen": Popen, "check_output": check_output}


def _sys(module: ModuleType) -> dict[str, Any]:
    return {
        "exc_clear": lambda: None,
        "maxint": module.maxsize,
        "setdefaultencoding": lambda name: None,  # text is Unicode now, whatever the script chose
    }


def _types(module: ModuleType) -> dict[str, Any]:
    from tracer.legacy.python2_names import basestring

    simple: dict[str, type] = {
        "BooleanType": bool, "ClassType": type, "ComplexType": complex, "DictType": dict, "DictionaryType": dict,
        "FileType": io.IOBase, "FloatType": float, "IntType": int, "ListType": list, "LongType": int, "ObjectType": object,
        "SliceType": slice, "StringType": str, "TupleType": tuple, "TypeType": type, "UnicodeType": str, "XRangeType": range,
    }  # fmt: skip
    return {**simple, "StringTypes": basestring, "UnboundMethodType": module.FunctionType}


def _random_of_python2(module: ModuleType) -> dict[str, Any]:
    from tracer.legacy import python2_random

    return python2_random.names(module)


def _pickle(module: ModuleType) -> dict[str, Any]:
    from tracer.legacy import python2_pickle

    return {name: getattr(python2_pickle, name) for name in python2_pickle.__all__}


def _walk(top: str, func: Callable, arg: Any) -> None:
    """`os.path.walk`: calls `func(arg, folder, names)` for each folder, which may leave names out."""
    import os

    names = os.listdir(top)
    func(arg, top, names)
    for path in (os.path.join(top, name) for name in names):
        if os.path.isdir(path) and not os.path.islink(path):
            _walk(path, func, arg)


def _nested(*managers: Any) -> Any:
    """`contextlib.nested`: `with nested(a, b) as (x, y)`."""
    import contextlib

    @contextlib.contextmanager
    def entered() -> Any:
        with contextlib.ExitStack() as stack:
            yield tuple(stack.enter_context(manager) for manager in managers)

    return entered()


def _traceback(module: ModuleType) -> dict[str, Any]:
    """What was given as a limit, an exception for one, was compared with numbers, and larger than all of them."""

    def unlimited(function: Callable) -> Callable:
        def call(limit: Any = None, *arguments: Any, **keywords: Any) -> Any:
            return function(limit if isinstance(limit, int) else None, *arguments, **keywords)

        return call

    return {name: unlimited(getattr(module, name)) for name in ("format_exc", "print_exc")}


_LOST_WITH_PYTHON2: dict[str, Callable[[ModuleType], Mapping[str, Any]]] = {
    **python2_archives.NAMES,
    **text_for_bytes.LOST_WITH_PYTHON2,
    "base64": _base64,
    "contextlib": lambda module: {"nested": _nested},
    "itertools": _itertools,
    "json": old_json.names_of_python2,
    "math": lambda module: {name: _to_float(_of_scalars(getattr(module, name))) for name in ("ceil", "floor")},
    "operator": _operator,
    "os": lambda module: {"getcwdu": module.getcwd},
    "os.path": lambda module: {"walk": _walk},
    "pickle": _pickle,
    "random": _random_of_python2,
    "string": _string,
    "subprocess": _subprocess,
    "sys": _sys,
    "traceback": _traceback,
    "types": _types,
}
