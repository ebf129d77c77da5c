"""Graph in, pure JAX function out."""

from lowering.executable import Executable as Executable
from lowering.pure import exported as exported
from lowering.pure import pure as pure
from lowering.state import State as State
from lowering.watch import Watch as Watch
