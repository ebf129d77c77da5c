"""Graph in, pure JAX function out."""

from lowering.executable import Executable as Executable
from lowering.state import State as State
