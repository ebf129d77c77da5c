"""The network of `examples/reverse_seq2seq.py`: a GRU reads, another writes and looks back at what was read."""

import jax
import jax.numpy as jnp
import optax

READ, HIDDEN, SYMBOLS = 2, 6, 13


def uniform(key, *shape):
    limit = (3 / shape[-2 if len(shape) > 1 else 0]) ** 0.5
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


def linear(key, inputs, outputs):
    matrix = uniform(key, inputs, outputs)
    return {"Linear": {"Matrix": matrix, "Bias": jnp.zeros(outputs)}}


def gru(key):
    gates, candidate = jax.random.split(key)
    cell = {
        "Gates": linear(gates, 2 * HIDDEN, 2 * HIDDEN),
        "Candidate": linear(candidate, 2 * HIDDEN, HIDDEN),
    }
    cell["Gates"]["Linear"]["Bias"] = jnp.ones(2 * HIDDEN)
    return cell


def init(key):
    keys = jax.random.split(key, 10)
    decoder = {
        "AttnW_0": uniform(keys[0], 1, 1, HIDDEN, HIDDEN),
        "AttnV_0": uniform(keys[1], HIDDEN),
        **linear(keys[2], 2 * HIDDEN, HIDDEN),
        "GRUCell": gru(keys[3]),
        "OutputProjectionWrapper": linear(keys[4], HIDDEN, SYMBOLS),
        "Attention_0": linear(keys[5], HIDDEN, HIDDEN),
        "AttnOutputProjection": linear(keys[6], SYMBOLS + HIDDEN, SYMBOLS),
    }
    network = {
        "RNN": {
            "EmbeddingWrapper": {"embedding": uniform(keys[7], SYMBOLS, HIDDEN)},
            "GRUCell": gru(keys[8]),
        },
        "embedding_attention_decoder": {
            "embedding": uniform(keys[9], SYMBOLS, HIDDEN),
            "attention_decoder": decoder,
        },
    }
    return {"reverser": {"embedding_attention_seq2seq": network}}


def dense(params, *parts):
    params = params["Linear"]
    return jnp.concatenate(parts, 1) @ params["Matrix"] + params["Bias"]


def gru_cell(params, x, state):
    gates = jax.nn.sigmoid(dense(params["Gates"], x, state))
    reset, update = jnp.split(gates, 2, 1)
    new = jnp.tanh(dense(params["Candidate"], x, reset * state))
    return update * state + (1 - update) * new


def attention(params, features, states, query):
    query = dense(params["Attention_0"], query)[:, None]
    scores = jnp.sum(params["AttnV_0"] * jnp.tanh(features + query), -1)
    return jnp.sum(jax.nn.softmax(scores)[..., None] * states, 1)


def decode(params, states, symbols):
    decoder = params["attention_decoder"]
    features = states @ decoder["AttnW_0"][0, 0]
    state, outputs = states[:, -1], []
    attended = jnp.zeros_like(state)
    for symbol in symbols:
        x = dense(decoder, params["embedding"][symbol], attended)
        state = gru_cell(decoder["GRUCell"], x, state)
        output = dense(decoder["OutputProjectionWrapper"], state)
        attended = attention(decoder, features, states, state)
        outputs.append(dense(decoder["AttnOutputProjection"], output, attended))
    return outputs


def loss(params, read, written, weights):
    network = params["reverser"]["embedding_attention_seq2seq"]
    encoder, states = network["RNN"], []
    state = jnp.zeros((len(read[0]), HIDDEN))
    for symbol in read:
        embedded = encoder["EmbeddingWrapper"]["embedding"][symbol]
        state = gru_cell(encoder["GRUCell"], embedded, state)
        states.append(state)
    decoder = network["embedding_attention_decoder"]
    logits = decode(decoder, jnp.stack(states, 1), written[:-1])
    losses = sum(
        optax.softmax_cross_entropy_with_integer_labels(x, symbol) * weight
        for x, symbol, weight in zip(logits, written[1:], weights, strict=True)
    )
    return jnp.mean(losses / (sum(weights) + 1e-12))


optimizer = optax.adam(0.003)


def train_step(params, opt_state, *inputs):
    count = (len(inputs) - READ) // 2 + 1 + READ
    value, grads = jax.value_and_grad(loss)(
        params, inputs[:READ], inputs[READ:count], inputs[count:]
    )
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value
