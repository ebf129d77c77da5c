"""Small programs that parity cases run: functions of `tf` and of tensors, valid in Python 2.7 and 3.

A recipe says what one call cannot: several steps, a Python function as an argument, a cell with variables. Its first
argument is the module, tracer here and the real TensorFlow while recording.
"""
