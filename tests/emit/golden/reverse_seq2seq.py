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


def init_adam():
    return {
        "reverser": {
            "embedding_attention_seq2seq": {
                "RNN": {"EmbeddingWrapper": {"embedding": jnp.zeros((13, 6))}},
                "embedding_attention_decoder": {"embedding": jnp.zeros((13, 6))},
            }
        }
    }


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 12)
    params = {
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
                    "attention_decoder": {
                        "AttnW_0": uniform(keys[4], (1, 1, 6, 6), 0.70710677),
                        "Linear": init_linear(keys[6], 12, 6, 0.5),
                        "GRUCell": init_gru_cell(keys[7:9]),
                        "OutputProjectionWrapper": {
                            "Linear": init_linear(keys[9], 6, 13, 0.70710677)
                        },
                        "Attention_0": {
                            "Linear": init_linear(keys[10], 6, 6, 0.70710677)
                        },
                        "AttnV_0": uniform(keys[5], (6,), 1.7320508),
                        "AttnOutputProjection": {
                            "Linear": init_linear(keys[11], 19, 13, 0.3973597)
                        },
                    },
                },
            }
        }
    }
    state = {
        "beta2_power": jnp.float32(0.999),
        "beta1_power": jnp.float32(0.9),
        "Adam": init_adam(),
        "Adam_1": init_adam(),
    }
    return params, state


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        names = [key.key for key in keys]
        if names[0] in ("Adam", "Adam_1"):
            names = [*names[1:], names[0]]
        return jnp.asarray(arrays["/".join(names)])

    params, state = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params), jax.tree.map_with_path(read, state)


def apply_sparse(beta2_power, beta1_power, m, v, values, indices, var):
    # reverse_seq2seq.py:78
    m_t = (m * 0.9).at[indices].add(values * 0.100000024)
    v_t = (v * 0.999).at[indices].add(values * values * 0.0009999871)
    rate = 0.003 * jnp.sqrt(1.0 - beta2_power) / (1.0 - beta1_power)
    truediv_1 = rate * m_t / (jnp.sqrt(v_t) + 1e-08)
    return m_t, v_t, var - truediv_1


def linear(params, args, new):
    return jnp.concatenate([args, new], 1) @ params["Matrix"] + params["Bias"]


def output_projection_wrapper(params, add, new):
    reset, update = jnp.split(
        linear(params["GRUCell"]["Gates"]["Linear"], add, new), 2, 1
    )
    # reverse_seq2seq.py:43
    update_2 = jax.nn.sigmoid(update)
    reset_2 = jax.nn.sigmoid(reset)
    candidate_add = linear(params["GRUCell"]["Candidate"]["Linear"], add, reset_2 * new)
    new_2 = update_2 * new + (1.0 - update_2) * jnp.tanh(candidate_add)
    result = new_2 @ params["OutputProjectionWrapper"]["Linear"]["Matrix"]
    output_projection_wrapper_add = (
        result + params["OutputProjectionWrapper"]["Linear"]["Bias"]
    )
    return new_2, output_projection_wrapper_add


def gru_cell(params, embedded, zeros):
    reset, update = jnp.split(linear(params["Gates"]["Linear"], embedded, zeros), 2, 1)
    # reverse_seq2seq.py:43
    update_2 = jax.nn.sigmoid(update)
    add = linear(params["Candidate"]["Linear"], embedded, jax.nn.sigmoid(reset) * zeros)
    return update_2 * zeros + (1.0 - update_2) * jnp.tanh(add)


def read(params, joined, features, states):
    # reverse_seq2seq.py:43
    result = joined @ params["Attention_0"]["Linear"]["Matrix"]
    add = result + params["Attention_0"]["Linear"]["Bias"]
    asked = add.reshape(-1, 1, 1, 6)
    scores = jnp.sum(params["AttnV_0"] * jnp.tanh(features + asked), (2, 3))
    return jnp.sum(jax.nn.softmax(scores).reshape(-1, 2, 1, 1) * states, (1, 2))


def loss(
    params,
    embedded,
    embedded_2,
    embedding_rows,
    placeholder_5,
    placeholder_6,
    placeholder_7,
    placeholder_8,
    placeholder_11,
    placeholder_12,
    placeholder_13,
    placeholder_14,
):
    """What is differentiated (reverse_seq2seq.py:46)."""
    batch = placeholder_5.shape[0]
    attention_decoder = params["reverser"]["embedding_attention_seq2seq"][
        "embedding_attention_decoder"
    ]["attention_decoder"]
    rnn = params["reverser"]["embedding_attention_seq2seq"]["RNN"]
    # reverse_seq2seq.py:43
    zeros = jnp.zeros((batch, 6))
    new = gru_cell(rnn["GRUCell"], embedded_2, zeros)
    new_2 = gru_cell(rnn["GRUCell"], embedded, new)
    add = linear(attention_decoder["Linear"], embedding_rows[3], jnp.zeros((batch, 6)))
    new_3, output_projection_wrapper_add = output_projection_wrapper(
        attention_decoder, add, new_2
    )
    attended = jnp.concatenate([new.reshape(-1, 1, 6), new_2.reshape(-1, 1, 6)], 1)
    states = attended.reshape(-1, 2, 1, 6)
    attention_decoder_conv2d = conv2d(states, attention_decoder["AttnW_0"])
    taken = read(attention_decoder, new_3, attention_decoder_conv2d, states)
    add_1 = linear(attention_decoder["Linear"], embedding_rows[2], taken)
    new_4, output_projection_wrapper_1_add = output_projection_wrapper(
        attention_decoder, add_1, new_3
    )
    taken_2 = read(attention_decoder, new_4, attention_decoder_conv2d, states)
    add_2 = linear(attention_decoder["Linear"], embedding_rows[1], taken_2)
    new_5, output_projection_wrapper_2_add = output_projection_wrapper(
        attention_decoder, add_2, new_4
    )
    taken_3 = read(attention_decoder, new_5, attention_decoder_conv2d, states)
    add_3 = linear(attention_decoder["Linear"], embedding_rows[0], taken_3)
    new_6, output_projection_wrapper_3_add = output_projection_wrapper(
        attention_decoder, add_3, new_5
    )
    attn_output_projection_add = linear(
        attention_decoder["AttnOutputProjection"]["Linear"],
        output_projection_wrapper_add,
        taken,
    )
    # reverse_seq2seq.py:46
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(
        attn_output_projection_add, placeholder_5
    )
    # reverse_seq2seq.py:43
    attn_output_projection_1_add = linear(
        attention_decoder["AttnOutputProjection"]["Linear"],
        output_projection_wrapper_1_add,
        taken_2,
    )
    # reverse_seq2seq.py:46
    cross_entropy_1 = optax.softmax_cross_entropy_with_integer_labels(
        attn_output_projection_1_add, placeholder_6
    )
    # reverse_seq2seq.py:43
    attn_output_projection_2_add = linear(
        attention_decoder["AttnOutputProjection"]["Linear"],
        output_projection_wrapper_2_add,
        taken_3,
    )
    # reverse_seq2seq.py:46
    cross_entropy_2 = optax.softmax_cross_entropy_with_integer_labels(
        attn_output_projection_2_add, placeholder_7
    )
    value_2 = cross_entropy * placeholder_11 + cross_entropy_1 * placeholder_12
    value = value_2 + cross_entropy_2 * placeholder_13
    # reverse_seq2seq.py:43
    taken_4 = read(attention_decoder, new_6, attention_decoder_conv2d, states)
    attn_output_projection_3_add = linear(
        attention_decoder["AttnOutputProjection"]["Linear"],
        output_projection_wrapper_3_add,
        taken_4,
    )
    # reverse_seq2seq.py:46
    cross_entropy_3 = optax.softmax_cross_entropy_with_integer_labels(
        attn_output_projection_3_add, placeholder_8
    )
    value_3 = placeholder_11 + placeholder_12 + placeholder_13
    sequence_loss_by_example_add = value_3 + placeholder_14 + 1e-12
    total = (value + cross_entropy_3 * placeholder_14) / sequence_loss_by_example_add
    return jnp.mean(total)


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
optimizer = optax.inject_hyperparams(optax.adam)(
    0.003, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
)


def opt_state_from_checkpoint(path, params):
    """The optimizer's state of an .npz file, by the names that its slots have in the script's checkpoints."""
    arrays = np.load(path)

    def slots(name, tree):
        def read(keys, like):
            return jnp.asarray(arrays["/".join([*(key.key for key in keys), name])])

        return jax.tree.map_with_path(read, tree)

    count = jnp.int32(np.round(np.log(arrays["beta2_power"]) / np.log(0.999)) - 1)
    state = optimizer.init(params)
    return state._replace(
        count=count,
        hyperparams_states=optax.tree.set(state.hyperparams_states, count=count),
        inner_state=optax.tree.set(
            state.inner_state,
            count=count,
            mu=slots("Adam", params),
            nu=slots("Adam_1", params),
        ),
    )


def train_step(
    params,
    state,
    opt_state,
    placeholder,
    placeholder_1,
    placeholder_4,
    placeholder_5,
    placeholder_6,
    placeholder_7,
    placeholder_8,
    placeholder_11,
    placeholder_12,
    placeholder_13,
    placeholder_14,
):
    """One step of training.

    Returns what it changes, and reverser/model_with_buckets/sequence_loss/truediv:0.
    """
    embedding = params["reverser"]["embedding_attention_seq2seq"]["RNN"][
        "EmbeddingWrapper"
    ]["embedding"]
    # reverse_seq2seq.py:43
    embedded = embedding[placeholder_1]
    embedded_2 = embedding[placeholder]
    embedding_rows = [
        params["reverser"]["embedding_attention_seq2seq"][
            "embedding_attention_decoder"
        ]["embedding"][indices]
        for indices in [placeholder_7, placeholder_6, placeholder_5, placeholder_4]
    ]
    loss_value, (grads, embedded_grad, embedded_2_grad, embedding_rows_grad) = (
        jax.value_and_grad(loss, argnums=(0, 1, 2, 3))(
            params,
            embedded,
            embedded_2,
            embedding_rows,
            placeholder_5,
            placeholder_6,
            placeholder_7,
            placeholder_8,
            placeholder_11,
            placeholder_12,
            placeholder_13,
            placeholder_14,
        )
    )
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    m = state["Adam"]["reverser"]["embedding_attention_seq2seq"]["RNN"][
        "EmbeddingWrapper"
    ]["embedding"]
    v = state["Adam_1"]["reverser"]["embedding_attention_seq2seq"]["RNN"][
        "EmbeddingWrapper"
    ]["embedding"]
    var = embedding
    # reverse_seq2seq.py:78
    row_grads = jnp.concatenate([embedded_grad, embedded_2_grad])
    indices = jnp.concatenate([placeholder_1, placeholder])
    m_t, v_t, update = apply_sparse(
        state["beta2_power"], state["beta1_power"], m, v, row_grads, indices, var
    )
    indices_2 = jnp.concatenate(
        [placeholder_7, placeholder_6, placeholder_5, placeholder_4]
    )
    m_2 = state["Adam"]["reverser"]["embedding_attention_seq2seq"][
        "embedding_attention_decoder"
    ]["embedding"]
    v_2 = state["Adam_1"]["reverser"]["embedding_attention_seq2seq"][
        "embedding_attention_decoder"
    ]["embedding"]
    var_2 = params["reverser"]["embedding_attention_seq2seq"][
        "embedding_attention_decoder"
    ]["embedding"]
    row_grads_2 = jnp.concatenate(embedding_rows_grad)
    m_t_2, v_t_2, update_2 = apply_sparse(
        state["beta2_power"],
        state["beta1_power"],
        m_2,
        v_2,
        row_grads_2,
        indices_2,
        var_2,
    )
    new_params = {
        "reverser": {
            "embedding_attention_seq2seq": {
                "RNN": {
                    **new_params["reverser"]["embedding_attention_seq2seq"]["RNN"],
                    "EmbeddingWrapper": {"embedding": update},
                },
                "embedding_attention_decoder": {
                    **new_params["reverser"]["embedding_attention_seq2seq"][
                        "embedding_attention_decoder"
                    ],
                    "embedding": update_2,
                },
            }
        }
    }
    new_state = {
        "beta2_power": state["beta2_power"] * 0.999,
        "beta1_power": state["beta1_power"] * 0.9,
        "Adam": {
            "reverser": {
                "embedding_attention_seq2seq": {
                    "RNN": {"EmbeddingWrapper": {"embedding": m_t}},
                    "embedding_attention_decoder": {"embedding": m_t_2},
                }
            }
        },
        "Adam_1": {
            "reverser": {
                "embedding_attention_seq2seq": {
                    "RNN": {"EmbeddingWrapper": {"embedding": v_t}},
                    "embedding_attention_decoder": {"embedding": v_t_2},
                }
            }
        },
    }
    return new_params, new_state, opt_state, loss_value
