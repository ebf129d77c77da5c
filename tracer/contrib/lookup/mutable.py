"""Tables that keys and values are inserted into while a program runs, and that checkpoints hold."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.contrib.lookup.interface import LookupInterface
from tracer.convert import convert_to_tensor
from tracer.ir import Operation, Tensor
from tracer.ops import lookup as operations
from tracer.shapes import TensorShape
from tracer.train.saver_builder import BaseSaverBuilder


class _Mutable(LookupInterface):
    _keys_shape: TensorShape

    def _made(self, table: Tensor, default_value: Tensor, checkpoint: bool) -> None:
        self._table_ref, self._default_value = table, default_value
        self._name = table.op.name.rpartition("/")[2]
        if checkpoint:
            scopes.add_to_collection(scopes.GraphKeys.SAVEABLE_OBJECTS, _Saveable(self, table.op.name))

    def _called(self, what: str, name: str | None) -> str:
        return name or f"{self._name}_{what}"

    def size(self, name: str | None = None) -> Tensor:
        """How many keys the table has."""
        with scopes.colocate_with(self._table_ref):
            return operations.lookup_table_size(self._table_ref, name=self._called("Size", name))

    def lookup(self, keys: Any, name: str | None = None) -> Tensor:
        """The values of `keys`, the default value for those that the table does not have.

        Raises TypeError when they are of another type than the table's.
        """
        keys = convert_to_tensor(keys, name="keys")
        if keys.dtype.base_dtype != self.key_dtype:
            raise TypeError(f"Signature mismatch. Keys must be dtype {self.key_dtype!r}, got {keys.dtype!r}.")
        with scopes.colocate_with(self._table_ref):
            return operations.lookup_table_find(self._table_ref, keys, self._default_value,
                                                name=self._called("lookup_table_find", name))

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Operation:
        """What gives keys their values, in place of those that they have.

        Raises TypeError when they are of other types than the table's.
        """
        keys, values = convert_to_tensor(keys), convert_to_tensor(values)
        self._check_table_dtypes(keys.dtype.base_dtype, values.dtype.base_dtype)
        with scopes.colocate_with(self._table_ref):
            return operations.lookup_table_insert(self._table_ref, keys, values,
                                                  name=self._called("lookup_table_insert", name))

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """All keys of the table, and their values."""
        with scopes.colocate_with(self._table_ref):
            keys, values = operations.lookup_table_export(
                self._table_ref, self.key_dtype, self.value_dtype,
                name=self._called("lookup_table_export_values", name))
        keys.set_shape(self._keys_shape)
        values.set_shape(TensorShape([None]).concatenate(self._default_value.get_shape()))
        return keys, values


class MutableHashTable(_Mutable):
    """A table that keys and values are inserted into. From 0.11 on.

    >>> table = tf.contrib.lookup.MutableHashTable(tf.string, tf.int64, default_value=-1)
    >>> sess.run(table.insert(["a", "b"], np.int64([1, 2])))
    >>> sess.run(table.lookup(["b", "c"]))
    array([ 2, -1])

    Args:
        key_dtype, value_dtype: the types of keys and values.
        default_value: the value of what is not in the table; a vector where values are vectors.
        shared_name: tables of one shared name are one.
        name: its name.
        checkpoint: whether checkpoints hold it.
    """

    _keys_shape = TensorShape([None])

    def __init__(self, key_dtype: Any, value_dtype: Any, default_value: Any, shared_name: str | None = None,
                 name: str = "MutableHashTable", checkpoint: bool = True) -> None:
        super().__init__(key_dtype, value_dtype, name)
        default = convert_to_tensor(default_value, dtype=self.value_dtype)
        words = {"shared_name": shared_name or "", "name": name, "use_node_name_sharing": checkpoint and not shared_name}
        shape = default.get_shape()
        if shape.ndims:
            table = operations.mutable_hash_table_of_tensors(self.key_dtype, self.value_dtype, shape, **words)
        else:
            table = operations.mutable_hash_table(self.key_dtype, self.value_dtype, **words)
        self._made(table, default, checkpoint)


class MutableDenseHashTable(_Mutable):
    """A table that keeps its pairs in one array of buckets, which is what it exports. From 0.12 on.

    Args:
        empty_key: a key that is never used: it stands in empty buckets. A vector where keys are vectors.
        initial_num_buckets: how many buckets there are at first, a power of 2; by default 131072.
        key_dtype, value_dtype, default_value, shared_name, name, checkpoint: as for `MutableHashTable`.
    """

    _keys_shape = TensorShape(None)

    def __init__(self, key_dtype: Any, value_dtype: Any, default_value: Any, empty_key: Any,
                 initial_num_buckets: int | None = None, shared_name: str | None = None,
                 name: str = "MutableDenseHashTable", checkpoint: bool = True) -> None:
        super().__init__(key_dtype, value_dtype, name)
        default = convert_to_tensor(default_value, dtype=self.value_dtype)
        empty = convert_to_tensor(empty_key, dtype=self.key_dtype)
        some = {} if initial_num_buckets is None else {"initial_num_buckets": initial_num_buckets}
        table = operations.mutable_dense_hash_table(
            empty, self.value_dtype, default.get_shape(), shared_name=shared_name or "", name=name,
            use_node_name_sharing=checkpoint and not shared_name, **some)
        self._made(table, default, checkpoint)

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """The keys and the values of all buckets; a number is a row of one."""
        with scopes.colocate_with(self._table_ref):
            return tuple(operations.lookup_table_export(
                self._table_ref, self.key_dtype, self.value_dtype,
                name=self._called("lookup_table_export_values", name)))


class _Saveable(BaseSaverBuilder.SaveableObject):
    """What a checkpoint holds of a table: its export."""

    def __init__(self, table: _Mutable, name: str) -> None:
        self._table = table
        keys, values = table.export()
        specs = [BaseSaverBuilder.SaveSpec(keys, "", f"{name}-keys"),
                 BaseSaverBuilder.SaveSpec(values, "", f"{name}-values")]
        super().__init__(table._table_ref, specs, name)

    def restore(self, restored_tensors: list[Tensor], unused_restored_shapes: Any) -> Operation:
        """What replaces all that the table has."""
        with scopes.colocate_with(self._table._table_ref):
            return operations.lookup_table_import(self._table._table_ref, *restored_tensors)
