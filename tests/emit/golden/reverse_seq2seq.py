"""reverse_seq2seq as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax


def conv2d(x, kernel, strides, padding):
    return lax.conv_general_dilated(
        x, kernel, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def uniform(key, shape, n):
    return jax.random.uniform(key, shape, minval=-n, maxval=n)


def init_linear(key, n, m, k):
    return {"Matrix": uniform(key, (n, m), k), "Bias": jnp.zeros((m,))}


def init_gru_cell(keys):
    return {
        "Gates": {
            "Linear": {
                "Matrix": uniform(keys[0], (16, 16), 0.4330127),
                "Bias": jnp.ones((16,)),
            }
        },
        "Candidate": {"Linear": init_linear(keys[1], 16, 8, 0.4330127)},
    }


def init_adam():
    return {
        "reverser": {
            "embedding_attention_seq2seq": {
                "RNN": {"EmbeddingWrapper": {"embedding": jnp.zeros((13, 8))}},
                "embedding_attention_decoder": {"embedding": jnp.zeros((13, 8))},
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
                        "embedding": uniform(keys[0], (13, 8), 1.7320508)
                    },
                    "GRUCell": init_gru_cell(keys[1:3]),
                },
                "embedding_attention_decoder": {
                    "embedding": uniform(keys[3], (13, 8), 0.48038447),
                    "attention_decoder": {
                        "AttnW_0": uniform(keys[4], (1, 1, 8, 8), 0.61237246),
                        "Linear": init_linear(keys[6], 16, 8, 0.4330127),
                        "GRUCell": init_gru_cell(keys[7:9]),
                        "OutputProjectionWrapper": {
                            "Linear": init_linear(keys[9], 8, 13, 0.61237246)
                        },
                        "Attention_0": {
                            "Linear": init_linear(keys[10], 8, 8, 0.61237246)
                        },
                        "AttnV_0": uniform(keys[5], (8,), 1.7320508),
                        "AttnOutputProjection": {
                            "Linear": init_linear(keys[11], 21, 13, 0.37796447)
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


def gru_cell(params, rows, zeros):
    # reverse_seq2seq.py:43
    add = (
        jnp.concatenate([rows, zeros], 1) @ params["Gates"]["Linear"]["Matrix"]
        + params["Gates"]["Linear"]["Bias"]
    )
    split = jnp.split(add, 2, 1)
    sigmoid_1 = jax.nn.sigmoid(split[1])
    matmul = (
        jnp.concatenate([rows, jax.nn.sigmoid(split[0]) * zeros], 1)
        @ params["Candidate"]["Linear"]["Matrix"]
    )
    mul_1 = (1.0 - sigmoid_1) * jnp.tanh(matmul + params["Candidate"]["Linear"]["Bias"])
    return sigmoid_1 * zeros + mul_1


def network(params, add, attention_decoder_conv2d, reshape):
    # reverse_seq2seq.py:43
    attention_0_add = (
        add @ params["Attention_0"]["Linear"]["Matrix"]
        + params["Attention_0"]["Linear"]["Bias"]
    )
    tanh = jnp.tanh(
        attention_decoder_conv2d + jnp.reshape(attention_0_add, (-1, 1, 1, 8))
    )
    reshape_1 = jnp.reshape(
        jax.nn.softmax(jnp.sum(params["AttnV_0"] * tanh, (2, 3))), (-1, 2, 1, 1)
    )
    return jnp.sum(reshape_1 * reshape, (1, 2))


def attn_output_projection(params, add, sum_1):
    return jnp.concatenate([add, sum_1], 1) @ params["Matrix"] + params["Bias"]


def output_projection_wrapper(params, add):
    return add @ params["Matrix"] + params["Bias"]


def loss(
    params,
    rows,
    embedding_wrapper_rows,
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
    # reverse_seq2seq.py:43
    add = gru_cell(
        params["reverser"]["embedding_attention_seq2seq"]["RNN"]["GRUCell"],
        embedding_wrapper_rows,
        jnp.zeros((batch, 8)),
    )
    gru_cell_1_add = gru_cell(
        params["reverser"]["embedding_attention_seq2seq"]["RNN"]["GRUCell"], rows, add
    )
    matmul = (
        jnp.concatenate([embedding_rows[3], jnp.zeros((batch, 8))], 1)
        @ attention_decoder["Linear"]["Matrix"]
    )
    attention_decoder_add = matmul + attention_decoder["Linear"]["Bias"]
    gru_cell_add = gru_cell(
        attention_decoder["GRUCell"], attention_decoder_add, gru_cell_1_add
    )
    concat = jnp.concatenate(
        [jnp.reshape(add, (-1, 1, 8)), jnp.reshape(gru_cell_1_add, (-1, 1, 8))], 1
    )
    reshape = jnp.reshape(concat, (-1, 2, 1, 8))
    attention_decoder_conv2d = conv2d(
        reshape, attention_decoder["AttnW_0"], (1, 1), "SAME"
    )
    sum_1 = network(attention_decoder, gru_cell_add, attention_decoder_conv2d, reshape)
    linear_1_matmul = (
        jnp.concatenate([embedding_rows[2], sum_1], 1)
        @ attention_decoder["Linear"]["Matrix"]
    )
    add_1 = linear_1_matmul + attention_decoder["Linear"]["Bias"]
    attention_decoder_gru_cell_1_add = gru_cell(
        attention_decoder["GRUCell"], add_1, gru_cell_add
    )
    attention_0_1_sum_1 = network(
        attention_decoder,
        attention_decoder_gru_cell_1_add,
        attention_decoder_conv2d,
        reshape,
    )
    linear_2_matmul = (
        jnp.concatenate([embedding_rows[1], attention_0_1_sum_1], 1)
        @ attention_decoder["Linear"]["Matrix"]
    )
    add_2 = linear_2_matmul + attention_decoder["Linear"]["Bias"]
    gru_cell_2_add = gru_cell(
        attention_decoder["GRUCell"], add_2, attention_decoder_gru_cell_1_add
    )
    attention_0_2_sum_1 = network(
        attention_decoder, gru_cell_2_add, attention_decoder_conv2d, reshape
    )
    linear_3_matmul = (
        jnp.concatenate([embedding_rows[0], attention_0_2_sum_1], 1)
        @ attention_decoder["Linear"]["Matrix"]
    )
    add_3 = linear_3_matmul + attention_decoder["Linear"]["Bias"]
    gru_cell_3_add = gru_cell(attention_decoder["GRUCell"], add_3, gru_cell_2_add)
    attn_output_projection_adds = []
    for attention_decoder_gru_cell_add in [
        gru_cell_add,
        attention_decoder_gru_cell_1_add,
        gru_cell_2_add,
        gru_cell_3_add,
    ]:
        output_projection_wrapper_add = output_projection_wrapper(
            attention_decoder["OutputProjectionWrapper"]["Linear"],
            attention_decoder_gru_cell_add,
        )
        attention_0_sum_1 = network(
            attention_decoder,
            attention_decoder_gru_cell_add,
            attention_decoder_conv2d,
            reshape,
        )
        attn_output_projection_add = attn_output_projection(
            attention_decoder["AttnOutputProjection"]["Linear"],
            output_projection_wrapper_add,
            attention_0_sum_1,
        )
        attn_output_projection_adds.append(attn_output_projection_add)
    # reverse_seq2seq.py:46
    cross_entropy_3 = optax.softmax_cross_entropy_with_integer_labels(
        attn_output_projection_adds[3], placeholder_8
    )
    cross_entropy_2 = optax.softmax_cross_entropy_with_integer_labels(
        attn_output_projection_adds[2], placeholder_7
    )
    cross_entropy_1 = optax.softmax_cross_entropy_with_integer_labels(
        attn_output_projection_adds[1], placeholder_6
    )
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(
        attn_output_projection_adds[0], placeholder_5
    )
    value = (
        cross_entropy * placeholder_11
        + cross_entropy_1 * placeholder_12
        + cross_entropy_2 * placeholder_13
    )
    truediv = (value + cross_entropy_3 * placeholder_14) / (
        placeholder_11 + placeholder_12 + placeholder_13 + placeholder_14 + 1e-12
    )
    return jnp.mean(truediv)


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
    rows = embedding[placeholder_1]
    embedding_wrapper_rows = embedding[placeholder]
    embedding_rows = [
        params["reverser"]["embedding_attention_seq2seq"][
            "embedding_attention_decoder"
        ]["embedding"][indices]
        for indices in [placeholder_7, placeholder_6, placeholder_5, placeholder_4]
    ]
    loss_value, (grads, rows_grad, embedding_wrapper_rows_grad, embedding_rows_grad) = (
        jax.value_and_grad(loss, argnums=(0, 1, 2, 3))(
            params,
            rows,
            embedding_wrapper_rows,
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
    concatenate = jnp.concatenate([placeholder_1, placeholder])
    concatenate_2 = jnp.concatenate([rows_grad, embedding_wrapper_rows_grad])
    # reverse_seq2seq.py:78
    mul_2 = (
        state["Adam"]["reverser"]["embedding_attention_seq2seq"]["RNN"][
            "EmbeddingWrapper"
        ]["embedding"]
        * 0.9
    )
    scatter_add = mul_2.at[concatenate].add(concatenate_2 * 0.100000024)
    mul_5 = (
        state["Adam_1"]["reverser"]["embedding_attention_seq2seq"]["RNN"][
            "EmbeddingWrapper"
        ]["embedding"]
        * 0.999
    )
    scatter_add_1 = mul_5.at[concatenate].add(
        concatenate_2 * concatenate_2 * 0.0009999871
    )
    truediv = (
        0.003 * jnp.sqrt(1.0 - state["beta2_power"]) / (1.0 - state["beta1_power"])
    )
    assign_sub = embedding - truediv * scatter_add / (jnp.sqrt(scatter_add_1) + 1e-08)
    concatenate_3 = jnp.concatenate(
        [placeholder_7, placeholder_6, placeholder_5, placeholder_4]
    )
    concatenate_4 = jnp.concatenate(embedding_rows_grad)
    embedding_mul_2 = (
        state["Adam"]["reverser"]["embedding_attention_seq2seq"][
            "embedding_attention_decoder"
        ]["embedding"]
        * 0.9
    )
    embedding_scatter_add = embedding_mul_2.at[concatenate_3].add(
        concatenate_4 * 0.100000024
    )
    embedding_mul_5 = (
        state["Adam_1"]["reverser"]["embedding_attention_seq2seq"][
            "embedding_attention_decoder"
        ]["embedding"]
        * 0.999
    )
    embedding_scatter_add_1 = embedding_mul_5.at[concatenate_3].add(
        concatenate_4 * concatenate_4 * 0.0009999871
    )
    embedding_truediv = (
        0.003 * jnp.sqrt(1.0 - state["beta2_power"]) / (1.0 - state["beta1_power"])
    )
    truediv_1 = (
        embedding_truediv
        * embedding_scatter_add
        / (jnp.sqrt(embedding_scatter_add_1) + 1e-08)
    )
    new_params = {
        "reverser": {
            "embedding_attention_seq2seq": {
                "RNN": {
                    **new_params["reverser"]["embedding_attention_seq2seq"]["RNN"],
                    "EmbeddingWrapper": {"embedding": assign_sub},
                },
                "embedding_attention_decoder": {
                    **new_params["reverser"]["embedding_attention_seq2seq"][
                        "embedding_attention_decoder"
                    ],
                    "embedding": params["reverser"]["embedding_attention_seq2seq"][
                        "embedding_attention_decoder"
                    ]["embedding"]
                    - truediv_1,
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
                    "RNN": {"EmbeddingWrapper": {"embedding": scatter_add}},
                    "embedding_attention_decoder": {"embedding": embedding_scatter_add},
                }
            }
        },
        "Adam_1": {
            "reverser": {
                "embedding_attention_seq2seq": {
                    "RNN": {"EmbeddingWrapper": {"embedding": scatter_add_1}},
                    "embedding_attention_decoder": {
                        "embedding": embedding_scatter_add_1
                    },
                }
            }
        },
    }
    return new_params, new_state, opt_state, loss_value
