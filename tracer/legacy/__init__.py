"""What lets a program of 2016 run unedited: `import tensorflow`, Python 2 source, names that libraries have dropped.

`python -m tracer script.py` does all of it for one script. A notebook or a library calls

    import tracer.legacy
    tracer.legacy.install()        # import tensorflow as tf ... now means this project
    tracer.legacy.uninstall()      # and now it does not

The options are the fields of `tracer.legacy.options.Options`. Modules that lie beside the notebook are read as
legacy code from then on; the notebook's own cells stay Python 3.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` must not be imported yet: a file of that name may lie in the current folder
if TYPE_CHECKING:
    from collections.abc import Iterable

    from tracer.legacy.installation import Installation

_installed: Installation | None = None


def install(roots: Iterable[str] = (), **options: object) -> None:
    """Makes this process a place where legacy code runs; `uninstall` takes everything back.

    `roots` are folders whose source files are legacy code whatever else is known of them.
    Raises RuntimeError when it is installed already, or when a real TensorFlow is imported already.
    """
    global _installed
    if _installed is not None:
        raise RuntimeError("tracer.legacy is installed already; call tracer.legacy.uninstall() first")
    from tracer.legacy.installation import Installation
    from tracer.legacy.options import Options

    installation = Installation(Options.of(**options), roots)
    installation.begin()
    _installed = installation


def uninstall() -> None:
    """Takes back what `install` did: import hook, module table, patches and print options."""
    global _installed
    if _installed is not None:
        _installed.end()
        _installed = None


def current() -> Installation | None:
    """What is installed in this process, if anything."""
    return _installed
