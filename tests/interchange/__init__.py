"""Files go both ways between us and TensorFlow: what 0.12.1 recorded, and what the installed TensorFlow says now."""
