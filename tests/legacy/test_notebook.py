"""`get_ipython()` in scripts that were written out from notebooks."""

import pytest


def test_magics_of_a_notebook(read, capfd, tmp_path, monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path.parent)
    monkeypatch.delenv("MPLBACKEND", raising=False)
    module = read(
        f"""
        get_ipython().magic(u'matplotlib inline')
        get_ipython().magic('load_ext autoreload')
        get_ipython().magic('autoreload 2')
        get_ipython().run_cell_magic('time', '', 'x = 7 / 2\\nprint x,')
        get_ipython().run_cell_magic(u'capture', '', u'z = x + 1')
        get_ipython().system(u'echo from the shell')
        y = get_ipython().getoutput('echo one; echo two')
        get_ipython().magic('cd {tmp_path}')
        print "Python 2"
        import os
        here = os.getcwd()
        """
    )
    assert (module.x, module.y, module.z) == (3, ["one", "two"], 4)
    assert matplotlib.get_backend().lower() == "agg"
    assert module.here == str(tmp_path)
    said = capfd.readouterr().out
    assert "from the shell\n" in said
    assert "Wall time: " in said


def test_what_needs_ipython_says_so(read):
    with pytest.raises(NotImplementedError, match="%%javascript needs IPython"):
        read("get_ipython().run_cell_magic('javascript', '', 'alert(1)')\n")
    with pytest.raises(NotImplementedError, match="%prun needs IPython"):
        read("get_ipython().magic('prun f()')\n", "other")


def test_who_asks_whether_it_is_a_notebook_hears_no(read):
    module = read(
        """
        try:
            get_ipython()
            there = True
        except NameError:
            there = False
        """
    )
    assert not module.there
    assert read("def get_ipython(): return 3\nx = get_ipython()\n", "own").x == 3
