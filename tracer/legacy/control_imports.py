"""`tensorflow.python.platform.control_imports`: which of two code bases a program runs in."""

USE_OSS = True
