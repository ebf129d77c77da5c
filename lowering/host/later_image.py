"""Rules of images that are computed on the host, operations that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

import numpy as np

from lowering.registry import lowers
from lowering.rules.array import text


@lowers("NonMaxSuppression", host=True)
def non_max_suppression(boxes: Any, scores: Any, max_output_size: Any, *, iou_threshold: float) -> np.ndarray:
    boxes, scores = np.asarray(boxes), np.asarray(scores)
    if not 0 <= iou_threshold <= 1:
        raise ValueError("iou_threshold must be in [0, 1]")
    if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.shape != boxes.shape[:1]:
        raise ValueError(f"boxes must be 2-D with 4 columns, and as many as scores: {text(boxes.shape)}, "
                         f"{text(scores.shape)}")
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    areas = (high - low).prod(1)
    kept: list[int] = []
    for candidate in np.argsort(-scores, kind="stable"):
        if len(kept) >= max_output_size:
            break
        both = np.clip(np.minimum(high[candidate], high[kept]) - np.maximum(low[candidate], low[kept]), 0, None).prod(1)
        whole = areas[candidate] + areas[kept] - both
        if not np.any((both > iou_threshold * whole) & (areas[kept] > 0) & (areas[candidate] > 0)):
            kept.append(int(candidate))
    return np.array(kept, np.int32)
