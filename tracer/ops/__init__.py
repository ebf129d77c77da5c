"""One function per operation, one module per family; each declares what its results look like."""
