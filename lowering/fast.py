"""What only makes programs faster, each by its name, so that any of it can be left out: results must not depend on it.

TRACER_WITHOUT in the environment names what is left out, with commas between, or says `all`.
"""

from __future__ import annotations

import os

PATHS = {
    "apart": "what several read in a program, computed once for all of them",
    "bursts": "several runs of a queue runner at once",
    "convolutions": "forms of convolutions, and XLA's options, for CPUs",
    "decisions": "a program for each fed truth value that conditionals go by",
    "few": "networks asked about a few rows, by NumPy",
    "first": "the first run of what reads no variable, by NumPy",
    "hoist": "constants' consequences, computed once",
    "idle": "what NumPy does at once between host steps",
    "in_place": "variables updated without a copy of what they were",
    "inline": "small programs computed by the thread that calls them",
    "kept": "compiled programs found on disk by their graphs, without tracing",
    "layouts": "records read by the arrangement of earlier ones",
    "lifted": "one compiled program for all that are equal but for the values of constants",
    "masking": "smaller batches and shorter sequences in a program that is told how many rows there are",
    "narrow": "products of few columns in the form whose gradients CPUs compute fast",
    "padding": "smaller batches on programs compiled for larger ones",
    "pieces": "tensors that many slices cut up, cut once",
    "products": "gradients by what each round of a loop multiplies by, found after it",
    "repeated": "runs of one program like earlier ones, of which all is decided that can be",
    "reroll": "repeated bodies of unrolled loops as one scan",
    "rows": "rows of tables written in place of whole tables",
    "staging": "feeds copied to memory that is used again",
    "straight": "runs of host operations alone as one function",
    "winograd": "convolutions with fewer products, for CPUs",
}
"""The names, and what each stands for."""


def on(path: str) -> bool:
    """Whether a path is taken."""
    without = os.environ.get("TRACER_WITHOUT", "")
    if not without or without == "all":
        return not without
    names = without.split(",")
    if unknown := set(names) - set(PATHS):
        raise ValueError(f"TRACER_WITHOUT names {sorted(unknown)}, which is none of {', '.join(PATHS)}, nor is it `all`.")
    return path not in names
