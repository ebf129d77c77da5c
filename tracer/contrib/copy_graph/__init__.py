"""`tf.contrib.copy_graph`: operations and variables of one graph in another."""

from tracer.contrib.copy_graph.copy_elements import copy_op_to_graph as copy_op_to_graph
from tracer.contrib.copy_graph.copy_elements import copy_variable_to_graph as copy_variable_to_graph
from tracer.contrib.copy_graph.copy_elements import get_copied_op as get_copied_op
