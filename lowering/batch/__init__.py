"""Batches of other sizes than those that programs are made for, and what may be done with their rows."""
