"""Data sets: what they are, how they are read and what their records hold."""
