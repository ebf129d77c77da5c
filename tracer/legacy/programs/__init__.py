"""Programs that came with TensorFlow 0.8 and that others import: a script's own copy of one goes before ours."""
