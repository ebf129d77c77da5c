"""What the real TensorFlow said: recorded data, and the scripts that recorded it."""
