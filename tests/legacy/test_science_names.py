"""Names and arguments that SciPy, matplotlib, scikit-learn, pandas, h5py and PyYAML took in 2016, for legacy code."""

import importlib
import sys
import textwrap
import types

import numpy as np
import pytest

from tracer import legacy
from tracer.legacy import science_names


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs source as a legacy program; the function given returns its variables."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorflow"]:
        monkeypatch.delitem(sys.modules, name)
    legacy.install([str(tmp_path)])

    def run(source):
        (tmp_path / "program_of_2016.py").write_text(textwrap.dedent(source))
        importlib.invalidate_caches()
        return importlib.import_module("program_of_2016")

    yield run
    sys.modules.pop("program_of_2016", None)
    legacy.uninstall()


def test_scikit_learn_has_the_houses_of_boston(run):
    pytest.importorskip("sklearn")
    found = run("""
        from sklearn import datasets
        from sklearn.datasets import load_boston
        houses = datasets.load_boston()
        features, prices = load_boston(return_X_y=True)
        iris = datasets.load_iris()
    """)
    assert found.houses.data.shape == (506, 13)
    assert found.houses["feature_names"][12] == "LSTAT"
    assert list(found.houses.target[:2]) == [24.0, 21.6]
    assert (found.features == found.houses.data).all()
    assert (found.prices == found.houses.target).all()
    assert found.iris.data.shape == (150, 4)


def test_joblib_has_its_pool_by_the_old_spelling(run):
    pool = pytest.importorskip("joblib.pool")
    assert run("from joblib.pool import MemmapingPool\n").MemmapingPool is pool.MemmappingPool


def test_scipy_shows_what_numpy_has(run):
    pytest.importorskip("scipy")
    found = run("""
        import scipy
        import scipy as sp
        from scipy import log, subtract
        x = sp.maximum(sp.minimum([1., 2., 3.], 2.5), 1.5), log(sp.array([1., -1.])), sp.sqrt(-4), subtract(3, 1)
        y = scipy.rand(2, 3).shape, scipy.randn(4).shape, scipy.zeros(2)
        """)
    np.testing.assert_array_equal(found.x[0], [1.5, 2, 2.5])
    np.testing.assert_allclose(found.x[1], [0, np.pi * 1j])
    assert found.x[2:] == (2j, 2)
    assert found.y[:2] == ((2, 3), (4,))


def test_inner_modules_of_numpy(run):
    found = run("""
        import numpy as np
        import numpy.linalg.linalg as lg
        x = np.lib.pad([1, 2], (1, 0), 'constant'), np.linalg.linalg.det(2 * np.eye(2)), lg.LinAlgError
        """)
    assert found.x[0].tolist() == [0, 1, 2]
    assert found.x[1] == pytest.approx(4)
    assert found.x[2] is np.linalg.LinAlgError


@pytest.mark.parametrize(("display", "expected"), [
    (None, ["agg"] * 3 + ["svg"]), (":0", ["qtagg", "qtagg", "TkAgg", "svg"])])
def test_backends_of_plots_are_todays_and_open_windows_where_that_can_be(run, monkeypatch, display, expected):
    matplotlib = pytest.importorskip("matplotlib")
    chosen = []
    monkeypatch.setattr(matplotlib, "use", lambda backend, force: chosen.append(backend))
    monkeypatch.setattr("matplotlib.pyplot.switch_backend", chosen.append)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if display:
        monkeypatch.setenv("DISPLAY", display)
    run("""
        import matplotlib
        import matplotlib.pyplot as plt
        matplotlib.use('Qt4Agg', warn=False)
        plt.switch_backend('qt4agg')
        matplotlib.use('TkAgg')
        matplotlib.use('svg')
        """)
    assert chosen == expected


def test_plots_take_the_arguments_they_took(run):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    found = run("""
        import matplotlib.pyplot as plt
        import matplotlib.cm as cm
        import pylab
        plt.hold(True)
        below = plt.subplot(2, 1, 1, axisbg='yellow').get_facecolor()
        heights, _, _ = plt.hist([1, 2, 3, 4], bins=2, normed=True)
        plt.plot([1, 2], label='a line')
        legend = plt.legend(loc='top left'), plt.legend(loc='lower left')
        maps = cm.get_cmap('spectral'), plt.cm.spectral, pylab.cm.get_cmap('jet', 5)
        x = plt.ishold(), maps[0].name, maps[1].name, maps[2].N, pylab.hold()
        """)
    pyplot.close("all")
    assert found.x == (True, "nipy_spectral", "nipy_spectral", 5, None)
    assert [legend._get_loc() for legend in found.legend] == [0, 3]
    assert found.below == (1, 1, 0, 1)
    assert found.heights.tolist() == pytest.approx([1 / 3, 1 / 3])


def test_tsne_counts_its_iterations_by_the_old_name(run):
    manifold = pytest.importorskip("sklearn.manifold")
    found = run("""
        from sklearn.manifold import TSNE
        named = TSNE(perplexity=3, n_components=2, init='random', n_iter=250)
        placed = TSNE(3, 5.0, 4.0, 100.0, 300)
        """)
    assert isinstance(found.named, manifold.TSNE)
    assert (found.named.max_iter, found.named.perplexity) == (250, 3)
    assert (found.placed.n_components, found.placed.learning_rate, found.placed.max_iter) == (3, 100.0, 300)


@pytest.mark.filterwarnings("ignore")  # seaborn asks matplotlib for what that warns of
def test_seaborn_takes_the_table_last(run):
    pytest.importorskip("seaborn")
    found = run("""
        import pandas
        import seaborn as sns
        table = pandas.DataFrame({"x": [1., 2., 3.], "y": [2., 3., 5.], "kind": [0, 1, 0]})
        grid = sns.lmplot("x", "y", data=table, fit_reg=False, size=2, hue="kind", legend=False)
        sns.plt.figure()
        boxes = sns.boxplot("kind", "y", data=table)
        points = sns.factorplot("kind", "y", data=table, size=2)
        figure = sns.plt.gcf()
        """)
    assert list(found.grid.fig.get_size_inches()) == [2, 2]
    assert found.boxes.get_xlabel() == "kind"
    assert found.points.fig is found.figure


def test_scikit_learn_takes_arguments_in_their_order(run):
    pytest.importorskip("sklearn")
    found = run("""
        from sklearn import metrics
        from sklearn.datasets import make_moons
        from sklearn.metrics import confusion_matrix
        table = confusion_matrix([0, 1, 1], [0, 1, 0], [1, 0])
        score = metrics.brier_score_loss([0, 1], [.2, .7], [1., 3.])
        points, _ = make_moons(10, True, None, 3)
        """)
    assert found.table.tolist() == [[1, 1], [0, 1]]
    assert found.score == pytest.approx((0.04 + 3 * 0.09) / 4)
    assert found.points.shape == (10, 2)


def test_pictures_by_the_modules_of_the_first_pil(run):
    pytest.importorskip("PIL")
    found = run("""
        import Image
        import ImageDraw as draw
        from ImageOps import grayscale
        picture = Image.new('RGB', (4, 2)).resize((2, 2), Image.ANTIALIAS)
        x = picture.size, grayscale(picture).mode, callable(draw.Draw)
        """)
    assert found.x == ((2, 2), "L", True)


def test_constants_of_the_first_opencv(run, monkeypatch):
    today = types.ModuleType("cv2")
    today.CAP_PROP_FPS, today.IMREAD_COLOR, today.LINE_AA, today.COLOR_BGR2RGB = 5, 1, 16, 4
    today.IMREAD_GRAYSCALE = today.IMREAD_UNCHANGED = today.IMREAD_ANYCOLOR = today.IMREAD_ANYDEPTH = 0
    today.VideoWriter_fourcc = lambda *letters: "".join(letters)
    monkeypatch.setitem(sys.modules, "cv2", today)
    found = run("""
        import cv2
        x = cv2.cv.CV_CAP_PROP_FPS, cv2.CV_LOAD_IMAGE_COLOR, cv2.CV_AA, cv2.cv.CV_FOURCC(*'XVID'), cv2.COLOR_BGR2RGB
        y = hasattr(cv2.cv, 'CV_NONE')
        """)
    assert found.x == (5, 1, 16, "XVID", 4)
    assert not found.y


@pytest.mark.parametrize("name", ["cv2", "h5py", "pandas", "seaborn"])
def test_a_module_of_the_scripts_own_in_the_place_of_a_library(run, monkeypatch, name):
    own = types.ModuleType(name)
    own.show = lambda: 3
    monkeypatch.setitem(sys.modules, name, own)
    assert run(f"import {name} as library\nx = library.show()\n").x == 3


def test_axes_take_the_arguments_they_took(run):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    found = run("""
        import matplotlib.pyplot as plt
        figure = plt.figure()
        deep = [figure.gca(projection='3d').name, figure.gca().name]
        deep += [plt.figure().gca().name, plt.gca(projection='polar').name]
        axes = plt.figure().add_subplot(111)
        axes.hold(True)
        axes.set_axis_bgcolor('yellow')
        heights = axes.hist([1, 2, 3, 4], bins=2, normed=True)[0]
        """)
    pyplot.close("all")
    assert found.deep == ["3d", "3d", "rectilinear", "polar"]
    assert found.axes.get_facecolor() == (1, 1, 0, 1)
    assert found.heights.tolist() == pytest.approx([1 / 3, 1 / 3])


def test_what_is_drawn_has_the_methods_it_had(run):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    found = run("""
        import matplotlib.pyplot as plt
        figure = plt.figure(figsize=(2, 1), dpi=10)
        axes = figure.add_subplot(111)
        axes.set_color_cycle(['red', 'lime'])
        lines = [axes.plot([0, 1])[0].get_color() for _ in range(3)]
        axes.grid(b=True, axis='y')
        plt.grid(b=True, axis='x')
        gridded = [axis.get_gridlines()[0].get_visible() for axis in (axes.xaxis, axes.yaxis)]
        legend = axes.legend(lines)
        states = [legend.get_draggable()]
        for given in ((True,), (), (False,)):
            legend.draggable(*given)
            states.append(legend.get_draggable())
        background = axes.get_axis_bgcolor()
        plain = plt.figure(figsize=(2, 1), dpi=10, facecolor=(1, 0, 0.2))
        plain.canvas.draw()
        picture = plain.canvas.tostring_rgb()
        """)
    pyplot.close("all")
    assert found.lines == ["red", "lime", "red"]
    assert found.gridded == [True, True]
    assert found.states == [False, True, False, False]
    assert found.background == (1, 1, 1, 1)
    assert found.picture == bytes([255, 0, 51]) * 200


def test_matplotlib_has_the_normal_density(run):
    pytest.importorskip("matplotlib")
    stats = pytest.importorskip("scipy.stats")
    found = run("""
        import numpy as np
        import matplotlib.mlab as mlab
        x = np.linspace(-2, 3, 7)
        one, two = mlab.normpdf(x, 0.5, 2.0), mlab.bivariate_normal(x, x[::-1], 2.0, 0.5, 0.1, -0.2, 0.3)
        """)
    np.testing.assert_allclose(found.one, stats.norm(0.5, 2).pdf(found.x))
    both = stats.multivariate_normal([0.1, -0.2], [[4, 0.3], [0.3, 0.25]])
    np.testing.assert_allclose(found.two, both.pdf(np.stack([found.x, found.x[::-1]], axis=1)))


def test_eigenvectors_by_their_module(run):
    pytest.importorskip("scipy")
    found = run("""
        import numpy as np
        import scipy.sparse as sp
        from scipy.sparse.linalg.eigen.arpack import eigsh, ArpackNoConvergence
        largest, _ = eigsh(sp.diags([1.0, 5.0, 3.0], 0), 1, which='LM')
        """)
    assert found.largest.tolist() == pytest.approx([5])
    assert issubclass(found.ArpackNoConvergence, RuntimeError)


def test_filters_take_arrays_of_objects(run):
    pytest.importorskip("scipy.signal")
    found = run("""
        import numpy as np
        import scipy.signal
        rewards = np.asarray([np.array([1.0]), np.array([2.0]), 4.0])
        x = scipy.signal.lfilter([1], [1, -0.5], rewards[::-1], axis=0)[::-1]
        """)
    assert found.x.tolist() == [3, 4, 4]


def test_windows_of_signals(run):
    windows = pytest.importorskip("scipy.signal.windows")
    found = run("""
        import scipy.signal
        from scipy.signal import hann, gaussian
        x = hann(5).tolist(), gaussian(5, 1.5).tolist(), scipy.signal.hamming(4).tolist()
        """)
    assert found.x == (windows.hann(5).tolist(), windows.gaussian(5, 1.5).tolist(), windows.hamming(4).tolist())


def test_notebooks_clear_what_they_show(run):
    pytest.importorskip("IPython")
    assert callable(run("from IPython.display import Image, clear_output\n").clear_output)


def test_yaml_needs_no_loader(run):
    pytest.importorskip("yaml")
    found = run("""
        import yaml
        x = yaml.load("a: [1, 2]"), list(yaml.load_all("--- 1\\n--- 2")), yaml.load("b: 1", Loader=yaml.SafeLoader)
        try:
            yaml.load("!!python/object/apply:os.getcwd []")
        except yaml.YAMLError as problem:
            y = type(problem).__name__
        """)
    assert found.x == ({"a": [1, 2]}, [1, 2], {"b": 1})
    assert found.y == "ConstructorError"


def test_files_of_h5py_can_be_written_without_a_mode(run):
    pytest.importorskip("h5py")
    found = run("""
        import h5py
        made = h5py.File('data.h5')
        made['x'] = [1, 2]
        made['s'] = 3.0
        made.close()
        again = h5py.File('data.h5')
        again['y'] = 5
        x = again['x'].value, again['s'].value, again['y'].value
        again.close()
        class Own(object):
            value = 'own'
        own = Own().value, {'value': 1}.values()
        """)
    assert (found.x[0].tolist(), *found.x[1:]) == ([1, 2], 3.0, 5)
    assert found.own[0] == "own"
    assert list(found.own[1]) == [1]


def test_tables_of_pandas(run):
    pytest.importorskip("pandas")
    found = run("""
        import numpy as np
        import pandas as pd
        t = pd.DataFrame({'a': [10, 20, 30], 'b': ['x', 'y', 'z']})
        t.ix[1, 'a'] = 25
        named = pd.DataFrame({'a': [1, 2, 3]}, index=list('pqr'))
        np.random.shuffle(named.values)
        v = t['a'].values
        v[0] = 7
        x = (t.ix[[2, 0]]['b'].tolist(), t.ix[0:1]['a'].tolist(), t.ix[t['a'] > 20]['b'].tolist(),
             named.ix[0:2]['a'].tolist(), named.ix['q', 'a'], named.ix[1, 'a'], named.ix[1, 0])
        y = named.as_matrix().tolist(), t.as_matrix(['a']).tolist()
        z = named.append(pd.DataFrame({'a': [9]}), ignore_index=True), t.append({'a': 1, 'b': 'w'}, ignore_index=True)
        rest = []
        rest.append(list({'k': 3}.values()))
        """)
    assert found.x == (["z", "x"], [10, 25], ["y", "z"], [1, 2], 2, 2, 2)
    assert found.y == ([[1], [2], [3]], [[10], [25], [30]])
    assert found.v.tolist() == [7, 25, 30]
    assert found.z[0]["a"].tolist() == [1, 2, 3, 9]
    assert found.z[1]["b"].tolist() == ["x", "y", "z", "w"]
    assert found.rest == [[3]]


def test_readers_and_order_of_pandas(run):
    pytest.importorskip("pandas")
    found = run("""
        import io
        import numpy as np
        import pandas as pd
        t = pd.read_csv(io.StringIO(u"a  b\\n2   5\\n3 4\\n1 6\\n"), delim_whitespace=True)
        column = pd.read_csv(io.StringIO(u"a\\n3\\n2\\n"), squeeze=True)
        x = t.sort('a')['b'].tolist(), t.sort('b', ascending=False)['a'].tolist(), column.order().tolist()
        column.sort()
        y = column.tolist(), pd.rolling_mean(np.arange(4.), 2).tolist()[1:], np.math.sqrt(4)
        """)
    assert found.x == ([6, 5, 4], [1, 2, 3], [2, 3])
    assert found.y == ([2, 3], [0.5, 1.5, 2.5], 2)


def test_attributes_are_looked_at_only_where_the_package_is_imported(run):
    assert run("class Own(object):\n    ix = 3\nx = Own().ix\n").x == 3
    assert science_names.attribute("text", "upper")() == "TEXT"


def test_scikit_learn_has_its_assertions(run):
    testing = pytest.importorskip("sklearn.utils._testing")
    found = run("""
        from sklearn.utils import testing
        from sklearn.utils.testing import assert_array_equal, assert_equal, assert_raise_message, assert_warns_message
        import warnings
        def warn(value):
            warnings.warn("careful")
            return value
        warned = assert_warns_message(UserWarning, "care", warn, 3)
        assert_raise_message(ValueError, "invalid literal", int, "x")
        try:
            assert_equal(1, 2)
        except AssertionError as problem:
            differs = str(problem)
    """)
    assert found.assert_array_equal is testing.assert_array_equal
    assert found.warned == 3
    assert found.differs == "1 != 2"
    with pytest.raises(AssertionError, match="careful"):
        found.testing.assert_no_warnings(found.warn, 3)
    with pytest.raises(AssertionError, match="not found in"):
        found.assert_raise_message(ValueError, "another text", int, "x")


def test_scikit_learn_has_the_modules_that_are_private_now(run):
    ensemble = pytest.importorskip("sklearn.ensemble")
    found = run("""
        import sklearn.ensemble.forest
        from sklearn.ensemble.forest import RandomForestClassifier
    """)
    assert found.RandomForestClassifier is ensemble.RandomForestClassifier
    assert found.sklearn.ensemble.forest.RandomForestClassifier is ensemble.RandomForestClassifier


def test_dill_goes_through_files_of_text(run, tmp_path):
    pytest.importorskip("dill")
    path = str(tmp_path / "kept")
    found = run(f"""
        import dill as pickle
        print "Python 2"
        with open({path!r}, "w") as f:
            pickle.dump({{"a": [1.5, 'b']}}, f)
        with open({path!r}, "r") as f:
            back = pickle.load(f)
    """)
    assert found.back == {"a": [1.5, "b"]}


@pytest.mark.parametrize("module", ["scipy.ndimage", "scipy.ndimage.interpolation"])
def test_scipy_rotates_by_an_array_of_one_angle(run, module):
    rotate = pytest.importorskip("scipy.ndimage").rotate
    found = run(f"""
        import numpy as np
        from {module} import rotate
        picture = np.arange(30.).reshape(5, 6)
        turned = rotate(picture, np.random.randint(7, 8, 1), reshape=False, cval=0.5)
    """)
    np.testing.assert_array_equal(found.turned, rotate(found.picture, 7, reshape=False, cval=0.5))


def test_matplotlib_takes_a_place_as_text(run):
    pytest.importorskip("matplotlib")
    found = run("""
        import matplotlib.pyplot as plt
        places = [plt.subplot("212"), plt.figure().add_subplot("212"), plt.figure().add_subplot(2, 1, 2)]
        plt.close("all")
    """)
    first, *others = (axes.get_position().bounds for axes in found.places)
    assert others == [first, first]
