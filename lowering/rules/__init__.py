"""What each operation is, as JAX: one module per family, mirroring `tracer/ops`."""
