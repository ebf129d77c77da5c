"""Which operations a run needs, and the device programs and host steps that they are cut into."""
