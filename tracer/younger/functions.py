"""Functions that TensorFlow 0.9 to 0.12 added, made of those of 0.8."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_n_to_tensor, convert_to_tensor
from tracer.declare import raw_op
from tracer.ir import Tensor
from tracer.nn import convolution, recurrent
from tracer.ops import array, casting, constants, indexing, logic, math, matrix
from tracer.variable_scope import variable_scope


class Root:
    """`tf.NAME`."""

    @staticmethod
    def stack(values: Any, axis: int = 0, name: str = "stack") -> Tensor:
        """The tensors of a list side by side along a new dimension `axis`."""
        if not axis:
            return array.pack(values, name)
        with scopes.op_scope(list(values), name):
            tensors = convert_n_to_tensor(values)
            rank = tensors[0].get_shape().ndims
            if axis < 0:
                if rank is None:
                    raise ValueError("a negative axis needs values of known rank")
                axis += rank + 1
            return array.concat(axis, [array.expand_dims(tensor, axis) for tensor in tensors])

    @staticmethod
    def unstack(value: Any, num: int | None = None, axis: int = 0, name: str = "unstack") -> list[Tensor]:
        """The parts of a tensor along dimension `axis`, as a list."""
        if not axis:
            return array.unpack(value, num, name)
        with scopes.op_scope([value], name):
            value = convert_to_tensor(value)
            rank = value.get_shape().ndims
            if rank is None:
                raise ValueError("an axis other than 0 needs a value of known rank")
            axis %= rank
            order = [axis, *(i for i in range(rank) if i != axis)]
            return array.unpack(array.transpose(value, order), num)

    @staticmethod
    def cumsum(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Tensor:
        """The sums of all elements up to each, along `axis`; `exclusive` leaves out its own, `reverse` begins behind."""
        return raw_op("cumsum")(x, axis, exclusive, reverse, name=name)

    @staticmethod
    def cumprod(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Tensor:
        """As `cumsum`, of products."""
        return raw_op("cumprod")(x, axis, exclusive, reverse, name=name)

    @staticmethod
    def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool, name: str | None = None) -> Tensor:
        """For each length n, n times true and then false: of shape (lengths, maxlen); maxlen is the longest by default."""
        with scopes.op_scope([lengths, maxlen], name, "SequenceMask"):
            lengths = convert_to_tensor(lengths)
            if lengths.get_shape().ndims != 1:
                raise ValueError("lengths must be 1D for sequence_mask")
            if maxlen is None:
                from tracer.ops import reduction

                maxlen = reduction.reduce_max(lengths)
            places = casting.cast(constants.range(0, maxlen), lengths.dtype)
            mask = logic.less(array.expand_dims(places, 0), array.expand_dims(lengths, 1))
            return mask if dtypes.as_dtype(dtype) is dtypes.bool else casting.cast(mask, dtype)

    @staticmethod
    def meshgrid(*args: Any, indexing: str = "xy", name: str = "meshgrid") -> list[Tensor]:
        """For each of the vectors its elements at the places of the grid that all span."""
        if indexing not in ("xy", "ij"):
            raise ValueError("indexing parameter must be either 'xy' or 'ij'")
        with scopes.op_scope(list(args), name):
            vectors = [array.reshape(value, [-1]) for value in convert_n_to_tensor(args)]
            count = len(vectors)
            sizes = array.pack([array.size(vector) for vector in vectors])
            found = []
            for i, vector in enumerate(vectors):
                line = array.reshape(vector, [-1 if j == i else 1 for j in range(count)])
                found.append(math.mul(line, constants.ones(sizes, vector.dtype)))
            if indexing == "xy" and count > 1:
                found = [array.transpose(grid, [1, 0, *range(2, count)]) for grid in found]
            return found

    @staticmethod
    def eye(num_rows: Any, num_columns: Any = None, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
        """The identity matrix, cut or filled up with zeros to `num_columns`."""
        with scopes.op_scope([num_rows, num_columns], name, "eye"):
            columns = num_rows if num_columns is None else num_columns
            return indexing.one_hot(constants.range(0, num_rows), columns, 1, 0, dtype=dtype)

    @staticmethod
    def matrix_transpose(a: Any, name: str = "matrix_transpose") -> Tensor:
        """Each innermost matrix transposed."""
        with scopes.op_scope([a], name):
            a = convert_to_tensor(a)
            rank = a.get_shape().ndims
            if rank is None:
                raise ValueError("matrix_transpose needs a value of known rank")
            if rank < 2:
                raise ValueError(f"Argument 'a' should be a (batch) matrix, with rank >= 2.  Found: {a.get_shape()}")
            return array.transpose(a, [*range(rank - 2), rank - 1, rank - 2])

    trace = staticmethod(matrix.trace)


class Networks:
    """`tf.nn.NAME`."""

    @staticmethod
    def conv1d(value: Any, filters: Any, stride: int, padding: str, use_cudnn_on_gpu: bool = True,
               data_format: str = "NHWC", name: str | None = None) -> Tensor:
        """A convolution of (batch, width, channels) with (filter width, channels, outputs)."""
        with scopes.op_scope([value, filters], name, "conv1d"):
            wide = array.expand_dims(value, 1 if data_format == "NHWC" else 2)
            strides = [1, 1, stride, 1] if data_format == "NHWC" else [1, 1, 1, stride]
            result = convolution.conv2d(wide, array.expand_dims(filters, 0), strides, padding, use_cudnn_on_gpu,
                                        data_format)
            return array.squeeze(result, [1 if data_format == "NHWC" else 2])

    @staticmethod
    def crelu(features: Any, name: str | None = None) -> Tensor:
        """relu of the features and of their negatives, side by side."""
        from tracer import nn

        with scopes.op_scope([features], name, "CRelu"):
            features = convert_to_tensor(features)
            rank = features.get_shape().ndims
            if rank is None:
                raise ValueError("crelu needs features of known rank")
            return nn.relu(array.concat(rank - 1, [features, math.neg(features)]))

    @staticmethod
    def bidirectional_dynamic_rnn(
        cell_fw: Any, cell_bw: Any, inputs: Any, sequence_length: Any = None, initial_state_fw: Any = None,
        initial_state_bw: Any = None, dtype: Any = None, parallel_iterations: Any = None, swap_memory: bool = False,
        time_major: bool = False, scope: Any = None,
    ) -> tuple[tuple[Tensor, Tensor], tuple[Any, Any]]:
        """`dynamic_rnn` forwards and, by another cell, backwards: both outputs, and both last states."""
        time, batch = (0, 1) if time_major else (1, 0)

        def turned(value: Tensor) -> Tensor:
            if sequence_length is not None:
                return indexing.reverse_sequence(value, casting.cast(sequence_length, dtypes.int64), time, batch)
            return indexing.reverse(value, [axis == time for axis in range(3)])

        rest = (parallel_iterations, swap_memory, time_major)
        with variable_scope(scope or "BiRNN"):
            with variable_scope("FW") as forward:
                outputs, state = recurrent.dynamic_rnn(
                    cell_fw, inputs, sequence_length, initial_state_fw, dtype, *rest, scope=forward)
            with variable_scope("BW") as backward:
                reversed_outputs, state_back = recurrent.dynamic_rnn(
                    cell_bw, turned(convert_to_tensor(inputs)), sequence_length, initial_state_bw, dtype, *rest,
                    scope=backward)
        return (outputs, turned(reversed_outputs)), (state, state_back)


class Training:
    """`tf.train.NAME`."""

    @staticmethod
    def get_global_step(graph: Any = None) -> Any:
        """The variable that is in the collection of global steps, or is called `global_step`; None when there is none."""
        from tracer.contrib import framework

        return framework.get_global_step(graph)
