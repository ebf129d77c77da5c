"""Queues as operations, and the classes that scripts use them through."""

from __future__ import annotations

import hashlib
from typing import Any

from tracer import dtypes as dtypes_module
from tracer import scopes, shapes
from tracer.convert import internal_convert_to_tensor
from tracer.declare import op
from tracer.ir import Operation, Tensor
from tracer.ops.random import get_seed
from tracer.static import constant_value

_SCALAR = shapes.scalar()


@op("FIFOQueue")
def _fifo_queue(component_types: Any, shapes: Any = None, capacity: int = -1, container: str = "",
                shared_name: str = "", name: str | None = None) -> Any:
    return (2,)


@op("PaddingFIFOQueue")
def _padding_fifo_queue(component_types: Any, shapes: Any = None, capacity: int = -1, container: str = "",
                        shared_name: str = "", name: str | None = None) -> Any:
    return (2,)


@op("RandomShuffleQueue")
def _random_shuffle_queue(component_types: Any, shapes: Any = None, capacity: int = -1, min_after_dequeue: int = 0,
                          seed: int = 0, seed2: int = 0, container: str = "", shared_name: str = "",
                          name: str | None = None) -> Any:
    return (2,)


@op("PriorityQueue", inputs="", outputs="handle:Ref(string)",
    attrs="component_types:list(type)>=0=[]; shapes:list(shape)>=0=[]; capacity:int=-1; container:string=''; "
          "shared_name:string=''",
    flags="stateful")
def _priority_queue(component_types: Any = (), shapes: Any = None, capacity: int = -1, container: str = "",
                    shared_name: str = "", name: str | None = None) -> Any:
    return (2,)


@op("QueueEnqueue")
def _queue_enqueue(handle: Tensor, components: Any, timeout_ms: int = -1, name: str | None = None) -> Any:
    return []


@op("QueueEnqueueMany")
def _queue_enqueue_many(handle: Tensor, components: Any, timeout_ms: int = -1, name: str | None = None) -> Any:
    return []


@op("QueueDequeue")
def _queue_dequeue(handle: Tensor, component_types: Any, timeout_ms: int = -1, name: str | None = None) -> Any:
    return [None] * len(component_types)


@op("QueueDequeueMany")
def _queue_dequeue_many(handle: Tensor, n: Tensor, component_types: Any, timeout_ms: int = -1,
                        name: str | None = None) -> Any:
    return [None] * len(component_types)


@op("QueueDequeueUpTo")
def _queue_dequeue_up_to(handle: Tensor, n: Tensor, component_types: Any, timeout_ms: int = -1,
                         name: str | None = None) -> Any:
    return [None] * len(component_types)


@op("QueueClose")
def _queue_close(handle: Tensor, cancel_pending_enqueues: bool = False, name: str | None = None) -> Any:
    return []


@op("QueueSize")
def _queue_size(handle: Tensor, name: str | None = None) -> Any:
    return ()


def _type_list(dtypes: Any) -> list[dtypes_module.DType]:
    return [dtypes_module.as_dtype(kind) for kind in (dtypes if isinstance(dtypes, (list, tuple)) else [dtypes])]


def _shape_list(given: Any, unknown_dim_allowed: bool = False) -> list[shapes.TensorShape] | None:
    """The shapes of the components; one shape may stand without a list around it."""
    if given is None:
        if unknown_dim_allowed:
            raise ValueError("When providing partial shapes, a list of shapes must be provided.")
        return None
    if isinstance(given, shapes.TensorShape):
        given = [given]
    if not isinstance(given, (list, tuple)):
        raise TypeError("shapes must be a TensorShape or a list or tuple of TensorShapes.")
    if all(size is None or isinstance(size, (int, shapes.Dimension)) for size in given):
        given = [given]
    found = [shapes.as_shape(shape) for shape in given]
    if not unknown_dim_allowed and any(not shape.is_fully_defined() for shape in found):
        raise ValueError(f"All shapes must be fully defined: {found}")
    if any(shape.sizes is None for shape in found):
        raise ValueError(f"All shapes must have a defined rank: {found}")
    return found


class QueueBase:
    """What all queues have in common: elements go in and come out while threads run; each is a tuple of tensors.

    An operation on a queue waits: an enqueue while the queue is full, a dequeue while it is empty. `close` says that
    no more elements will come; what is in the queue can still be taken, and then dequeues raise OutOfRangeError.
    """

    def __init__(self, dtypes: Any, shapes: Any, queue_ref: Tensor, names: Any = None) -> None:
        self._dtypes = list(dtypes)
        self._names = list(names) if names else None
        if shapes is not None and len(shapes) != len(self._dtypes):
            raise ValueError("Queue shapes must have the same length as dtypes")
        self._shapes = [_unknown()] * len(self._dtypes) if shapes is None else list(shapes)
        self._queue_ref = queue_ref
        self._name = queue_ref.op.name.rpartition("/")[2]

    @staticmethod
    def from_list(index: Any, queues: Any) -> QueueBase:
        """The queue at position `index` (a tensor) of a list of queues.

        Raises TypeError when the list holds something else, or queues of different types.
        """
        if not queues or not isinstance(queues, list) or not all(isinstance(q, QueueBase) for q in queues):
            raise TypeError("A list of queues expected")
        kinds = queues[0].dtypes
        if any(queue.dtypes != kinds for queue in queues[1:]):
            raise TypeError("Queues do not have matching component dtypes.")
        if any(queue.names != queues[0].names for queue in queues[1:]):
            raise TypeError("Queues do not have matching component names.")
        from tracer.ops import control_flow

        selected = control_flow.ref_select(index, [queue.queue_ref for queue in queues])
        return QueueBase(dtypes=kinds, shapes=None, queue_ref=selected, names=queues[0].names)

    @property
    def queue_ref(self) -> Tensor:
        """The reference to the queue."""
        return self._queue_ref

    @property
    def name(self) -> str:
        """The name of the operation that is the queue."""
        return self._queue_ref.op.name

    @property
    def dtypes(self) -> list[dtypes_module.DType]:
        """The types of the components."""
        return self._dtypes

    @property
    def shapes(self) -> list[shapes.TensorShape]:
        """The shapes of the components (from 0.12 on)."""
        return self._shapes

    @property
    def names(self) -> list[str] | None:
        """The names of the components, by which dicts of them go in and come out (from 0.9 on); None without."""
        return self._names

    def _in_order(self, values: Any) -> list[Any]:
        """The components in the queue's order."""
        if isinstance(values, dict):
            if not self._names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names) != sorted(values):
                raise ValueError("Keys in dictionary to enqueue do not match names of Queue.  Dictionary: "
                                 f"({sorted(values)}), Queue: ({sorted(self._names)})")
            return [values[name] for name in self._names]
        if self._names:
            raise ValueError("You must enqueue a dictionary in a Queue with names")
        return list(values) if isinstance(values, (list, tuple)) else [values]

    def _components(self, values: list[Any], many: bool) -> list[Tensor]:
        """`values` as tensors of the components' types and shapes."""
        if len(values) != len(self._dtypes):
            raise ValueError(f"{self.name} takes {len(self._dtypes)} components, not {len(values)}")
        tensors = [internal_convert_to_tensor(value, kind, f"component_{i}")
                   for i, (value, kind) in enumerate(zip(values, self._dtypes, strict=True))]
        count = shapes.Dimension(None)
        for tensor, shape in zip(tensors, self._shapes, strict=True):
            given = tensor.get_shape()
            if many:
                given = given.with_rank_at_least(1)
                count = count.merge_with(given[0])
                given = given[1:]
            given.assert_is_compatible_with(shape)
        return tensors

    def enqueue(self, vals: Any, name: str | None = None) -> Operation:
        """Adds one element; waits while the queue is full.

        >>> queue = tf.FIFOQueue(10, [tf.int32, tf.string])
        >>> queue.enqueue([1, "one"])

        Running it raises AbortedError when the queue is closed, and CancelledError when it is closed while waiting,
        with `cancel_pending_enqueues`, or the session is.

        Args:
            vals: the components: a list, a tuple, a dict of a queue with names or, if there is one, itself.
        """
        values = self._in_order(vals)
        with scopes.op_scope(values, name, f"{self._name}_enqueue") as scope:
            return _queue_enqueue(self._queue_ref, self._components(values, False), name=scope)

    def enqueue_many(self, vals: Any, name: str | None = None) -> Operation:
        """Adds several elements: the slices of the components along their first dimension."""
        values = self._in_order(vals)
        with scopes.op_scope(values, name, f"{self._name}_EnqueueMany") as scope:
            return _queue_enqueue_many(self._queue_ref, self._components(values, True), name=scope)

    def dequeue(self, name: str | None = None) -> Any:
        """Takes one element: a tensor, or a list of them when it has several components.

        Running it raises OutOfRangeError when the queue is closed and empty, and CancelledError when the session is
        closed.
        """
        outputs = _queue_dequeue(self._queue_ref, self._dtypes, name=name or f"{self._name}_Dequeue")
        return self._shaped(outputs, [])

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """Takes `n` elements, stacked along a new first dimension; they must be of one shape."""
        outputs = _queue_dequeue_many(self._queue_ref, n, self._dtypes, name=name or f"{self._name}_DequeueMany")
        count = constant_value(outputs[0].op.inputs[1])
        return self._shaped(outputs, [None if count is None else int(count)])

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """Takes `n` elements as `dequeue_many` does, or, of a closed queue, as many as are left."""
        outputs = _queue_dequeue_up_to(self._queue_ref, n, self._dtypes, name=name or f"{self._name}_DequeueUpTo")
        return self._shaped(outputs, [None])

    def _shaped(self, outputs: list[Tensor], batch: list[int | None]) -> Any:
        for output, shape in zip(outputs, self._shapes, strict=True):
            output.set_shape(shapes.TensorShape(batch).concatenate(shape))
        if self._names:
            return dict(zip(self._names, outputs, strict=True))
        return outputs[0] if len(outputs) == 1 else outputs

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Operation:
        """No more elements will be added. Running it twice raises AbortedError.

        Args:
            cancel_pending_enqueues: whether enqueues that wait are cancelled; otherwise they are still served.
        """
        return _queue_close(self._queue_ref, cancel_pending_enqueues=cancel_pending_enqueues,
                            name=name or f"{self._name}_Close")

    def size(self, name: str | None = None) -> Tensor:
        """How many elements are in the queue."""
        return _queue_size(self._queue_ref, name=name or f"{self._name}_Size")


def _unknown() -> shapes.TensorShape:
    return shapes.TensorShape(None)


class FIFOQueue(QueueBase):
    """A queue from which elements come out in the order in which they went in.

    Args:
        capacity: how many elements it may hold.
        dtypes: the types of an element's components, or the type of the only one.
        shapes: their shapes; without them elements may differ, and `dequeue_many` is not possible.
        shared_name: queues of the same shared name are one.
        name: its name.
        names: those of the components; elements are then dicts.
    """

    def __init__(self, capacity: int, dtypes: Any, shapes: Any = None, shared_name: str | None = None,
                 name: str = "fifo_queue", names: Any = None) -> None:
        kinds, component_shapes = _type_list(dtypes), _shape_list(shapes)
        _check_lengths(kinds, component_shapes, names)
        reference = _fifo_queue(component_types=kinds, shapes=component_shapes or [], capacity=capacity,
                                shared_name=shared_name or "", name=name)
        super().__init__(kinds, component_shapes, reference, names)


class RandomShuffleQueue(QueueBase):
    """A queue from which elements come out in random order.

    Args:
        capacity: how many elements it may hold.
        min_after_dequeue: how many stay behind, so that the order is random, until it is closed.
        dtypes, shapes, shared_name, name, names: as for `FIFOQueue`.
        seed: fixes the order, together with `tf.set_random_seed`.
    """

    def __init__(self, capacity: int, min_after_dequeue: int, dtypes: Any, shapes: Any = None, seed: int | None = None,
                 shared_name: str | None = None, name: str = "random_shuffle_queue", names: Any = None) -> None:
        kinds, component_shapes = _type_list(dtypes), _shape_list(shapes)
        _check_lengths(kinds, component_shapes, names)
        seed1, seed2 = get_seed(seed)
        if seed is None and shared_name is not None and seed1 is not None:  # all that share the queue must agree
            digest = hashlib.md5(f"{seed1}{shared_name}".encode(), usedforsecurity=False).hexdigest()
            seed2 = int(digest[:8], 16) & 0x7FFFFFFF
        reference = _random_shuffle_queue(
            component_types=kinds, shapes=component_shapes or [], capacity=capacity,
            min_after_dequeue=min_after_dequeue, seed=seed1 or 0, seed2=seed2 or 0, shared_name=shared_name or "",
            name=name)
        super().__init__(kinds, component_shapes, reference, names)


class PaddingFIFOQueue(QueueBase):
    """A FIFO queue of elements of varying shape; `dequeue_many` fills them up with zeros to a common one.

    Args:
        capacity, dtypes, shared_name, name, names: as for `FIFOQueue`.
        shapes: the shapes of the components, with None for sizes that vary.
    """

    def __init__(self, capacity: int, dtypes: Any, shapes: Any, shared_name: str | None = None,
                 name: str = "padding_fifo_queue", names: Any = None) -> None:
        kinds, component_shapes = _type_list(dtypes), _shape_list(shapes, unknown_dim_allowed=True)
        if component_shapes is None or len(kinds) != len(component_shapes):
            raise ValueError(f"Shapes must be provided for all components, but received {len(kinds)} dtypes and "
                             f"{len(component_shapes or ())} shapes.")
        _check_lengths(kinds, component_shapes, names)
        reference = _padding_fifo_queue(component_types=kinds, shapes=component_shapes, capacity=capacity,
                                        shared_name=shared_name or "", name=name)
        super().__init__(kinds, component_shapes, reference, names)


class PriorityQueue(QueueBase):
    """A queue from which the element of the lowest priority comes out first; from 0.10 on.

    What goes in and comes out has an int64 before its components: the priority.

    Args:
        capacity, shapes, shared_name, name, names: as for `FIFOQueue`.
        types: those of the components, without the priority.

    >>> queue = tf.PriorityQueue(10, [tf.string], [()])
    >>> queue.enqueue_many([np.int64([3, 1]), ["last", "first"]])
    """

    def __init__(self, capacity: int, types: Any, shapes: Any = None, names: Any = None, shared_name: str | None = None,
                 name: str = "priority_queue") -> None:
        kinds, component_shapes = _type_list(types), _shape_list(shapes)
        _check_lengths(kinds, component_shapes, names)
        reference = _priority_queue(component_types=kinds, shapes=component_shapes or [], capacity=capacity,
                                    shared_name=shared_name or "", name=name)
        sizes = component_shapes and [_SCALAR, *component_shapes]
        super().__init__([dtypes_module.int64, *kinds], sizes, reference, names)


def _check_lengths(kinds: list[Any], component_shapes: list[Any] | None, names: Any) -> None:
    if names and len(names) != len(kinds):
        raise ValueError("List of names must have the same length as the list of dtypes")
    if component_shapes is not None and len(component_shapes) != len(kinds):
        raise ValueError("Queue shapes must have the same length as dtypes")


def initialize_all_tables(name: str = "init_all_tables") -> Operation:
    """An operation that initializes all tables of the graph; it does nothing when there are none.

    >>> sess.run(tf.initialize_all_tables())
    """
    from tracer.ops import control_flow

    initializers = scopes.get_collection(scopes.GraphKeys.TABLE_INITIALIZERS)
    return control_flow.group(*initializers, name=name) if initializers else control_flow.no_op(name=name)
