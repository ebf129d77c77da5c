"""What variables, optimizers, decays and averages record is named and connected as in the real TensorFlow."""

import json
import pathlib

import pytest

import tracer as tf
from tests.reference.recipes import graphs

RECORDED = json.loads((pathlib.Path(__file__).parents[1] / "reference/graphs.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_operations_are_those_of_tensorflow(name):
    build = graphs.builders(tf)[name]
    assert graphs.listing(tf, build) == RECORDED[name]


def test_every_recipe_is_recorded():
    assert set(graphs.builders(tf)) == set(RECORDED)
