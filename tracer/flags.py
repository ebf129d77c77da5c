"""`tf.app.flags`: command-line flags, defined anywhere and read as attributes of `FLAGS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class _FlagValues:
    """The flags by name. They are parsed when one is first read; unknown arguments are somebody else's."""

    def __init__(self) -> None:
        # Under these very names, because scripts print their settings by looping over `FLAGS.__flags`.
        self.__dict__["__flags"] = {}
        self.__dict__["__parsed"] = False

    def _parse_flags(self, args: Sequence[str] | None = None) -> list[str]:
        """Read the flags from `args` or the command line, and return the arguments that are no flags.

        A value that the script has set itself since an earlier reading stays.
        """
        known, rest = _parser().parse_known_args(args)
        flags = self.__dict__["__flags"]
        for name, value in vars(known).items():
            if args is not None or name not in flags:
                flags[name] = value
        self.__dict__["__parsed"] = True
        return rest

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):  # Python asking, not the script
            raise AttributeError(name)
        if not self.__dict__["__parsed"]:
            self._parse_flags()
        try:
            return self.__dict__["__flags"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        if not self.__dict__["__parsed"]:
            self._parse_flags()
        self.__dict__["__flags"][name] = value


FLAGS = _FlagValues()
_parsers: list[Any] = []


def _parser() -> Any:
    """The one parser of the process, made when it is first needed."""
    if not _parsers:
        import argparse

        _parsers.append(argparse.ArgumentParser())
    return _parsers[0]


def _define(name: str, default: Any, docstring: str | None, kind: Callable[[str], Any]) -> None:
    _parser().add_argument(f"--{name}", default=default, help=_help(docstring), type=kind)
    _reopen()


def _help(docstring: str | None) -> str | None:
    # argparse fills in %(default)s and the like; these texts are meant as they stand.
    return docstring.replace("%", "%%") if docstring else docstring


def _reopen() -> None:
    # A flag that is defined after the first one was read is parsed too.
    FLAGS.__dict__["__parsed"] = False


def DEFINE_string(flag_name: str, default_value: str | None, docstring: str | None) -> None:
    """Define a flag that is a text.

    >>> tf.app.flags.DEFINE_string("data_folder", "/tmp/data", "Where the data is.")
    """
    _define(flag_name, default_value, docstring, str)


def DEFINE_integer(flag_name: str, default_value: int | None, docstring: str | None) -> None:
    """Define a flag that is an int."""
    _define(flag_name, default_value, docstring, int)


def DEFINE_float(flag_name: str, default_value: float | None, docstring: str | None) -> None:
    """Define a flag that is a float."""
    _define(flag_name, default_value, docstring, float)


def DEFINE_boolean(flag_name: str, default_value: bool | None, docstring: str | None) -> None:
    """Define a flag that is True or False: `--flag`, `--flag=true`, `--flag=t`, `--flag=1`, `--noflag`."""
    parser = _parser()
    parser.add_argument(
        f"--{flag_name}", default=default_value, help=_help(docstring), nargs="?", const=True, type=_truth
    )
    parser.add_argument(f"--no{flag_name}", dest=flag_name, action="store_false", default=default_value)
    _reopen()


DEFINE_bool = DEFINE_boolean


def _truth(text: str) -> bool:
    # Any other word is False, also one that means the opposite of what it says.
    return text.lower() in ("true", "t", "1")
