"""word_language_model as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def uniform(key, shape):
    return jax.random.uniform(key, shape, minval=-0.1, maxval=0.1)


def init_cell(key):
    linear = {"Matrix": uniform(key, (16, 32)), "Bias": jnp.zeros(32)}
    return {"BasicLSTMCell": {"Linear": linear}}


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 5)
    params = {
        "model": {
            "embedding": uniform(keys[0], (20, 8)),
            "RNN": {
                "MultiRNNCell": {
                    "Cell0": init_cell(keys[1]),
                    "Cell1": init_cell(keys[2]),
                }
            },
            "softmax_w": uniform(keys[3], (8, 20)),
            "softmax_b": uniform(keys[4], (20,)),
        }
    }
    state = {"model": {"Variable": jnp.float32(0.0)}}
    return params, state


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params, state = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params), jax.tree.map_with_path(read, state)


def dropout(key, x):
    return x * 1.25 * jnp.floor(0.8 + jax.random.uniform(key, x.shape))


def dropout_wrapper(params, state, inputs, key):
    c, h = jnp.split(state, 2, 1)
    # word_language_model.py:80
    result = jnp.concatenate([inputs, h], 1) @ params["Matrix"]
    i, j, f, o = jnp.split(result + params["Bias"], 4, 1)
    new_c = c * jax.nn.sigmoid(f) + jax.nn.sigmoid(i) * jnp.tanh(j)
    new_h = jnp.tanh(new_c) * jax.nn.sigmoid(o)
    return jnp.concatenate([new_c, new_h], 1), dropout(key, new_h)


def multi_rnn_cell(params, state, inputs, key, key_2):
    # word_language_model.py:80
    new_state, result = dropout_wrapper(
        params["Cell0"]["BasicLSTMCell"]["Linear"], state[:, :16], inputs, key
    )
    new_state_2, result_2 = dropout_wrapper(
        params["Cell1"]["BasicLSTMCell"]["Linear"], state[:, 16:], result, key_2
    )
    return result_2, jnp.concatenate([new_state, new_state_2], 1)


def loss(params, inputs, zeros, following, key):
    """The loss, cost (word_language_model.py:86)."""
    keys = jax.random.split(key, 9)
    model = params["model"]
    split = jnp.split(dropout(keys[0], inputs), 4, 1)
    state = zeros
    results = []
    # word_language_model.py:80
    for t in range(4):
        result, state = multi_rnn_cell(
            model["RNN"]["MultiRNNCell"],
            state,
            jnp.squeeze(split[t], (1,)),
            keys[2 * t + 1],
            keys[2 * t + 2],
        )
        results.append(result)
    # word_language_model.py:81
    output = jnp.concatenate(results, 1).reshape(-1, 8)
    # word_language_model.py:82
    logits = output @ model["softmax_w"] + model["softmax_b"]
    # word_language_model.py:85
    labels = following.reshape(-1)
    # word_language_model.py:84
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return jnp.sum(cross_entropy) / 3.0, state


# train_step sets the learning rate.
optimizer = optax.inject_hyperparams(optax.sgd)(0.0)


def train_step(params, state, opt_state, zeros, words, following, key):
    """One step of training. Returns what it changes, and cost, model/RNN/concat_3:0."""
    # word_language_model.py:76
    inputs = params["model"]["embedding"][words]
    (loss_value, state_2), (grads, inputs_grad) = jax.value_and_grad(
        loss, argnums=(0, 1), has_aux=True
    )(params, inputs, zeros, following, key)
    # word_language_model.py:93
    scale = 5.0 / jnp.maximum(optax.tree.norm([inputs_grad, grads]), 5.0)
    opt_state = optax.tree.set(opt_state, learning_rate=state["model"]["Variable"])
    grads = optax.tree.scale(scale, grads)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    new_params["model"]["embedding"] = (
        params["model"]["embedding"]
        .at[words]
        .add(-(inputs_grad * scale * state["model"]["Variable"]))
    )
    return new_params, state, opt_state, loss_value, state_2
