"""Candidate samplers: a few classes instead of all of them, for losses over many classes."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops.random import get_seed


def _sampled(true_classes: Tensor, num_true: int, num_sampled: int) -> list[shapes.Sizes]:
    batch, given = shapes.rank(true_classes.sizes, 2)
    return [(num_sampled,), (batch, given if given is not None else num_true), (num_sampled,)]


@op("UniformCandidateSampler")
def _uniform_candidate_sampler(true_classes: Tensor, num_true: int, num_sampled: int, unique: bool, range_max: int,
                               seed: int | None = None, seed2: int | None = None, name: str | None = None) -> Any:
    return _sampled(true_classes, num_true, num_sampled)


def uniform_candidate_sampler(true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int,
                              seed: int | None = None, name: str | None = None) -> Any:
    """`num_sampled` classes of [0, `range_max`), all equally likely.

    >>> drawn, _, expected = tf.nn.uniform_candidate_sampler([[3]], 1, 4, False, 8)
    >>> sess.run(expected)
    array([0.5, 0.5, 0.5, 0.5], dtype=float32)

    Args:
        true_classes: int64, of shape [batch, num_true].
        num_true: how many right classes an example has.
        num_sampled: how many classes are drawn for the whole batch.
        unique: whether no class is drawn twice.
        range_max: the number of classes.
        seed: the operation's seed.

    Returns:
        The classes drawn (`sampled_candidates`), and how often each of `true_classes` and each of those drawn is to be
        expected among them (`true_expected_count`, `sampled_expected_count`).
    """
    seed1, seed2 = get_seed(seed)
    return _uniform_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max, seed1, seed2, name=name)


@op("LogUniformCandidateSampler")
def _log_uniform_candidate_sampler(true_classes: Tensor, num_true: int, num_sampled: int, unique: bool, range_max: int,
                                   seed: int | None = None, seed2: int | None = None, name: str | None = None) -> Any:
    return _sampled(true_classes, num_true, num_sampled)


def log_uniform_candidate_sampler(true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int,
                                  seed: int | None = None, name: str | None = None) -> Any:
    """`uniform_candidate_sampler` with the probabilities `log((c + 2) / (c + 1)) / log(range_max + 1)`.

    They are about Zipf's: right for words that are numbered from the most frequent one on.

    >>> drawn, _, expected = tf.nn.log_uniform_candidate_sampler([[3]], 1, 1, True, 1)
    >>> sess.run([drawn, expected])
    [array([0]), array([1.], dtype=float32)]
    """
    seed1, seed2 = get_seed(seed)
    return _log_uniform_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max, seed1, seed2,
                                          name=name)


@op("LearnedUnigramCandidateSampler")
def _learned_unigram_candidate_sampler(true_classes: Tensor, num_true: int, num_sampled: int, unique: bool,
                                       range_max: int, seed: int | None = None, seed2: int | None = None,
                                       name: str | None = None) -> Any:
    return _sampled(true_classes, num_true, num_sampled)


def learned_unigram_candidate_sampler(true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int,
                                      seed: int | None = None, name: str | None = None) -> Any:
    """`uniform_candidate_sampler` that learns: each run makes every class of `true_classes` likelier.

    A class weighs one more than the times a session has seen it.

    >>> drawn, _, expected = tf.nn.learned_unigram_candidate_sampler([[3]], 1, 2, False, 4)
    >>> sess.run(expected)
    array([0.5, 0.5], dtype=float32)
    """
    seed1, seed2 = get_seed(seed)
    return _learned_unigram_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max, seed1, seed2,
                                              name=name)


@op("ThreadUnsafeUnigramCandidateSampler")
def _thread_unsafe_unigram_candidate_sampler(true_classes: Tensor, num_true: int, num_sampled: int, unique: bool,
                                             range_max: int, seed: int | None = None, seed2: int | None = None,
                                             name: str | None = None) -> Any:
    return _sampled(true_classes, num_true, num_sampled)


@op("FixedUnigramCandidateSampler")
def _fixed_unigram_candidate_sampler(
    true_classes: Tensor, num_true: int, num_sampled: int, unique: bool, range_max: int, vocab_file: str | None = None,
    distortion: float | None = None, num_reserved_ids: int | None = None, num_shards: int | None = None,
    shard: int | None = None, unigrams: Any = None, seed: int | None = None, seed2: int | None = None,
    name: str | None = None,
) -> Any:
    return _sampled(true_classes, num_true, num_sampled)


def fixed_unigram_candidate_sampler(
    true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int, vocab_file: str = "",
    distortion: float = 1.0, num_reserved_ids: int = 0, num_shards: int = 1, shard: int = 0, unigrams: Any = (),
    seed: int | None = None, name: str | None = None,
) -> Any:
    """`uniform_candidate_sampler` with given weights of the classes.

    >>> drawn, _, expected = tf.nn.fixed_unigram_candidate_sampler([[0]], 1, 2, False, 2, unigrams=[0.0, 3.0])
    >>> sess.run([drawn, expected])
    [array([1, 1]), array([2., 2.], dtype=float32)]

    Args:
        true_classes, num_true, num_sampled, unique, range_max, seed: as there.
        vocab_file: a file whose lines end in a weight, after a comma if there is more on them; a line for each class.
        distortion: the weights are raised to this power: 0 makes all equal.
        num_reserved_ids: so many classes before the first weight are never drawn.
        num_shards, shard: only the classes `c` with `c % num_shards == shard` are drawn, for several samplers at work.
        unigrams: the weights, instead of a file.
    """
    seed1, seed2 = get_seed(seed)
    return _fixed_unigram_candidate_sampler(
        true_classes, num_true, num_sampled, unique, range_max, vocab_file, distortion, num_reserved_ids, num_shards,
        shard, list(unigrams), seed1, seed2, name=name)


@op("AllCandidateSampler")
def _all_candidate_sampler(true_classes: Tensor, num_true: int, num_sampled: int, unique: bool,
                           seed: int | None = None, seed2: int | None = None, name: str | None = None) -> Any:
    return _sampled(true_classes, num_true, num_sampled)


def all_candidate_sampler(true_classes: Any, num_true: int, num_sampled: int, unique: bool, seed: int | None = None,
                          name: str | None = None) -> Any:
    """All classes, each once, in the form of a sampler; for tests.

    >>> sess.run(tf.nn.all_candidate_sampler([[3]], 1, 4, True).sampled_candidates)
    array([0, 1, 2, 3])
    """
    seed1, seed2 = get_seed(seed)
    return _all_candidate_sampler(true_classes, num_true, num_sampled, unique, seed1, seed2, name=name)


@op("ComputeAccidentalHits")
def _compute_accidental_hits(true_classes: Tensor, sampled_candidates: Tensor, num_true: int, seed: int | None = None,
                             seed2: int | None = None, name: str | None = None) -> Any:
    shapes.rank(true_classes.sizes, 2)
    shapes.rank(sampled_candidates.sizes, 1)
    return [(None,)] * 3


def compute_accidental_hits(true_classes: Any, sampled_candidates: Any, num_true: int, seed: int | None = None,
                            name: str | None = None) -> Any:
    """Where a class drawn by a sampler is a right one.

    >>> hits = tf.nn.compute_accidental_hits([[1], [5]], [3, 5], 1)
    >>> sess.run([hits.indices, hits.ids])
    [array([1], dtype=int32), array([1])]

    Args:
        true_classes: int64, of shape [batch, num_true].
        sampled_candidates: the classes that a sampler drew.
        num_true: how many right classes an example has.
        seed: accepted; nothing is drawn.

    Returns:
        For each hit the row of `true_classes` (`indices`), the place in `sampled_candidates` (`ids`), and the smallest
        float (`weights`): added to the logit at that place, it leaves the class no probability.
    """
    seed1, seed2 = get_seed(seed)
    return _compute_accidental_hits(true_classes, sampled_candidates, num_true, seed1, seed2, name=name)
