"""Data sets that TensorFlow 0.8's tutorials read."""
