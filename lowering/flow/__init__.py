"""Conditionals and loops, those of the graph and those that a script unrolled."""
