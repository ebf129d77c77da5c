"""The legacy environment in one process, installed for a test and taken back."""

import importlib
import sys
import textwrap

import pytest

from tracer import legacy


@pytest.fixture(autouse=True)
def no_real_tensorflow(monkeypatch):
    """Another test may have loaded the real TensorFlow to compare with it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorflow"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.fixture
def no_sklearn(monkeypatch):
    """For a test with a package of its own by that name, where another one may have loaded the real one."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("joblib", "sklearn")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Installs the environment; the function given writes a module beside "the script" and imports it."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    legacy.install([str(tmp_path)])

    def read(source, name="legacy_program"):
        path = tmp_path / (name.replace(".", "/") + ".py")
        path.write_text(textwrap.dedent(source))
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield read
    legacy.uninstall()


@pytest.fixture
def printed(read, capsys):
    """What a module prints."""

    def printed(source):
        capsys.readouterr()
        read(source)
        return capsys.readouterr().out

    return printed
