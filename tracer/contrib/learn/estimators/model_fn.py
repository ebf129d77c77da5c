"""What a model's function is asked, and answers; and the names of what it gives. From TensorFlow 0.9 on."""

from __future__ import annotations

import collections
from typing import Any


class ModeKeys:
    """What a model is made for."""

    TRAIN = "train"
    EVAL = "eval"
    INFER = "infer"


class PredictionKey:
    """The names of predictions."""

    CLASSES = "classes"
    PROBABILITIES = "probabilities"
    LOGITS = "logits"
    LOGISTIC = "logistic"
    SCORES = "scores"


class MetricKey:
    """The names of what an evaluation tells."""

    LOSS = "loss"
    AUC = "auc"
    PREDICTION_MEAN = "labels/prediction_mean"
    LABEL_MEAN = "labels/actual_label_mean"
    ACCURACY = "accuracy"
    ACCURACY_BASELINE = "accuracy/baseline_label_mean"
    ACCURACY_MEAN = "accuracy/threshold_%f_mean"
    PRECISION_MEAN = "precision/positive_threshold_%f_mean"
    RECALL_MEAN = "recall/positive_threshold_%f_mean"


class ModelFnOps(collections.namedtuple("ModelFnOps", ["predictions", "loss", "train_op", "eval_metric_ops",
                                                       "signature_fn"])):
    """What a model's function answers: predictions, the loss, what makes a step, and metrics by name."""

    __slots__ = ()

    def __new__(cls, mode: str, predictions: Any = None, loss: Any = None, train_op: Any = None,
                eval_metric_ops: Any = None, signature_fn: Any = None) -> ModelFnOps:
        """Raises ValueError where something that `mode` needs is missing."""
        if mode == ModeKeys.TRAIN and train_op is None:
            raise ValueError("Missing train_op.")
        if mode != ModeKeys.INFER and loss is None:
            raise ValueError("Missing loss.")
        if mode != ModeKeys.TRAIN and predictions is None:
            raise ValueError("Missing predictions.")
        return super().__new__(cls, predictions, loss, train_op, eval_metric_ops or {}, signature_fn)
