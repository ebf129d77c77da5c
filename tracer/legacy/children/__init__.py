"""A folder of its own, which is put on the path of other processes."""
