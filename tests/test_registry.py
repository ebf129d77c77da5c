"""Every operation: declared as 0.8 defined it, lowered by a rule of the same signature."""

import functools
import importlib
import inspect
import pathlib
import pkgutil

import pytest

import tracer
import tracer.nn
import tracer.ops
import tracer.user_ops
from lowering import registry
from lowering.plan.slice import FRAMES, MERGES, SWITCHES, VARIABLES
from tests import parity
from tracer import opdef
from tracer.declare import DECLARATIONS

for module in pkgutil.iter_modules(tracer.ops.__path__):
    importlib.import_module(f"tracer.ops.{module.name}")
registry.load()

INTERPRETED = {"Placeholder", *VARIABLES, *FRAMES, *SWITCHES, *MERGES}  # the interpreters give them their meaning


@pytest.mark.parametrize("type", sorted(set(DECLARATIONS) - INTERPRETED))
def test_declared_is_lowered(type):
    assert registry.find(type) is not None


@pytest.mark.parametrize("type", sorted(type for type in registry.RULES if type in opdef.names()))
def test_lowered_is_declared(type):
    assert type in DECLARATIONS


@pytest.mark.parametrize("type", sorted(type for type, rule in registry.RULES.items() if type in DECLARATIONS))
def test_rule_has_the_signature_of_the_definition(type):
    rule, definition = registry.RULES[type], opdef.find(type)
    unknown = set(rule.attrs) - set(definition.attributes)
    assert not unknown, f"the rule takes attributes that {type} does not have"
    code = getattr(rule.function, "__code__", None)
    takes_any = code is not None and code.co_flags & inspect.CO_VARARGS
    if code is not None and not takes_any and rule.function.__module__.startswith("lowering"):
        assert code.co_argcount == len(definition.inputs)


@pytest.mark.parametrize("type", sorted(DECLARATIONS))
def test_declaration_is_documented_or_private(type):
    function = DECLARATIONS[type].function
    assert function.__doc__ or function.__name__.startswith("_")


def test_definitions_can_all_be_read():
    for name in opdef.names():
        definition = opdef.find(name)
        for argument in (*definition.inputs, *definition.outputs):
            for attr in (argument.type_attr, argument.number_attr, argument.list_attr):
                assert attr is None or attr in definition.attributes


# -- nothing of 0.8 is left out, and nothing goes untested

UNDECLARED = {  # operations that nobody records by a declaration, and why
    "Const": "recorded by tf.constant itself: its attribute is its value",
    "SymbolicGradient": "the gradient of a function of a graph, which tf.gradients answers",
}
ELSEWHERE = {  # operations without a parity row, by the test that covers them: resources, files, references, drawn numbers
    "contrib/test_lookup.py": "HashTable InitializeTable LookupTableFind LookupTableSize",
    "lowering/test_run.py": "CheckNumerics Print",
    "ops/test_array.py": "TileGrad",
    "ops/test_data_flow.py": """
        ControlTrigger CountUpTo DecodeJSONExample FIFOQueue FixedLengthRecordReader IdentityReader
        IsVariableInitialized MatchingFiles PaddingFIFOQueue ParseExample ParseSingleSequenceExample PyFunc QueueClose
        QueueDequeue QueueDequeueMany QueueEnqueue QueueEnqueueMany QueueSize RandomShuffleQueue ReadFile
        ReaderNumRecordsProduced ReaderNumWorkUnitsCompleted ReaderRead ReaderReset ReaderRestoreState
        ReaderSerializeState RefEnter RefExit RefIdentity RefMerge RefSelect RefSwitch ScatterAdd ScatterSub
        ScatterUpdate ShardedFilename ShardedFilespec Stack StackClose StackPop StackPush TFRecordReader TensorArray
        TensorArrayClose TensorArrayConcat TensorArrayGrad TensorArrayPack TensorArrayRead TensorArraySize
        TensorArraySplit TensorArrayUnpack TensorArrayWrite TextLineReader ThreadUnsafeUnigramCandidateSampler
        WholeFileReader QueueDequeueUpTo RefNextIteration""",
    "ops/test_gradient_ops.py": """
        BatchNormWithGlobalNormalization BatchNormWithGlobalNormalizationGrad MaxPool3DGrad MaxPoolGrad
        MaxPoolGradWithArgmax MaxPoolWithArgmax""",
    "ops/test_image.py": "AdjustContrastv2 ResizeBilinearGrad ResizeNearestNeighborGrad",
    "ops/test_linalg.py": "BatchSelfAdjointEig SelfAdjointEig",
    "ops/test_nn.py": "TopK",
    "ops/test_outside.py": "Abort DeleteSessionTensor Fact GetSessionHandle GetSessionTensor ImmutableConst",
    "ops/test_random.py": "Multinomial",
    "ops/test_sparse.py": "DeserializeManySparse SerializeManySparse SerializeSparse",
    "ops/test_train.py": """
        ApplyAdadelta ApplyAdagrad ApplyAdam ApplyFtrl ApplyGradientDescent ApplyMomentum ApplyRMSProp
        SparseApplyAdadelta SparseApplyAdagrad SparseApplyFtrl SparseApplyMomentum SparseApplyRMSProp""",
    "ops/test_word2vec.py": "NegTrain Skipgram",
    "test_session.py": "Placeholder",
    "test_variables.py": "AssignSub Variable",
    "test_summary.py": "AudioSummary HistogramSummary ImageSummary MergeSummary ScalarSummary",
    "train/test_saver.py": "Restore RestoreSlice Save SaveSlices",
}


@functools.cache
def rows() -> dict[str, bool]:
    """The operation types that parity rows record; true where the gradient is compared too."""
    found: dict[str, bool] = {}
    for folder in ("ops", "nn"):
        for path in sorted((parity.TESTS / folder).glob("test_*.py")):
            if "@parity(" in path.read_text(encoding="utf-8"):
                importlib.import_module(f"tests.{folder}.{path.stem}")
    for family, cases in parity.FAMILIES.items():
        for case in cases:
            if case.raises or not family.startswith(("ops/", "nn/")):
                continue
            with tracer.Graph().as_default() as graph:
                case.build(tracer.constant)
            for op in graph.get_operations():
                found[op.type] = found.get(op.type, False) or case.gradient
    return found


@pytest.mark.parametrize("type", opdef.names())
def test_operation_is_declared_or_said_not_to_be(type):
    assert type in DECLARATIONS or UNDECLARED.get(type)


def test_operation_has_a_parity_row_or_a_test_elsewhere():
    listed = {type for types in ELSEWHERE.values() for type in types.split()}
    missing = sorted(set(opdef.names()) - set(rows()) - listed - set(UNDECLARED))
    assert not missing, "give them a row in tests/ops, or a test, and a place in ELSEWHERE"
    assert not listed - set(opdef.names())


@pytest.mark.parametrize("path", sorted(ELSEWHERE))
def test_the_test_elsewhere_is_there(path):
    assert (pathlib.Path(__file__).parent / path).is_file()


UNDIFFERENTIATED = {  # operations of real numbers in whose rows no gradient is compared, by the reason
    "a gradient itself, which 0.8 differentiates no further": """
        AvgPool3DGrad AvgPoolGrad BatchNormWithGlobalNormalizationGrad CholeskyGrad Conv3DBackpropFilter
        Conv3DBackpropInput DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput EluGrad LRNGrad
        MaxPool3DGrad MaxPoolGrad MaxPoolGradWithArgmax ResizeBilinearGrad ResizeNearestNeighborGrad SoftplusGrad
        SoftsignGrad SparseSegmentMeanGrad SparseSegmentSqrtNGrad TileGrad""",
    "without a kernel on the reference's CPU; ops/test_complex.py compares numeric gradients":
        "BatchFFT BatchFFT2D BatchFFT3D BatchIFFT BatchIFFT2D BatchIFFT3D FFT FFT2D FFT3D IFFT IFFT2D IFFT3D",
    "not differentiated by 0.8, or only in old graphs": """
        BatchNormWithGlobalNormalization BatchSelfAdjointEig MaxPoolWithArgmax SelfAdjointEig SparseDenseCwiseDiv
        TopK""",
    "passes its input on": "CheckNumerics DestroyTemporaryVariable Print RefIdentity",
    "an array of tensors; ops/test_data_flow.py differentiates one": """
        TensorArrayConcat TensorArrayPack TensorArrayRead TensorArraySplit TensorArrayUnpack TensorArrayWrite""",
}


def real(definition: opdef.OpDef, arguments: tuple) -> bool:
    """Whether one of the arguments may hold real or complex numbers."""
    kinds = [(a.dtype,) if a.dtype is not None else definition.attributes[a.type_attr or a.list_attr].allowed
             for a in arguments]
    return any(kind is None or any(k.is_floating or k.is_complex for k in kind) for kind in kinds)


def differentiable(type: str) -> bool:
    """Whether a gradient goes through the operation, by JAX."""
    from tracer.gradient_registry import STOPS, UNDEFINED

    rule, definition = registry.find(type), opdef.find(type)
    if rule is None or rule.host or rule.writes or rule.draws or type in STOPS | UNDEFINED | INTERPRETED:
        return False
    return real(definition, definition.inputs) and real(definition, definition.outputs)


def test_gradients_are_compared():
    said = {type for types in UNDIFFERENTIATED.values() for type in types.split()}
    missing = sorted(type for type in opdef.names()
                     if type not in UNDECLARED and differentiable(type) and not rows().get(type) and type not in said)
    assert not missing, "give them a row whose gradient is compared, or a reason in UNDIFFERENTIATED"
