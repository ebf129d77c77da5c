"""Operations that graphs written by TensorFlow 0.9 to 1.0 name and 0.8 had not. They come with imported graphs only."""

from __future__ import annotations

from typing import Any

from tracer import opdef, shapes
from tracer.declare import op
from tracer.ir import Tensor
from tracer.static import constant_sizes, constant_value

_REAL = "T:type{float16,float32,float64,complex64,complex128}"
_ANY = "T:type{float16,float32,float64,uint8,int8,uint16,int16,int32,int64,complex64,complex128}"
for _row in (
    *(f"{name}Grad\tx:T; y:T\tz:T\t{_REAL}\t" for name in ("Tanh", "Sigmoid", "Sqrt", "Rsqrt", "Reciprocal")),
    f"FloorDiv\tx:T; y:T\tz:T\t{_ANY}\t",
    "FloorMod\tx:T; y:T\tz:T\tT:type{int32,int64,float32,float64}\t",
    *(f"{name}\tx:T\ty:T\t{_REAL}\t" for name in ("Log1p", "Expm1", "Tan", "Asin", "Acos", "Atan")),
    "Rint\tx:T\ty:T\tT:type{float32,float64}\t",
    "Round\tx:T\ty:T\tT:type{float16,float32,float64,int32,int64}\t",
    "SplitV\tvalue:T; size_splits:Tlen; split_dim:int32\toutput:num_split*T\t"
    "num_split:int>=1; T:type; Tlen:type{int32,int64}=int64\t",
    "ReverseV2\ttensor:T; axis:Tidx\toutput:T\tTidx:type{int32,int64}=int32; T:type\t",
    *(f"{name}\tx:T; axis:Tidx\tout:T\texclusive:bool=False; reverse:bool=False; {_ANY}; Tidx:type{{int32,int64}}=int32\t"
      for name in ("Cumsum", "Cumprod")),
    "GatherV2\tparams:Tparams; indices:Tindices; axis:Taxis\toutput:Tparams\t"
    "batch_dims:int=0; Tparams:type; Tindices:type{int32,int64}; Taxis:type{int32,int64}\t",
    "Conv3DBackpropInputV2\tinput_sizes:int32; filter:T; out_backprop:T\toutput:T\t"
    "T:type{float32,float64}; strides:list(int)>=5; padding:string{'SAME','VALID'}\t",
    "Conv3DBackpropFilterV2\tinput:T; filter_sizes:int32; out_backprop:T\toutput:T\t"
    "T:type{float32,float64}; strides:list(int)>=5; padding:string{'SAME','VALID'}\t",
    "FusedBatchNormGrad\ty_backprop:T; x:T; scale:T; reserve_space_1:T; reserve_space_2:T\t"
    "x_backprop:T; scale_backprop:T; offset_backprop:T; reserve_space_3:T; reserve_space_4:T\t"
    "T:type{float32}; epsilon:float=0.0001; data_format:string='NHWC'; is_training:bool=True\t",
    "FusedBatchNormV2\tx:T; scale:U; offset:U; mean:U; variance:U\t"
    "y:T; batch_mean:U; batch_variance:U; reserve_space_1:U; reserve_space_2:U\t"
    "T:type{float16,float32}; U:type{float32}; epsilon:float=0.0001; data_format:string='NHWC'; "
    "exponential_avg_factor:float=1.0; is_training:bool=True\t",
    "FusedBatchNorm\tx:T; scale:T; offset:T; mean:T; variance:T\t"
    "y:T; batch_mean:T; batch_variance:T; reserve_space_1:T; reserve_space_2:T\t"
    "T:type{float32}; epsilon:float=0.0001; data_format:string='NHWC'; is_training:bool=True\t",
):
    opdef.register(opdef.parse(_row))


def _alike(x: Tensor, y: Tensor) -> Any:
    return shapes.merge(x.sizes, y.sizes)


@op("TanhGrad")
def tanh_grad(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """The gradient of `tanh`, of its result `x` and the gradient `y` of that."""
    return _alike(x, y)


@op("SigmoidGrad")
def sigmoid_grad(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """The gradient of `sigmoid`, of its result `x` and the gradient `y` of that."""
    return _alike(x, y)


@op("SqrtGrad")
def sqrt_grad(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """The gradient of `sqrt`, of its result `x` and the gradient `y` of that."""
    return _alike(x, y)


@op("RsqrtGrad")
def rsqrt_grad(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """The gradient of `rsqrt`, of its result `x` and the gradient `y` of that."""
    return _alike(x, y)


@op("ReciprocalGrad")
def reciprocal_grad(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """The gradient of `inv`, of its result `x` and the gradient `y` of that."""
    return _alike(x, y)


@op("FloorDiv")
def floor_div(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """`x / y`, rounded down."""
    return shapes.broadcast(x.sizes, y.sizes)


@op("FloorMod")
def floor_mod(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """What is left of `x` when it is divided by `y`; it has the sign of `y`."""
    return shapes.broadcast(x.sizes, y.sizes)


@op("Log1p")
def log1p(x: Tensor, name: str | None = None) -> Any:
    """The logarithm of `1 + x`."""
    return x.sizes


@op("Expm1")
def expm1(x: Tensor, name: str | None = None) -> Any:
    """`exp(x) - 1`."""
    return x.sizes


@op("Tan")
def tan(x: Tensor, name: str | None = None) -> Any:
    """The tangent of `x`."""
    return x.sizes


@op("Asin")
def asin(x: Tensor, name: str | None = None) -> Any:
    """The inverse of the sine."""
    return x.sizes


@op("Acos")
def acos(x: Tensor, name: str | None = None) -> Any:
    """The inverse of the cosine."""
    return x.sizes


@op("Atan")
def atan(x: Tensor, name: str | None = None) -> Any:
    """The inverse of the tangent."""
    return x.sizes


@op("Rint")
def rint(x: Tensor, name: str | None = None) -> Any:
    """The nearest whole number; halves go to the even one."""
    return x.sizes


@op("Round")
def round(x: Tensor, name: str | None = None) -> Any:
    """The nearest whole number; halves go to the even one."""
    return x.sizes


@op("SplitV")
def split_v(value: Tensor, size_splits: Tensor, split_dim: Tensor, num_split: int, name: str | None = None) -> Any:
    """`value` in parts of the given sizes along one dimension; a size of -1 is what is left."""
    at, parts = constant_value(split_dim), constant_value(size_splits)
    if value.sizes is None or at is None:
        return [value.sizes and (None,) * len(value.sizes)] * num_split
    axis = int(at) % len(value.sizes)
    whole = value.sizes[axis]
    found = [None] * num_split if parts is None else [int(size) for size in parts]
    left = None if whole is None else whole - sum(size for size in found if size is not None and size >= 0)
    return [(*value.sizes[:axis], left if size == -1 else size, *value.sizes[axis + 1:]) for size in found]


@op("ReverseV2")
def reverse_v2(tensor: Tensor, axis: Tensor, name: str | None = None) -> Any:
    """`tensor` backwards along the dimensions in `axis`."""
    return tensor.sizes


@op("Cumsum")
def cumsum(x: Tensor, axis: Tensor, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Any:
    """Sums of the elements up to each one along a dimension."""
    return x.sizes


@op("Cumprod")
def cumprod(x: Tensor, axis: Tensor, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Any:
    """Products of the elements up to each one along a dimension."""
    return x.sizes


@op("GatherV2")
def gather_v2(params: Tensor, indices: Tensor, axis: Tensor, batch_dims: int = 0, name: str | None = None) -> Any:
    """The slices of `params` at `indices` along a dimension."""
    at = constant_value(axis)
    if params.sizes is None or indices.sizes is None or at is None:
        return None
    axis_ = int(at) % len(params.sizes)
    return (*params.sizes[:axis_], *indices.sizes[batch_dims:], *params.sizes[axis_ + 1:])


def _normalized(x: Tensor, scale: Tensor) -> list[Any]:
    return [x.sizes, *[scale.sizes] * 4]


@op("FusedBatchNorm")
def fused_batch_norm(x: Tensor, scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor, epsilon: float = 1e-4,
                     data_format: str = "NHWC", is_training: bool = True, name: str | None = None) -> Any:
    """Images normalized by channel: by their own mean and variance while training, else by the given ones."""
    return _normalized(x, scale)


@op("FusedBatchNormV2")
def fused_batch_norm_v2(x: Tensor, scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor,
                        epsilon: float = 1e-4, data_format: str = "NHWC", exponential_avg_factor: float = 1.0,
                        is_training: bool = True, name: str | None = None) -> Any:
    """As `fused_batch_norm`, where the images may be of float16."""
    return _normalized(x, scale)


@op("FusedBatchNormGrad")
def fused_batch_norm_grad(y_backprop: Tensor, x: Tensor, scale: Tensor, reserve_space_1: Tensor,
                          reserve_space_2: Tensor, epsilon: float = 1e-4, data_format: str = "NHWC",
                          is_training: bool = True, name: str | None = None) -> Any:
    """The gradient of `fused_batch_norm`, given the mean and the variance that it went by."""
    return [x.sizes, scale.sizes, scale.sizes, None, None]


@op("Conv3DBackpropInputV2")
def conv3d_backprop_input_v2(input_sizes: Tensor, filter: Tensor, out_backprop: Tensor, strides: Any, padding: Any,
                             name: str | None = None) -> Any:
    """The gradient of `conv3d` with respect to its input, of which the shape is told."""
    return shapes.rank(constant_sizes(input_sizes), 5)


@op("Conv3DBackpropFilterV2")
def conv3d_backprop_filter_v2(input: Tensor, filter_sizes: Tensor, out_backprop: Tensor, strides: Any, padding: Any,
                              name: str | None = None) -> Any:
    """The gradient of `conv3d` with respect to its filter, of which the shape is told."""
    return shapes.rank(constant_sizes(filter_sizes), 5)
