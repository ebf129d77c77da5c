"""The command `python -m tracer.dump`; the function `tracer.dump` is in `tracer.dump.function`."""
