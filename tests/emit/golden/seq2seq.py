"""seq2seq as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax


def rows_by_adagrad(table, squares, rate, grads, rows):
    """One row after the other: a row that is there twice is moved twice, as TensorFlow's kernel does it."""

    def move(state, row):
        (table, squares), (grad, at) = (state, row)
        squares = squares.at[at].add(grad**2)
        return (
            (table.at[at].add(-rate * grad * lax.rsqrt(squares[at])), squares),
            None,
        )

    return lax.scan(move, (table, squares), (grads, rows))[0]


def init_gates(key):
    return {
        "Linear": {
            "Matrix": jax.random.uniform(key, (12, 12)) + -0.5,
            "Bias": jnp.ones((12,)),
        }
    }


def init_candidate(key):
    return {
        "Linear": {
            "Matrix": jax.random.uniform(key, (12, 6)) + -0.5,
            "Bias": jnp.zeros((6,)),
        }
    }


def init_grucell(keys):
    return {"Gates": init_gates(keys[0]), "Candidate": init_candidate(keys[1])}


def init_seq2seq(key, shape):
    return jax.random.uniform(key, shape) + -0.5


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 7)
    return {
        "embedding_rnn_seq2seq": {
            "RNN": {
                "EmbeddingWrapper": {
                    "embedding": jax.random.uniform(keys[0], (12, 6)) * 3.4641016
                    + -1.7320508
                },
                "GRUCell": init_grucell(keys[1:3]),
            },
            "embedding_rnn_decoder": {
                "embedding": init_seq2seq(keys[3], (12, 6)),
                "rnn_decoder": {
                    "GRUCell": init_grucell(keys[4:6]),
                    "OutputProjectionWrapper": {
                        "Linear": {
                            "Matrix": jax.random.uniform(keys[6], (6, 12)) * 1.4142135
                            + -0.70710677,
                            "Bias": jnp.zeros((12,)),
                        }
                    },
                },
            },
        }
    }, {
        "Adagrad": {
            "embedding_rnn_seq2seq": {
                "RNN": {"EmbeddingWrapper": {"embedding": jnp.full((12, 6), 0.1)}},
                "embedding_rnn_decoder": {"embedding": jnp.full((12, 6), 0.1)},
            }
        }
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        names = [key.key for key in keys]
        if names[0] == "Adagrad":
            names = [*names[1:], names[0]]
        return jnp.asarray(arrays["/".join(names)])

    params, state = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params), jax.tree.map_with_path(read, state)


def gru_cell(params, embedding_lookup, zeros):
    # models.py:232
    matmul = (
        jnp.concatenate([embedding_lookup, zeros], 1)
        @ params["Gates"]["Linear"]["Matrix"]
    )
    split = jnp.split(matmul + params["Gates"]["Linear"]["Bias"], 2, 1)
    sigmoid_1 = jax.nn.sigmoid(split[1])
    concat = jnp.concatenate([embedding_lookup, jax.nn.sigmoid(split[0]) * zeros], 1)
    add = (
        concat @ params["Candidate"]["Linear"]["Matrix"]
        + params["Candidate"]["Linear"]["Bias"]
    )
    return sigmoid_1 * zeros + (1.0 - sigmoid_1) * jnp.tanh(add)


def output_projection_wrapper(params, add):
    return add @ params["Matrix"] + params["Bias"]


def loss(params, embedding_rows, embedding_rows_2, decoder1, decoder2, decoder_inputs):
    """What is differentiated (models.py:235)."""
    carry = jnp.full((3, 6), 0.0)
    # models.py:232
    for embedding_lookup in embedding_rows:
        carry = gru_cell(
            params["embedding_rnn_seq2seq"]["RNN"]["GRUCell"], embedding_lookup, carry
        )
    outputs = []
    for rnn_decoder_embedding_lookup in embedding_rows_2:
        carry = gru_cell(
            params["embedding_rnn_seq2seq"]["embedding_rnn_decoder"]["rnn_decoder"][
                "GRUCell"
            ],
            rnn_decoder_embedding_lookup,
            carry,
        )
        outputs.append(carry)
    adds = [
        output_projection_wrapper(
            params["embedding_rnn_seq2seq"]["embedding_rnn_decoder"]["rnn_decoder"][
                "OutputProjectionWrapper"
            ]["Linear"],
            grucell_add,
        )
        for grucell_add in outputs
    ]
    # models.py:235
    mul = optax.softmax_cross_entropy_with_integer_labels(adds[0], decoder1) * jnp.ones(
        (3,)
    )
    mul_1 = optax.softmax_cross_entropy_with_integer_labels(
        adds[1], decoder2
    ) * jnp.ones((3,))
    sparse_softmax_cross_entropy_with_logits_2 = (
        optax.softmax_cross_entropy_with_integer_labels(adds[2], decoder_inputs)
    )
    value = mul + mul_1 + sparse_softmax_cross_entropy_with_logits_2 * jnp.ones((3,))
    sparse_softmax_cross_entropy_with_logits_3 = (
        optax.softmax_cross_entropy_with_integer_labels(
            adds[3], jnp.zeros((3,), jnp.int32)
        )
    )
    truediv = (
        value + sparse_softmax_cross_entropy_with_logits_3 * jnp.ones((3,))
    ) / jnp.full((3,), 4.0)
    return jnp.sum(truediv) / 3.0


optimizer = optax.adagrad(0.5, initial_accumulator_value=0.1, eps=0.0)


def train_step(
    params,
    state,
    opt_state,
    encoder0,
    encoder1,
    encoder2,
    encoder_inputs,
    decoder0,
    decoder1,
    decoder2,
    decoder_inputs,
):
    """One step of training. Returns what it was given, as it is afterwards, and loss."""
    embedding_rows = [
        params["embedding_rnn_seq2seq"]["RNN"]["EmbeddingWrapper"]["embedding"][rows]
        for rows in [encoder0, encoder1, encoder2, encoder_inputs]
    ]
    embedding_rows_2 = [
        params["embedding_rnn_seq2seq"]["embedding_rnn_decoder"]["embedding"][rows]
        for rows in [decoder0, decoder1, decoder2, decoder_inputs]
    ]
    loss_value, (grads, embedding_rows_grad, embedding_rows_2_grad) = (
        jax.value_and_grad(loss, argnums=(0, 1, 2))(
            params, embedding_rows, embedding_rows_2, decoder1, decoder2, decoder_inputs
        )
    )
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    rows_by_adagrad_2 = rows_by_adagrad(
        params["embedding_rnn_seq2seq"]["RNN"]["EmbeddingWrapper"]["embedding"],
        state["Adagrad"]["embedding_rnn_seq2seq"]["RNN"]["EmbeddingWrapper"][
            "embedding"
        ],
        0.5,
        jnp.concatenate(embedding_rows_grad),
        jnp.concatenate([encoder0, encoder1, encoder2, encoder_inputs]),
    )
    rows_by_adagrad_3 = rows_by_adagrad(
        params["embedding_rnn_seq2seq"]["embedding_rnn_decoder"]["embedding"],
        state["Adagrad"]["embedding_rnn_seq2seq"]["embedding_rnn_decoder"]["embedding"],
        0.5,
        jnp.concatenate(embedding_rows_2_grad),
        jnp.concatenate([decoder0, decoder1, decoder2, decoder_inputs]),
    )
    new_params = {
        "embedding_rnn_seq2seq": {
            "RNN": {
                **new_params["embedding_rnn_seq2seq"]["RNN"],
                "EmbeddingWrapper": {"embedding": rows_by_adagrad_2[0]},
            },
            "embedding_rnn_decoder": {
                **new_params["embedding_rnn_seq2seq"]["embedding_rnn_decoder"],
                "embedding": rows_by_adagrad_3[0],
            },
        }
    }
    new_state = {
        "Adagrad": {
            "embedding_rnn_seq2seq": {
                "RNN": {"EmbeddingWrapper": {"embedding": rows_by_adagrad_2[1]}},
                "embedding_rnn_decoder": {"embedding": rows_by_adagrad_3[1]},
            }
        }
    }
    return new_params, new_state, opt_state, loss_value
