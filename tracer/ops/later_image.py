"""Parts of images: operations that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor
from tracer.static import constant_sizes


@op("CropAndResize", inputs="image:T; boxes:float32; box_ind:int32; crop_size:int32", outputs="crops:float32",
    attrs="T:type{uint8,int8,int16,int32,int64,float16,float32,float64}; method:string{'bilinear'}='bilinear'; "
          "extrapolation_value:float=0.0")
def crop_and_resize(image: Tensor, boxes: Tensor, box_ind: Tensor, crop_size: Tensor, method: str = "bilinear",
                    extrapolation_value: float = 0, name: str | None = None) -> Any:
    """Parts of images, each brought to `crop_size`; the corners of `boxes` go from 0 to 1 over an image.

    Args:
        boxes: top, left, bottom and right of each part; upside down where they are the other way around.
        box_ind: of which image each is a part.
        extrapolation_value: what stands outside of the images.
    """
    sizes = shapes.rank(image.sizes, 4)
    (count, _), (also,) = shapes.rank(boxes.sizes, 2), shapes.rank(box_ind.sizes, 1)
    height, width = shapes.rank(constant_sizes(crop_size), 2)
    return shapes.same(count, also), height, width, sizes[3]


@op("NonMaxSuppression", inputs="boxes:float32; scores:float32; max_output_size:int32", outputs="selected_indices:int32",
    attrs="iou_threshold:float=0.5")
def non_max_suppression(boxes: Tensor, scores: Tensor, max_output_size: Tensor, iou_threshold: float = 0.5,
                        name: str | None = None) -> Any:
    """The numbers of the best boxes, none of which covers much of a better one."""
    shapes.same(shapes.rank(boxes.sizes, 2)[0], shapes.rank(scores.sizes, 1)[0])
    shapes.rank(max_output_size.sizes, 0)
    return (None,)


@op("CropAndResizeGradImage", inputs="grads:float32; boxes:float32; box_ind:int32; image_size:int32", outputs="output:T",
    attrs="T:type{float32,float16,float64}; method:string{'bilinear'}='bilinear'")
def _crop_and_resize_grad_image(grads: Tensor, boxes: Tensor, box_ind: Tensor, image_size: Tensor, T: Any,
                                method: str = "bilinear", name: str | None = None) -> Any:
    return shapes.rank(constant_sizes(image_size), 4)


@op("CropAndResizeGradBoxes", inputs="grads:float32; image:T; boxes:float32; box_ind:int32", outputs="output:float32",
    attrs="T:type{uint8,int8,int16,int32,int64,float16,float32,float64}; method:string{'bilinear'}='bilinear'")
def _crop_and_resize_grad_boxes(grads: Tensor, image: Tensor, boxes: Tensor, box_ind: Tensor, method: str = "bilinear",
                                name: str | None = None) -> Any:
    return boxes.sizes
