"""The gradients that scripts register, and what has none."""

from __future__ import annotations

from collections.abc import Callable

from tracer.declare import DECLARATIONS
from tracer.ir import Operation
from tracer.registry import Registry


class _GradientRegistry(Registry):
    """The gradients that scripts registered, by operation type; those of our own operations follow from their rules."""

    def lookup(self, name: str) -> Callable | None:
        """The gradient function of this type, None where it passes none on. LookupError when there is none."""
        if name in self._registry:
            return self._registry[name]["type"]
        if name not in DECLARATIONS or name in UNDEFINED:
            raise LookupError(f"{self._name} registry has no entry for: {name}")
        from tracer.gradients import gradient_by_rule

        return None if name in STOPS else gradient_by_rule


_gradient_registry = _GradientRegistry("gradient")
registered = _gradient_registry._registry

# Operations that pass no gradient on, whatever their dtypes.
STOPS = frozenset("""
    StopGradient Shape ShapeN Size Rank ZerosLike OnesLike Floor Const Range LinSpace OneHot Less
    LessEqual Greater GreaterEqual Equal NotEqual LogicalAnd LogicalOr LogicalNot RandomUniform RandomStandardNormal
    TruncatedNormal RandomUniformInt Multinomial InTopK ScalarSummary HistogramSummary MergeSummary ImageSummary
    Variable TemporaryVariable Assign AssignAdd AssignSub ScatterUpdate ScatterAdd ScatterSub Placeholder
    BroadcastGradientArgs ConcatOffset InvertPermutation ListDiff Bitcast PyFunc EditDistance SparseAddGrad SparseConcat
    SparseToDense DrawBoundingBoxes ExtractGlimpse HSVToRGB RGBToHSV RandomCrop SampleDistortedBoundingBox FloorDiv Rint
    Round RandomGamma ScatterMul ScatterDiv ScatterNdUpdate ScatterNdAdd ScatterNdSub SparseReshape
""".split())

# Operations that TensorFlow 0.8 cannot differentiate: a gradient that reaches one is an error, not None.
UNDEFINED = frozenset("""
    ArgMax ArgMin All Any Ceil DestroyTemporaryVariable Mod Where Unique UniqueWithCounts SegmentProd RandomShuffle
    AdjustContrast AdjustContrastv2 ResizeArea ResizeBicubic ResizeBilinearGrad ResizeNearestNeighborGrad Betainc
    SparseReduceSumSparse QuantizeV2 Dequantize QuantizedConcat QuantizedReshape QuantizedMatMul QuantizedConv2D
    QuantizedBiasAdd QuantizedAvgPool QuantizedMaxPool QuantizedRelu QuantizedRelu6 QuantizedReluX Requantize
    RequantizationRange QuantizeDownAndShrinkRange QuantizedBatchNormWithGlobalNormalization
""".split())


class RegisterGradient:
    """Decorator: the decorated `function(op, *grads)` is the gradient of operations of type `op_type`."""

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f: Callable) -> Callable:
        _register(self._op_type, f)
        return f


def NoGradient(op_type: str) -> None:
    """Declares that operations of type `op_type` pass no gradient on."""
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")
    _register(op_type, None)


def _register(op_type: str, function: Callable | None) -> None:
    _gradient_registry.register(function, op_type)


def get_gradient_function(op: Operation) -> Callable | None:
    """The gradient function of `op`: from it and the gradients of its outputs to those of its inputs.

    None where it passes no gradient on, or has no inputs. LookupError when there is none.
    """
    return _gradient_registry.lookup(op.attrs.get("_gradient_op_type", op.type)) if op.inputs else None
