"""A graph as a JAX source file."""

from lowering.emit.module import Module as Module
from lowering.emit.module import emit as emit
