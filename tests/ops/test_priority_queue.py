"""`tf.PriorityQueue`, as 0.12.1 has it."""

import threading

import numpy as np
import pytest

import tracer as tf
from tracer import errors


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def test_the_lowest_priority_comes_first(session):
    queue = tf.PriorityQueue(10, (tf.string, tf.float32), shapes=((), ()))
    assert queue.dtypes == [tf.int64, tf.string, tf.float32]
    assert queue.queue_ref.name == "priority_queue:0"
    session.run(queue.enqueue_many((np.int64([5, 1, 3, 1, -2]), ["a", "b", "c", "d", "e"], np.float32([1, 2, 3, 4, 5]))))
    one = queue.dequeue()
    assert [part.get_shape().as_list() for part in one] == [[], [], []]
    assert session.run(queue.size()) == 5
    assert [session.run(one) for _ in range(2)] == [[-2, b"e", 5.0], [1, b"b", 2.0]]
    priorities, names, _ = session.run(queue.dequeue_many(2))
    assert (priorities.tolist(), names.tolist()) == ([1, 3], [b"d", b"c"])
    session.run(queue.enqueue((np.int64(7), "z", 1.0)))
    session.run(queue.close())
    assert session.run(queue.dequeue_up_to(5))[1].tolist() == [b"a", b"z"]
    with pytest.raises(errors.OutOfRangeError, match=r"PriorityQueue '.*' is closed and has insufficient elements"):
        session.run(one)


def test_elements_of_one_priority_keep_their_order(session):
    queue = tf.PriorityQueue(30, tf.int64, shapes=())
    session.run(queue.enqueue_many((np.int64([1] * 8), np.arange(8))))
    assert session.run(queue.dequeue_many(8))[1].tolist() == list(range(8))


def test_what_a_dequeue_gives_back_is_first_again(session):
    queue = tf.PriorityQueue(30, tf.int64, shapes=())
    session.run(queue.enqueue_many((np.int64([1, 2, 1]), np.int64([10, 20, 11]))))
    many, found = queue.dequeue_many(4), []

    def dequeue():
        with pytest.raises(errors.OutOfRangeError) as caught:
            session.run(many)
        found.append(caught)

    waiting = threading.Thread(target=dequeue)
    waiting.start()
    while session.run(queue.size()):
        pass
    session.run(queue.close())
    waiting.join()
    assert len(found) == 1
    assert session.run(queue.dequeue_up_to(9))[1].tolist() == [10, 11, 20]


def test_a_shared_queue_must_be_the_same(session):
    session.run(tf.PriorityQueue(3, tf.int64, shapes=(), shared_name="q").enqueue((np.int64(1), 4)))
    assert session.run(tf.PriorityQueue(3, tf.int64, shapes=(), shared_name="q").dequeue()) == [1, 4]
    with pytest.raises(errors.InvalidArgumentError, match="component types"):
        session.run(tf.PriorityQueue(3, tf.float32, shapes=(), shared_name="q").size())


def test_priorities_are_scalars(session):
    with pytest.raises(ValueError, match=r"Shapes \(1,\) and \(\) are"):
        tf.PriorityQueue(3, tf.float32, shapes=()).enqueue_many((np.int64([[1]]), [2.0]))
