"""reverse_seq2seq as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax


def conv2d(x, kernel):
    return lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def adam(learning_rate, b1=0.9, b2=0.999, eps=1e-08):
    """Adam as TensorFlow has it for tables: a gradient may be `(indices, rows)`, where equal rows are squared one by one."""
    b1, b2 = np.float32(b1), np.float32(b2)

    def moved(moment, grad, decay, order):
        if isinstance(grad, tuple):
            indices, rows = grad
            return (decay * moment).at[indices].add((1 - decay) * rows**order)
        return decay * moment + (1 - decay) * grad**order

    def init(params):
        return optax.tree.zeros_like(params), optax.tree.zeros_like(params), b1, b2

    def update(updates, state, params=None):
        m, v, b1_power, b2_power = state
        m = jax.tree.map(lambda m, grad: moved(m, grad, b1, 1), m, updates)
        v = jax.tree.map(lambda v, grad: moved(v, grad, b2, 2), v, updates)
        rate = learning_rate * jnp.sqrt(1 - b2_power) / (1 - b1_power)
        updates = jax.tree.map(lambda m, v: -rate * m / (jnp.sqrt(v) + eps), m, v)
        return updates, (m, v, b1_power * b1, b2_power * b2)

    return optax.GradientTransformation(init, update)


def uniform(key, shape, n):
    return jax.random.uniform(key, shape, minval=-n, maxval=n)


def init_linear(key, n, m, k):
    return {"Matrix": uniform(key, (n, m), k), "Bias": jnp.zeros(m)}


def init_gru_cell(keys):
    return {
        "Gates": {
            "Linear": {"Matrix": uniform(keys[0], (12, 12), 0.5), "Bias": jnp.ones(12)}
        },
        "Candidate": {"Linear": init_linear(keys[1], 12, 6, 0.5)},
    }


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 12)
    attention_decoder = {
        "AttnW_0": uniform(keys[4], (1, 1, 6, 6), 0.70710677),
        "Linear": init_linear(keys[6], 12, 6, 0.5),
        "GRUCell": init_gru_cell(keys[7:9]),
        "OutputProjectionWrapper": {"Linear": init_linear(keys[9], 6, 13, 0.70710677)},
        "Attention_0": {"Linear": init_linear(keys[10], 6, 6, 0.70710677)},
        "AttnV_0": uniform(keys[5], (6,), 1.7320508),
        "AttnOutputProjection": {"Linear": init_linear(keys[11], 19, 13, 0.3973597)},
    }
    return {
        "reverser": {
            "embedding_attention_seq2seq": {
                "RNN": {
                    "EmbeddingWrapper": {
                        "embedding": uniform(keys[0], (13, 6), 1.7320508)
                    },
                    "GRUCell": init_gru_cell(keys[1:3]),
                },
                "embedding_attention_decoder": {
                    "embedding": uniform(keys[3], (13, 6), 0.48038447),
                    "attention_decoder": attention_decoder,
                },
            }
        }
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def linear(params, x, new):
    return jnp.concatenate([x, new], 1) @ params["Matrix"] + params["Bias"]


def gru_cell(params, inputs, state):
    reset, update = jnp.split(linear(params["Gates"]["Linear"], inputs, state), 2, 1)
    # reverse_seq2seq.py:43
    update_2 = jax.nn.sigmoid(update)
    total = linear(params["Candidate"]["Linear"], inputs, jax.nn.sigmoid(reset) * state)
    return update_2 * state + (1.0 - update_2) * jnp.tanh(total)


def attention_decoder_step(params, value, context, state, features, states):
    wrapper = params["OutputProjectionWrapper"]
    # reverse_seq2seq.py:43
    new = gru_cell(params["GRUCell"], linear(params["Linear"], value, context), state)
    result = new @ params["Attention_0"]["Linear"]["Matrix"]
    total = result + params["Attention_0"]["Linear"]["Bias"]
    asked = total.reshape(-1, 1, 1, 6)
    scores = jnp.sum(params["AttnV_0"] * jnp.tanh(features + asked), (2, 3))
    taken = jnp.sum(jax.nn.softmax(scores).reshape(-1, 2, 1, 1) * states, (1, 2))
    result_2 = new @ wrapper["Linear"]["Matrix"]
    output_projection_wrapper_total = result_2 + wrapper["Linear"]["Bias"]
    output = linear(
        params["AttnOutputProjection"]["Linear"], output_projection_wrapper_total, taken
    )
    return new, taken, output


def loss(params, embedding_rows, embedding_rows_2, written, weights):
    """The loss (reverse_seq2seq.py:46)."""
    batch = written[0].shape[0]
    seq2seq = params["reverser"]["embedding_attention_seq2seq"]
    decoder = seq2seq["embedding_attention_decoder"]["attention_decoder"]
    # reverse_seq2seq.py:43
    zeros = jnp.zeros((batch, 6))
    new = gru_cell(seq2seq["RNN"]["GRUCell"], embedding_rows[0], zeros)
    new_2 = gru_cell(seq2seq["RNN"]["GRUCell"], embedding_rows[1], new)
    states = jnp.stack([new, new_2], 1).reshape(-1, 2, 1, 6)
    feature = conv2d(states, decoder["AttnW_0"])
    context = jnp.zeros((batch, 6))
    state = new_2
    outputs = []
    for embedding_row in embedding_rows_2:
        state, context, output = attention_decoder_step(
            decoder, embedding_row, context, state, feature, states
        )
        outputs.append(output)
    # reverse_seq2seq.py:46
    total = sum(
        optax.softmax_cross_entropy_with_integer_labels(output, written_t) * weight
        for output, written_t, weight in zip(outputs, written[1:], weights, strict=True)
    )
    return jnp.mean(total / (sum(weights) + 1e-12))


optimizer = adam(0.003)


def opt_state_from_checkpoint(path, params):
    """The optimizer's state of an .npz file, by the names that its slots have in the script's checkpoints."""
    arrays = np.load(path)

    def slots(name, tree):
        def read(keys, like):
            return jnp.asarray(arrays["/".join([*(key.key for key in keys), name])])

        return jax.tree.map_with_path(read, tree)

    return (
        slots("Adam", params),
        slots("Adam_1", params),
        jnp.asarray(arrays["beta1_power"]),
        jnp.asarray(arrays["beta2_power"]),
    )


def train_step(params, opt_state, read, written, weights):
    """One step of training.

    Returns what it changes, and reverser/model_with_buckets/sequence_loss/truediv:0.
    read, written and weights are lists.
    """
    seq2seq = params["reverser"]["embedding_attention_seq2seq"]
    embedding = seq2seq["RNN"]["EmbeddingWrapper"]["embedding"]
    embedding_rows = [embedding[indices] for indices in read]
    embedding_2 = seq2seq["embedding_attention_decoder"]["embedding"]
    embedding_rows_2 = [embedding_2[indices] for indices in written[:4]]
    loss_value, (grads, embedding_rows_grad, embedding_rows_2_grad) = (
        jax.value_and_grad(loss, argnums=(0, 1, 2))(
            params, embedding_rows, embedding_rows_2, written, weights
        )
    )
    seq2seq_grads = grads["reverser"]["embedding_attention_seq2seq"]
    seq2seq_grads["RNN"]["EmbeddingWrapper"]["embedding"] = (
        jnp.concatenate(read),
        jnp.concatenate(embedding_rows_grad),
    )
    seq2seq_grads["embedding_attention_decoder"]["embedding"] = (
        jnp.concatenate(written[:4]),
        jnp.concatenate(embedding_rows_2_grad),
    )
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss_value
