"""`tf.contrib.tensor_forest`: forests of extremely random trees that grow while examples come in."""

from tracer.contrib.tensor_forest import inference_ops as inference_ops
from tracer.contrib.tensor_forest import tensor_forest as tensor_forest
from tracer.contrib.tensor_forest import training_ops as training_ops
