"""Prepared runs laid open: their stages, and each compilation of their programs with its texts, costs and times."""

from lowering.view.assumed import assumed as assumed
from lowering.view.assumed import shapeless as shapeless
from lowering.view.assumed import shapes_seen as shapes_seen
from lowering.view.compilation import Compilation as Compilation
from lowering.view.compilation import Line as Line
from lowering.view.stages import Stage as Stage
from lowering.view.stages import stages as stages
from lowering.view.timing import Times as Times
from lowering.view.timing import timed as timed
