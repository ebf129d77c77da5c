"""Operations of neural networks against the real TensorFlow."""

import numpy as np

from tests.parity import case, parity

rng = np.random.RandomState(1)
IMAGES = rng.randn(2, 6, 5, 3).astype(np.float32)
FILTER = rng.randn(3, 2, 3, 4).astype(np.float32)
DEPTHWISE = rng.randn(2, 2, 3, 2).astype(np.float32)
LOGITS = rng.randn(4, 5).astype(np.float32) * 2
LABELS = np.float32([[0, 1, 0, 0, 0], [0.5, 0.5, 0, 0, 0], [0, 0, 0, 0, 1], [0.1, 0.2, 0.3, 0.2, 0.2]])
X = np.float32([[-2, -0.5, 0], [0.25, 3, 7]])
SPREAD = 2e-5  # sums of many products round differently


@parity([
    *(case(f"nn.{name}", X) for name in ("relu", "relu6", "elu", "softplus", "softsign", "sigmoid", "tanh", "softmax",
                                        "log_softmax")),
    *(case(f"nn.{name}", X.astype(np.float64), tolerance=1e-11) for name in ("relu", "softplus", "softmax", "softsign")),
    case("nn.bias_add", IMAGES, np.float32([1, 2, 3]), feed="rank"),
    case("nn.softmax_cross_entropy_with_logits", LOGITS, LABELS, gradient=False),
    case("nn.sparse_softmax_cross_entropy_with_logits", LOGITS, np.int64([1, 0, 4, 2])),
    case("nn.sigmoid_cross_entropy_with_logits", LOGITS, LABELS),
    case("nn.weighted_cross_entropy_with_logits", LOGITS, LABELS, 2.5),
    case("nn.in_top_k", LOGITS, np.int32([1, 0, 4, 2]), 2),
    case("nn.top_k", LOGITS, 3, gradient=False),
    case("nn.l2_normalize", LOGITS, 1),
    # 0.12.1's gradient of both moments at once is not the sum of its gradients of each; ours is.
    case("nn.moments", LOGITS, [0], feed="rank", gradient=False),
    case("nn.moments", IMAGES, [0, 1, 2], feed="rank", tolerance=1e-4, gradient=False),
    case("nn.batch_normalization", LOGITS, LOGITS[0], LABELS[3] + 1, LOGITS[1], LOGITS[2], 1e-3),
    case("nn.xw_plus_b", LOGITS, LABELS.T.copy(), LOGITS[0, :4]),
    case("nn.zero_fraction", X, gradient=False),
])
def test_layers(case):
    case.check()


@parity([
    *(case("nn.conv2d", IMAGES, FILTER, strides, padding, feed="rank", tolerance=SPREAD)
      for strides in ([1, 1, 1, 1], [1, 2, 2, 1], [1, 2, 3, 1]) for padding in ("SAME", "VALID")
      if strides != [1, 2, 3, 1]),
    case("nn.depthwise_conv2d", IMAGES, DEPTHWISE, [1, 1, 1, 1], "SAME", feed="rank", tolerance=SPREAD),
    *(case(f"nn.{name}", IMAGES, [1, 2, 2, 1], [1, 2, 2, 1], padding, feed="rank")
      for name in ("max_pool", "avg_pool") for padding in ("SAME", "VALID")),
    *(case(f"nn.{name}", IMAGES, [1, 3, 3, 1], [1, 1, 1, 1], "SAME", feed="rank") for name in ("max_pool", "avg_pool")),
    case("nn.max_pool", np.float32([1, 1, 1, 1]).reshape(1, 2, 2, 1), [1, 2, 2, 1], [1, 2, 2, 1], "VALID", feed="rank"),
    case("nn.lrn", IMAGES, 1, 1.0, 0.5, 0.75, feed="rank", tolerance=SPREAD),
    case("nn.embedding_lookup", LOGITS, np.int32([[3, 1], [1, 0]])),
])
def test_images(case):
    case.check()
