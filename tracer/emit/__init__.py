"""The command `python -m tracer.emit`; the function `tracer.emit` is in `tracer.bridge`."""
