"""Graph in, pure JAX function out."""

from lowering import importing as importing  # isort: split

from lowering.pure import exported as exported
from lowering.pure import pure as pure
from lowering.run.executable import Executable as Executable
from lowering.run.state import State as State
from lowering.run.watch import Watch as Watch
