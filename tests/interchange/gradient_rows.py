"""A small graph for each operation that an export can differentiate: from a maker of constants to tensors."""

import numpy as np

import tracer as tf
from tracer.declare import raw_op
from tracer.ops.sparse import sparse_reduce_sum

IMAGE, CUBE = (2, 5, 4, 3), (1, 3, 4, 3, 2)
ONES, TWOS = [1, 1, 1, 1], [1, 2, 2, 1]
WINDOW = {"ksize": TWOS, "strides": TWOS, "padding": "SAME"}
BOX = {"ksize": [1, 2, 2, 2, 1], "strides": [1, 2, 2, 2, 1], "padding": "SAME"}
SPARSE = np.int64([[0, 1], [1, 0], [1, 2]])


def raw(type):
    return raw_op(type)


def positive(x):
    return tf.abs(x) + 0.5


def definite(x):
    """A symmetric matrix (or a batch of them) that has a Cholesky factor."""
    product = tf.batch_matmul(x, x, adj_y=True) if len(x.get_shape()) > 2 else tf.matmul(x, x, transpose_b=True)
    return product + np.eye(3, dtype=np.float32)


def batch_norm(x):
    return raw("BatchNormWithGlobalNormalization")(x(*IMAGE), x(3), positive(x(3)), x(3), x(3), 0.1, True)


def later(type, *inputs, **attrs):
    return raw(type)(*inputs, **attrs)


def branches(x):
    """Two conditionals, one inside of the other, with a value that one branch alone uses."""
    a, b, few = x(3), x(3), tf.constant(2)
    return tf.cond(tf.less(few, 3), lambda: tf.cond(tf.greater(few, 5), lambda: a * b, lambda: tf.sin(a) + 1.0),
                   lambda: tf.exp(b)) + tf.cond(tf.less(few, 1), lambda: tf.constant([1.0, 2.0, 3.0]), lambda: b)


ROWS = {
    # elementwise
    "Abs": lambda x: tf.abs(x(2, 3)),
    "Acos": lambda x: later("Acos", tf.tanh(x(3)) / 2),
    "Add": lambda x: tf.add(x(2, 1, 3), x(4, 1)),
    "AddN": lambda x: tf.add_n([x(3), x(3)]),
    "Asin": lambda x: later("Asin", tf.tanh(x(3)) / 2),
    "Atan": lambda x: later("Atan", x(3)),
    "Cast": lambda x: tf.cast(x(3), tf.float64),
    "CheckNumerics": lambda x: tf.check_numerics(x(3), "never"),
    "Complex ComplexAbs": lambda x: tf.complex_abs(tf.complex(x(3), x(3))),
    "Conj Imag Real": lambda x: tf.real(z := tf.conj(tf.complex(x(3), x(3)))) * tf.imag(z),
    "Cos": lambda x: tf.cos(x(3)),
    "Div": lambda x: tf.div(x(2, 3), positive(x(3))),
    "Elu": lambda x: tf.nn.elu(x(2, 3)),
    "EluGrad": lambda x: raw("EluGrad")(x(2, 3), tf.nn.elu(x(2, 3))),
    "Erf": lambda x: tf.erf(x(3)),
    "Erfc": lambda x: tf.erfc(x(3)),
    "Exp": lambda x: tf.exp(x(3)),
    "Expm1": lambda x: later("Expm1", x(3)),
    "Fill": lambda x: tf.fill([2, 3], x()),
    "FloorMod": lambda x: later("FloorMod", x(2, 3), positive(x(3))),
    "Identity": lambda x: tf.identity(x(3)),
    "Igamma": lambda x: tf.igamma(positive(tf.stop_gradient(x(2, 3))), positive(x(3))),
    "Igammac": lambda x: tf.igammac(positive(tf.stop_gradient(x(2, 3))), positive(x(3))),
    "Inv": lambda x: tf.inv(positive(x(3))),
    "L2Loss": lambda x: tf.nn.l2_loss(x(2, 3)),
    "Lgamma": lambda x: tf.lgamma(positive(x(3))),
    "Log": lambda x: tf.log(positive(x(3))),
    "Log1p": lambda x: later("Log1p", positive(x(3))),
    "Maximum": lambda x: tf.maximum(x(2, 3), x(3)),
    "Minimum": lambda x: tf.minimum(x(2, 3), x(3)),
    "Mul": lambda x: tf.mul(x(2, 3), x(3)),
    "Mul of complex numbers": lambda x: tf.real(tf.complex(x(2, 3), x(3)) * tf.complex(x(3), x(3)) / tf.complex(
        positive(x(3)), x(3))),
    "Neg": lambda x: tf.neg(x(3)),
    "PlaceholderWithDefault": lambda x: tf.placeholder_with_default(x(3), [3]),
    "Pow": lambda x: tf.pow(positive(x(2, 3)), x(3)),
    "Print": lambda x: tf.Print(x(3), [1], first_n=0),
    "ReciprocalGrad": lambda x: later("ReciprocalGrad", x(3), x(3)),
    "Relu": lambda x: tf.nn.relu(x(2, 3)),
    "Relu6": lambda x: tf.nn.relu6(10 * x(2, 3)),
    "Relu6Grad": lambda x: raw("Relu6Grad")(x(2, 3), 10 * x(2, 3)),
    "ReluGrad": lambda x: raw("ReluGrad")(x(2, 3), x(2, 3)),
    "Rsqrt": lambda x: tf.rsqrt(positive(x(3))),
    "RsqrtGrad": lambda x: later("RsqrtGrad", x(3), x(3)),
    "Select": lambda x: tf.select([True, False], x(2, 3), x(2, 3)),
    "Sigmoid": lambda x: tf.sigmoid(x(3)),
    "SigmoidGrad": lambda x: later("SigmoidGrad", x(3), x(3)),
    "Sign": lambda x: tf.sign(x(3)) * x(3),
    "Sin": lambda x: tf.sin(x(3)),
    "Softplus": lambda x: tf.nn.softplus(x(3)),
    "SoftplusGrad": lambda x: raw("SoftplusGrad")(x(3), x(3)),
    "Softsign": lambda x: tf.nn.softsign(x(3)),
    "SoftsignGrad": lambda x: raw("SoftsignGrad")(x(3), x(3)),
    "Sqrt": lambda x: tf.sqrt(positive(x(3))),
    "SqrtGrad": lambda x: later("SqrtGrad", positive(x(3)), x(3)),
    "Square": lambda x: tf.square(x(3)),
    "SquaredDifference": lambda x: tf.squared_difference(x(2, 3), x(3)),
    "Sub": lambda x: tf.sub(x(2, 3), x(3)),
    "Tan": lambda x: later("Tan", x(3)),
    "Tanh": lambda x: tf.tanh(x(3)),
    "TanhGrad": lambda x: later("TanhGrad", x(3), x(3)),
    "Merge Switch": branches,
    # reductions
    "Cumprod": lambda x: later("Cumprod", x(2, 3), 1, exclusive=True),
    "Cumsum": lambda x: later("Cumsum", x(2, 3), 1, reverse=True),
    "Max": lambda x: tf.reduce_max(x(2, 3, 4), [0, 2]),
    "Mean": lambda x: tf.reduce_mean(x(2, 3, 4), 1),
    "Mean of all": lambda x: tf.reduce_mean(x(2, 3)),
    "Min": lambda x: tf.reduce_min(x(2, 3, 4), 1, keep_dims=True),
    "Prod": lambda x: tf.reduce_prod(x(2, 3, 4), [2, 0]),
    "Sum": lambda x: tf.reduce_sum(x(2, 3, 4), [0, 2]),
    # products of matrices
    "BatchMatMul": lambda x: tf.batch_matmul(x(2, 3, 4), x(2, 5, 4), adj_y=True),
    "Cross": lambda x: tf.cross(x(2, 3), x(2, 3)),
    "MatMul": lambda x: tf.matmul(x(2, 3), x(3, 4)),
    "MatMul turned": lambda x: tf.matmul(x(3, 2), x(4, 3), transpose_a=True, transpose_b=True),
    "SparseMatMul": lambda x: tf.matmul(x(2, 3), x(4, 3), transpose_b=True, a_is_sparse=True),
    "SparseTensorDenseMatMul": lambda x: tf.sparse_tensor_dense_matmul(
        tf.SparseTensor(SPARSE, x(3), [2, 3]), x(2, 4), adjoint_a=True),
    # arrays
    "Concat": lambda x: tf.concat(1, [x(2, 3), x(2, 1)]),
    "DynamicPartition": lambda x: tf.dynamic_partition(x(4, 2), [1, 0, 1, 1], 2),
    "DynamicStitch": lambda x: tf.dynamic_stitch([[0, 2], [1]], [x(2, 3), x(1, 3)]),
    "ExpandDims": lambda x: tf.expand_dims(x(2, 3), 1),
    "Gather": lambda x: tf.gather(x(4, 3), [[1, 3], [1, 0]]),
    "GatherNd": lambda x: tf.gather_nd(x(2, 3), [[1, 2], [0, 1], [1, 2]]),
    "GatherV2": lambda x: later("GatherV2", x(4, 3), [1, 1], 0),
    "MirrorPad": lambda x: tf.pad(x(2, 3), [[1, 1], [0, 2]], "REFLECT"),
    "MirrorPadGrad": lambda x: raw("MirrorPadGrad")(x(4, 5), [[1, 1], [0, 2]], "SYMMETRIC"),
    "Pack": lambda x: tf.pack([x(2), x(2)]),
    "Pad": lambda x: tf.pad(x(2, 3), [[1, 0], [0, 2]]),
    "Reshape": lambda x: tf.reshape(x(2, 3), [3, 2]),
    "Reverse": lambda x: tf.reverse(x(2, 3), [True, False]),
    "ReverseSequence": lambda x: tf.reverse_sequence(x(2, 3), np.int64([3, 2]), 1, 0),
    "ReverseV2": lambda x: later("ReverseV2", x(2, 3), [1]),
    "Slice": lambda x: tf.slice(x(2, 3), [1, 0], [1, 2]),
    "Split": lambda x: tf.split(1, 2, x(2, 4))[1],
    "SplitV": lambda x: later("SplitV", x(2, 4), [1, 3], 1, 2),
    "Squeeze": lambda x: tf.squeeze(x(2, 1, 3)),
    "StridedSlice": lambda x: x(4, 5, 3)[1, ::2, None],
    "Tile": lambda x: tf.tile(x(2, 3), [2, 3]),
    "TopKV2": lambda x: tf.nn.top_k(x(2, 4), tf.size([0, 0]))[0],
    "Transpose": lambda x: tf.transpose(x(2, 3, 4), [2, 0, 1]),
    "Unpack": lambda x: tf.unpack(x(3, 2))[1],
    # blocks
    "BatchMatrixBandPart": lambda x: tf.batch_matrix_band_part(x(2, 3, 3), 1, 0),
    "BatchMatrixDiag": lambda x: tf.batch_matrix_diag(x(2, 3)),
    "BatchMatrixDiagPart": lambda x: tf.batch_matrix_diag_part(x(2, 3, 3)),
    "BatchToSpace": lambda x: tf.batch_to_space(x(4, 2, 2, 1), [[0, 1], [1, 0]], 2),
    "DepthToSpace": lambda x: tf.depth_to_space(x(1, 2, 2, 4), 2),
    "Diag": lambda x: tf.diag(x(3)),
    "DiagPart": lambda x: tf.diag_part(x(3, 3)),
    "FractionalAvgPool FractionalMaxPool": lambda x: [
        pool(x(1, 4, 5, 1), [1.0, 1.5, 1.3, 1.0], deterministic=True, seed=3, seed2=5)[0]
        for pool in (tf.nn.fractional_avg_pool, tf.nn.fractional_max_pool)],
    "MatrixDiagPart": lambda x: tf.matrix_diag_part(x(2, 3, 3)),
    "FFT": lambda x: tf.complex_abs(tf.fft(tf.complex(x(4), x(4)))),
    "FFT2D IFFT2D": lambda x: tf.complex_abs(tf.fft2d(tf.complex(x(2, 3), 0.0)) + tf.ifft2d(tf.complex(x(2, 3), 0.0))),
    "FFT3D IFFT3D": lambda x: tf.complex_abs(tf.fft3d(tf.complex(x(2, 2, 3), 0.0)) + tf.ifft3d(
        tf.complex(x(2, 2, 3), 0.0))),
    "IFFT": lambda x: tf.complex_abs(tf.ifft(tf.complex(x(4), x(4)))),
    "SpaceToBatch": lambda x: tf.space_to_batch(x(1, 3, 3, 1), [[0, 1], [1, 0]], 2),
    "SpaceToDepth": lambda x: tf.space_to_depth(x(1, 4, 4, 1), 2),
    # networks
    "AvgPool": lambda x: tf.nn.avg_pool(x(*IMAGE), **WINDOW),
    "AvgPool3D": lambda x: tf.nn.avg_pool3d(x(*CUBE), **BOX),
    "AvgPool3DGrad": lambda x: raw("AvgPool3DGrad")(list(CUBE), x(1, 2, 2, 2, 2), **BOX),
    "AvgPoolGrad": lambda x: raw("AvgPoolGrad")(list(IMAGE), x(2, 3, 2, 3), **WINDOW),
    "BiasAdd": lambda x: tf.nn.bias_add(x(*IMAGE), x(3)),
    "BiasAddGrad": lambda x: raw("BiasAddGrad")(x(*IMAGE)),
    "BiasAddV1": lambda x: raw("BiasAddV1")(x(*IMAGE), x(3)),
    "CTCLoss": lambda x: tf.nn.ctc_loss(x(4, 1, 3), tf.SparseTensor(np.int64([[0, 0], [0, 1]]), np.int32([0, 1]), [1, 2]),
                                        [4]),
    "Conv2D": lambda x: tf.nn.conv2d(x(*IMAGE), x(2, 3, 3, 2), TWOS, "SAME"),
    "Conv2DBackpropFilter": lambda x: raw("Conv2DBackpropFilter")(x(*IMAGE), [2, 3, 3, 2], x(2, 4, 2, 2), ONES, "VALID"),
    "Conv2DBackpropInput": lambda x: tf.nn.conv2d_transpose(x(2, 3, 2, 2), x(2, 3, 3, 2), IMAGE, TWOS, "SAME"),
    "Conv3D": lambda x: tf.nn.conv3d(x(*CUBE), x(2, 2, 2, 2, 3), [1] * 5, "SAME"),
    "Conv3DBackpropFilter": lambda x: raw("Conv3DBackpropFilter")(x(*CUBE), x(2, 2, 2, 2, 3), x(1, 3, 4, 3, 3), [1] * 5,
                                                                  "SAME"),
    "Conv3DBackpropInput": lambda x: raw("Conv3DBackpropInput")(x(*CUBE), x(2, 2, 2, 2, 3), x(1, 3, 4, 3, 3), [1] * 5,
                                                                "SAME"),
    "DepthwiseConv2dNative": lambda x: tf.nn.depthwise_conv2d_native(x(*IMAGE), x(2, 3, 3, 2), TWOS, "SAME"),
    "DepthwiseConv2dNativeBackpropFilter": lambda x: raw("DepthwiseConv2dNativeBackpropFilter")(
        x(*IMAGE), [2, 2, 3, 1], x(2, 4, 3, 3), ONES, "VALID"),
    "DepthwiseConv2dNativeBackpropInput": lambda x: raw("DepthwiseConv2dNativeBackpropInput")(
        list(IMAGE), x(2, 2, 3, 1), x(2, 4, 3, 3), ONES, "VALID"),
    "FusedBatchNorm": lambda x: later("FusedBatchNorm", x(*IMAGE), x(3), x(3), [], [], epsilon=0.1)[0],
    "FusedBatchNormV2": lambda x: later("FusedBatchNormV2", x(*IMAGE), x(3), x(3), x(3), positive(x(3)),
                                        is_training=False)[0],
    "LRN": lambda x: tf.nn.lrn(x(*IMAGE), 1, 1.0, 0.5, 0.75),
    "LogSoftmax": lambda x: tf.nn.log_softmax(x(2, 3)),
    "MaxPool": lambda x: tf.nn.max_pool(x(*IMAGE), **WINDOW),
    "MaxPool3D": lambda x: tf.nn.max_pool3d(x(*CUBE), **BOX),
    "ResizeBilinear": lambda x: tf.image.resize_bilinear(x(1, 3, 3, 2), [5, 4]),
    "ResizeNearestNeighbor": lambda x: tf.image.resize_nearest_neighbor(x(1, 3, 3, 2), [6, 3]),
    "Softmax": lambda x: tf.nn.softmax(x(2, 3)),
    "SoftmaxCrossEntropyWithLogits": lambda x: tf.nn.softmax_cross_entropy_with_logits(x(2, 3), tf.nn.softmax(
        tf.stop_gradient(x(2, 3)))),
    "SparseSoftmaxCrossEntropyWithLogits": lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits(x(2, 3), [2, 0]),
    # segments
    "SegmentMax": lambda x: tf.segment_max(x(4, 2), [0, 0, 1, 1]),
    "SegmentMean": lambda x: tf.segment_mean(x(4, 2), [0, 0, 0, 1]),
    "SegmentMin": lambda x: tf.segment_min(x(4, 2), [0, 0, 1, 1]),
    "SegmentSum": lambda x: tf.segment_sum(x(4, 2), [0, 0, 1, 1]),
    "SparseSegmentMean": lambda x: tf.sparse_segment_mean(x(4, 2), [3, 0, 3], [0, 0, 1]),
    "SparseSegmentSqrtN": lambda x: tf.sparse_segment_sqrt_n(x(4, 2), [3, 0, 3], [0, 0, 1]),
    "SparseSegmentSum": lambda x: tf.sparse_segment_sum(x(4, 2), [3, 0, 3], [0, 0, 1]),
    "UnsortedSegmentSum": lambda x: tf.unsorted_segment_sum(x(4, 2), [2, 0, 2, 0], 3),
    # linear algebra
    "BatchCholesky": lambda x: tf.batch_cholesky(definite(x(2, 3, 3))),
    "BatchMatrixDeterminant": lambda x: tf.batch_matrix_determinant(x(2, 3, 3)),
    "BatchMatrixInverse": lambda x: tf.batch_matrix_inverse(definite(x(2, 3, 3)) + 0.1 * x(3, 3), adjoint=True),
    "BatchMatrixSolve": lambda x: tf.batch_matrix_solve(definite(x(2, 3, 3)), x(2, 3, 2), adjoint=True),
    "BatchMatrixTriangularSolve": lambda x: tf.batch_matrix_triangular_solve(definite(x(2, 3, 3)), x(2, 3, 2)),
    "Cholesky": lambda x: tf.cholesky(definite(x(3, 3))),
    "MatrixDeterminant": lambda x: tf.matrix_determinant(x(3, 3)),
    "MatrixInverse": lambda x: tf.matrix_inverse(definite(x(3, 3)) + 0.1 * x(3, 3)),
    "MatrixSolve": lambda x: tf.matrix_solve(definite(x(3, 3)), x(3, 2)),
    "MatrixTriangularSolve": lambda x: tf.matrix_triangular_solve(definite(x(3, 3)), x(3, 2), lower=False, adjoint=True),
    # sparse tensors
    "SparseAdd": lambda x: tf.sparse_add(tf.SparseTensor(SPARSE, x(3), [2, 3]),
                                         tf.SparseTensor(SPARSE[1:], x(2), [2, 3])).values,
    "SparseReduceSum": lambda x: sparse_reduce_sum(tf.SparseTensor(SPARSE, x(3), [2, 3]), 1),
    "SparseReorder": lambda x: tf.sparse_reorder(tf.SparseTensor(SPARSE[[2, 0, 1]], x(3), [2, 3])).values,
    "SparseTensorDenseAdd": lambda x: tf.sparse_add(tf.SparseTensor(SPARSE, x(3), [2, 3]), x(2, 3)),
    "TensorArrayConcat TensorArraySplit": lambda x: tf.TensorArray(tf.float32, 2).split(x(3, 2), [1, 2]).concat(),
    "TensorArrayPack TensorArrayUnpack": lambda x: tf.TensorArray(tf.float32, 2).unpack(x(2, 3)).pack(),
    "TensorArrayRead TensorArrayWrite": lambda x: tf.TensorArray(tf.float32, 2).write(0, x(3)).write(1, x(2)).read(0),
}
"""By the types of the operations that are on the way, and more words where there are several."""

OLDER = {"BatchNormWithGlobalNormalization": batch_norm}
"""What graphs of version 8 may hold, and younger ones not."""

UNKNOWN = {
    "BatchFFT": lambda x: tf.complex_abs(tf.batch_fft(tf.complex(x(2, 4), x(2, 4)))),
    "BatchFFT2D BatchIFFT2D": lambda x: tf.complex_abs(tf.batch_fft2d(tf.complex(x(2, 2, 3), 0.0)) + tf.batch_ifft2d(
        tf.complex(x(2, 2, 3), 0.0))),
    "BatchFFT3D BatchIFFT3D": lambda x: tf.complex_abs(tf.batch_fft3d(tf.complex(x(1, 2, 2, 3), 0.0)) + tf.batch_ifft3d(
        tf.complex(x(1, 2, 2, 3), 0.0))),
    "BatchIFFT": lambda x: tf.complex_abs(tf.batch_ifft(tf.complex(x(2, 4), x(2, 4)))),
}
"""What today's TensorFlow has no kernel for."""
