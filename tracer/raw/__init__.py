"""TensorFlow's own form of control flow, `Switch`, `Merge` and the frames of loops: made into regions, and written back."""
