"""A graph as a JAX source file."""

from lowering.emit.module import Module as Module
from lowering.emit.module import arguments_of as arguments_of
from lowering.emit.module import emit as emit
from lowering.emit.module import handed_over as handed_over
