"""What the models are fed with, in the order of the arguments of a step. It runs under Python 2.7 too."""

import numpy as np


def digits(batch, classes=10):
    """Pictures of 784 points, and one-hot labels."""
    rng = np.random.RandomState(0)
    return rng.rand(batch, 784).astype(np.float32), np.eye(classes, dtype=np.float32)[rng.randint(0, classes, batch)]


def pictures(batch, size):
    """Pictures with three channels, and their classes."""
    rng = np.random.RandomState(0)
    return rng.rand(batch, size, size, 3).astype(np.float32), rng.randint(0, 10, batch).astype(np.int32)


def words(batch, steps, count):
    """Two texts, as numbers of words."""
    read, written = np.random.RandomState(0).randint(0, count, (2, batch, steps)).astype(np.int32)
    return read, written


def neuron():
    return ()


def softmax(batch=100):
    return digits(batch)


def mlp(batch=100):
    return digits(batch)


def mnist_deep(batch=50):
    return digits(batch) + (np.float32(0.5),)


def cifar(batch=32, size=24):
    return pictures(batch, size)


def resnet(batch=16, size=32):
    return pictures(batch, size)


def lstm(batch=20, steps=20, count=10000):
    return words(batch, steps, count)


def seq2seq(batch=32, steps=10, count=1000):
    return words(batch, steps, count)


def word2vec(batch=128, count=50000):
    rng = np.random.RandomState(0)
    return rng.randint(0, count, batch).astype(np.int32), rng.randint(0, count, (batch, 1)).astype(np.int32)


def gan(batch=64):
    rng = np.random.RandomState(0)
    return rng.rand(batch, 784).astype(np.float32), rng.uniform(-1, 1, (batch, 100)).astype(np.float32)


def vae(batch=100):
    return digits(batch)[:1]


def qnetwork(batch=32):
    rng = np.random.RandomState(0)
    moves = np.eye(2, dtype=np.float32)[rng.randint(0, 2, batch)]
    return rng.rand(batch, 4).astype(np.float32), moves, rng.rand(batch).astype(np.float32)


def style():
    return ()


def photo_and_painting(size):
    """The picture that is changed, and the one whose style it takes on."""
    rng = np.random.RandomState(0)
    return rng.rand(1, size, size, 3).astype(np.float32), rng.rand(1, size, size, 3).astype(np.float32)


def kernels(depths):
    """The fixed convolutions of a network for pictures."""
    rng = np.random.RandomState(1)
    return [(rng.randn(3, 3, a, b) * (2.0 / (9 * a)) ** 0.5).astype(np.float32) for a, b in zip(depths, depths[1:])]
