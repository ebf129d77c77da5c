"""Modules beside the script, and packages of the time that are installed."""

import importlib
import os
import subprocess
import sys
import types

import pytest

from tracer import legacy
from tracer.legacy.sources import PROJECT


def test_a_local_module_with_a_standard_name_is_the_scripts_alone(read, tmp_path):
    (tmp_path / "colorsys.py").write_text("mine = True\n")
    module = read("import colorsys\nfrom colorsys import mine\n")
    assert module.colorsys.mine
    assert not hasattr(importlib.import_module("colorsys"), "mine")


def test_a_local_package_with_a_standard_name(read, tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "__init__.py").write_text("")
    (tmp_path / "code" / "model.py").write_text("from . import layers\nfrom .layers import size\n")
    (tmp_path / "code" / "layers.py").write_text("size = 3\n")
    module = read("import code.model\nfrom code.model import size\nfrom code import layers\n")
    assert (module.size, module.layers.size, module.code.model.size) == (3, 3, 3)


def test_what_python_had_imported_at_its_start_stays_the_librarys(read, tmp_path):
    (tmp_path / "types.py").write_text("mine = True\n")
    assert read("import types\n").types is types


def test_a_package_that_imports_its_neighbours_by_name_alone_is_python_2(read, tmp_path):
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "__init__.py").write_text("from copy import *\nfrom recall import *\n")
    (tmp_path / "tasks" / "copy.py").write_text("def copy_train(): return 'copied'\n")
    (tmp_path / "tasks" / "recall.py").write_text("def recall_train(): return 'recalled'\n")
    module = read("from tasks import *\n")
    assert (module.copy_train(), module.recall_train()) == ("copied", "recalled")


def test_an_import_inside_a_package_may_mean_its_neighbour(read, tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "neighbour.py").write_text("print 'x',\nvalue = 7 / 2\n")
    module = read("import neighbour\nfrom neighbour import value\n", "package.user")
    assert module.value == 3
    assert module.neighbour.__name__ == "package.neighbour"


@pytest.mark.parametrize(("about", "old"), [
    ("Name: Layers\nVersion: 1.0.4\n", True),
    ("Classifier: Programming Language :: Python :: 2.7\nClassifier: Programming Language :: Python :: 3.5\n", True),
    ("Name: layers\n\nRequires-Python: a sentence of the description\n", True),
    ("Name: layers\nClassifier: Programming Language :: Python :: 3.11\n", False),
    ("Name: layers\nRequires-Python: >=3.8\n", False),
])
@pytest.mark.parametrize("record", ["Layers-1.0.4.dist-info/METADATA", "Layers.egg-info/PKG-INFO", "Layers-1.0.4.egg-info"])
def test_installed_packages_of_the_time_are_legacy_code(read, tmp_path, monkeypatch, about, old, record):
    site = tmp_path / "site-packages"
    (site / record).parent.mkdir(parents=True)
    (site / record).write_text(about)
    package = site / "layers"
    if "/" in record:
        (site / record).with_name("top_level.txt").write_text("layers\nlayers_more\n")
    else:
        package = site / "Layers"
    package.mkdir()
    (package / "__init__.py").write_text("import numpy as np\nkind = getattr(np, 'float', None)\n")
    (package / "deep.py").write_text("import numpy as np\nkind = getattr(np, 'float', None)\n")
    (site / "layers_more.py").write_text("import numpy as np\nkind = getattr(np, 'float', None)\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    names = [package.name, f"{package.name}.deep", *(["layers_more"] if "/" in record else [])]
    module = read("\n".join(f"import {name}" for name in names) + f"\nkinds = [{', '.join(n + '.kind' for n in names)}]\n")
    for name in names:
        sys.modules.pop(name)
    assert module.kinds == [float if old else None] * len(names)


_TODAYS_SKLEARN = """
import numpy as np

class KFold:
    def __init__(self, n_splits, shuffle=False, random_state=None):
        self.n_splits = n_splits
    def split(self, X, y=None):
        for part in np.array_split(np.arange(len(X)), self.n_splits):
            yield np.setdiff1d(np.arange(len(X)), part), part
    def get_n_splits(self, X=None, y=None):
        return self.n_splits

class ShuffleSplit(KFold):
    def __init__(self, n_splits, test_size=None, train_size=None, random_state=None):
        super().__init__(n_splits)
        self.test_size = test_size
    def split(self, X, y=None):
        yield from ((np.arange(round(len(X) * (1 - self.test_size))), None) for _ in range(self.n_splits))

StratifiedKFold, StratifiedShuffleSplit = KFold, ShuffleSplit
train_test_split = "the function"
"""


@pytest.mark.usefixtures("no_sklearn")
def test_sklearn_is_laid_out_as_it_was(printed, tmp_path, monkeypatch):
    site = tmp_path / "site-packages"
    (site / "sklearn" / "externals").mkdir(parents=True)
    (site / "sklearn" / "model_selection.py").write_text(_TODAYS_SKLEARN)
    (site / "sklearn" / "__init__.py").touch()
    (site / "sklearn" / "externals" / "__init__.py").touch()
    (site / "joblib.py").write_text("dump = 'the dump'\n")
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    assert printed("""
        from sklearn import cross_validation
        import sklearn.cross_validation
        from sklearn.cross_validation import KFold, ShuffleSplit, StratifiedKFold as Stratified, train_test_split
        from sklearn.externals import joblib
        import sklearn.grid_search as search
        print(cross_validation.train_test_split, train_test_split, joblib.dump, search.train_test_split)
        print(len(KFold(6, 3)), [(list(map(int, a)), list(map(int, b))) for a, b in KFold(6, n_folds=3)])
        print(len(sklearn.cross_validation.ShuffleSplit(10, 4, 0.3)))
        print([len(a) for a, b in ShuffleSplit(10, n_iter=2, test_size=0.3)])
        print(len(list(Stratified([0, 1, 0, 1], n_folds=2))))
        try:
            from sklearn import nonsense
        except ImportError as problem:
            print(str(problem)[:31])
        """).splitlines() == [
            "the function the function the dump the function",
            "3 [([2, 3, 4, 5], [0, 1]), ([0, 1, 4, 5], [2, 3]), ([0, 1, 2, 3], [4, 5])]",
            "4",
            "[7, 7]",
            "2",
            "cannot import name 'nonsense' f",
        ]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("sklearn", "joblib")]:
        sys.modules.pop(name)
    sys.modules.pop("tracer.legacy.sklearn_folds")


def test_tests_are_legacy_code_where_pytest_runs_already(read):
    """Its own finder, which takes what is named as a test, stands first."""
    assert read("import numpy as np\nkind = np.float\n", "test_helpers_of_the_time").kind is float


def test_tests_are_legacy_code_for_a_pytest_started_by_us(tmp_path):
    """Also where an option was set for it already."""
    source = "import numpy as np\n\ndef test_it():\n    print 'x'\n    assert np.float(7 / 2) == 3\n"
    (tmp_path / "test_old.py").write_text(source)
    command = [sys.executable, "-m", "tracer", "-m", "pytest", "-p", "no:cacheprovider", "test_old.py"]
    environment = {**os.environ, "PYTEST_ADDOPTS": "-q", "PYTHONPATH": PROJECT}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_options_for_pytest_are_taken_back(monkeypatch):
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    legacy.install()
    legacy.uninstall()
    assert "PYTEST_ADDOPTS" not in os.environ
