"""A picture that takes on the style of another: gradient by the input through fixed convolutions."""

import jax
import jax.numpy as jnp
import optax

from tests.models import data

KERNELS = data.kernels([3, 32, 32, 64, 64, 128])


def init(key, size=96):
    return {"image": 0.256 * jax.random.normal(key, (1, size, size, 3))}


def average_pool(x):
    n, h, w, c = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))


def net(image):
    features = []
    for i, kernel in enumerate(KERNELS):
        image = jax.lax.conv_general_dilated(
            image,
            kernel,
            (1, 1),
            "SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        image = jax.nn.relu(image)
        features.append(image)
        if i % 2:
            image = average_pool(image)
    return features


def gram(features):
    flat = features.reshape(-1, features.shape[-1])
    return flat.T @ flat / features.size


def loss(params, content, styles):
    image = params["image"]
    mine = net(image)
    content_loss = jnp.sum((mine[3] - content) ** 2) / 2
    style_loss = sum(
        jnp.sum((gram(a) - b) ** 2) / 2 for a, b in zip(mine, styles, strict=True)
    )
    tv_loss = jnp.sum((image[:, 1:] - image[:, :-1]) ** 2) / 2
    return 5.0 * content_loss + 100.0 * style_loss + tv_loss


optimizer = optax.adam(0.02)


def begin(params):
    photo, painting = data.photo_and_painting(params["image"].shape[1])
    wanted = net(photo)[3], [gram(features) for features in net(painting)]
    return wanted, optimizer.init(params)


def train_step(params, wanted, opt_state):
    value, grads = jax.value_and_grad(loss)(params, *wanted)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), wanted, opt_state, value
