"""`tf.contrib.lookup`: tables from keys to values, and vocabularies as such tables."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.contrib.lookup.interface import LookupInterface, Typed
from tracer.contrib.lookup.mutable import MutableDenseHashTable, MutableHashTable
from tracer.convert import convert_to_tensor
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, constants
from tracer.ops import lookup as lookup_operations
from tracer.ops.sparse import SparseTensor

__all__ = [
    "HashTable", "InitializableLookupTableBase", "KeyValueTensorInitializer", "LookupInterface",
    "MutableDenseHashTable", "MutableHashTable", "TableInitializerBase",
    "TextFileIdTableInitializer", "TextFileIndex", "TextFileInitializer", "TextFileStringTableInitializer",
    "index_to_string", "string_to_index",
]


class InitializableLookupTableBase(LookupInterface):
    """A table that an initializer fills once.

    Args:
        table_ref: the handle of the table.
        default_value: what stands for keys that the table does not have.
        initializer: a `TableInitializerBase`.
    """

    def __init__(self, table_ref: Tensor, default_value: Any, initializer: TableInitializerBase) -> None:
        name = table_ref.op.name.split("/")[-1]
        super().__init__(initializer.key_dtype, initializer.value_dtype, name)
        self._table_ref = table_ref
        self._default_value = convert_to_tensor(default_value, dtype=self._value_dtype)
        self._default_value.get_shape().merge_with([])
        self._init = initializer.initialize(self)

    @property
    def table_ref(self) -> Tensor:
        """The handle of the table."""
        return self._table_ref

    @property
    def default_value(self) -> Tensor:
        """What stands for keys that the table does not have."""
        return self._default_value

    @property
    def init(self) -> Operation:
        """The operation that fills the table."""
        return self._init

    def size(self, name: str | None = None) -> Tensor:
        """How many keys the table has, once it is filled."""
        return lookup_operations.lookup_table_size(self._table_ref, name=name or f"{self._name}_Size")

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The value of each key, the default value for those that the table does not have.

        >>> table.lookup(tf.constant(["a", "?"])).eval()
        array([0, -1])

        TypeError when `keys`, a tensor or `SparseTensor`, are not of the table's type.
        """
        sparse = isinstance(keys, SparseTensor)
        key_tensor = keys.values if sparse else keys
        if key_tensor.dtype != self._key_dtype:
            raise TypeError(f"Signature mismatch. Keys must be dtype {self._key_dtype!r}, got {key_tensor.dtype!r}.")
        values = lookup_operations.lookup_table_find(
            self._table_ref, key_tensor, self._default_value, name=name or f"{self._name}_lookup_table_find")
        values.set_shape(key_tensor.get_shape())
        return SparseTensor(keys.indices, values, keys.shape) if sparse else values


class HashTable(InitializableLookupTableBase):
    """A table in memory.

    >>> table = tf.contrib.lookup.HashTable(tf.contrib.lookup.KeyValueTensorInitializer(["a", "b"], [0, 1]), -1)
    >>> table.init.run()
    >>> table.lookup(tf.constant(["b", "c"])).eval()
    array([1, -1], dtype=int32)

    Args:
        initializer: what fills it.
        default_value: what stands for keys that it does not have.
        shared_name: tables of one shared name are one table in a session.
    """

    def __init__(self, initializer: TableInitializerBase, default_value: Any, shared_name: str | None = None,
                 name: str | None = None) -> None:
        with scopes.op_scope([initializer], name, "hash_table"):
            table_ref = lookup_operations.hash_table(initializer.key_dtype, initializer.value_dtype,
                                                     shared_name=shared_name or "", name=name)
            super().__init__(table_ref, default_value, initializer)


class TableInitializerBase(Typed):
    """What fills a table, with keys and values of these types."""

    def initialize(self, table: Any) -> Operation:
        """The operation that fills `table`."""
        raise NotImplementedError


class KeyValueTensorInitializer(TableInitializerBase):
    """Fills a table with the pairs of two vectors.

    Args:
        keys: a vector, or what becomes one.
        values: a vector of the same length.
        key_dtype: what the keys become, if they are no tensor.
        value_dtype: what the values become, if they are no tensor.
    """

    def __init__(self, keys: Any, values: Any, key_dtype: Any = None, value_dtype: Any = None,
                 name: str | None = None) -> None:
        with scopes.op_scope([keys, values], name, "key_value_init") as scope:
            self._keys = convert_to_tensor(keys, dtype=key_dtype, name="keys")
            self._values = convert_to_tensor(values, dtype=value_dtype, name="values")
            self._name = scope
        super().__init__(self._keys.dtype, self._values.dtype)

    def initialize(self, table: Any) -> Operation:
        """The operation that fills `table`, which is also one of the graph's table initializers."""
        table._check_table_dtypes(self._keys.dtype, self._values.dtype)
        with scopes.op_scope([table.table_ref], self._name) as scope:
            made = lookup_operations.initialize_table(table.table_ref, self._keys, self._values, name=scope)
        scopes.add_to_collection(scopes.GraphKeys.TABLE_INITIALIZERS, made)
        return made


class TextFileIndex:
    """What stands for the line itself, and for its number, in place of a column."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


class TextFileInitializer(TableInitializerBase):
    """Fills a table with columns of a file. From 0.9 on.

    >>> words = TextFileInitializer("/data/words.txt", tf.string, TextFileIndex.WHOLE_LINE, tf.int64,
    ...                             TextFileIndex.LINE_NUMBER)

    Args:
        filename: the file, one pair on each line.
        key_dtype, value_dtype: the types of keys and values.
        key_index, value_index: their columns, from 0, or a `TextFileIndex`: whole lines are strings, numbers int64.
        vocab_size: how many lines to take; by default all.
        delimiter: what parts columns.
        name: the name of the operation.

    Raises ValueError where there is no file name, or an index, type or number is wrong.
    """

    def __init__(self, filename: Any, key_dtype: Any, key_index: int, value_dtype: Any, value_index: int,
                 vocab_size: int | None = None, delimiter: str = "\t", name: str | None = None) -> None:
        if not isinstance(filename, Tensor) and not filename:
            raise ValueError(f"Filename required for {name}.")
        super().__init__(key_dtype, value_dtype)
        for word, index, kind in (("key", key_index, self.key_dtype), ("value", value_index, self.value_dtype)):
            if index < TextFileIndex.WHOLE_LINE:
                raise ValueError(f"Invalid {word} index {index}.")
            wanted = {TextFileIndex.WHOLE_LINE: dtypes.string, TextFileIndex.LINE_NUMBER: dtypes.int64}.get(index)
            if wanted is not None and kind != wanted:
                raise ValueError(f"Signature mismatch. {word.title()}s must be dtype {wanted!r}, got {kind!r}.")
        if vocab_size is not None and vocab_size <= 0:
            raise ValueError(f"Invalid vocab_size {vocab_size}.")
        self._filename, self._name = filename, name
        self._options = {"key_index": int(key_index), "value_index": int(value_index), "delimiter": delimiter,
                         "vocab_size": -1 if vocab_size is None else vocab_size}

    def initialize(self, table: Any) -> Operation:
        """The operation that fills `table`, which is also one of the graph's table initializers."""
        table._check_table_dtypes(self.key_dtype, self.value_dtype)
        with scopes.op_scope([table.table_ref], self._name, "text_file_init") as scope:
            file = convert_to_tensor(self._filename, dtypes.string, name="asset_filepath")
            made = lookup_operations.initialize_table_from_text_file(table.table_ref, file, name=scope, **self._options)
        scopes.add_to_collection(scopes.GraphKeys.TABLE_INITIALIZERS, made)
        if file.op.type == "Const":
            scopes.add_to_collection(_ASSET_FILEPATHS, file)
        return made


_ASSET_FILEPATHS = "asset_filepaths"


class TextFileStringTableInitializer(TextFileInitializer):
    """Fills a table from the numbers of a file's lines to the lines, or to one of their columns."""

    def __init__(self, filename: Any, key_column_index: int = TextFileIndex.LINE_NUMBER,
                 value_column_index: int = TextFileIndex.WHOLE_LINE, vocab_size: int | None = None,
                 delimiter: str = "\t", name: str | None = "text_file_string_table_init") -> None:
        super().__init__(filename, dtypes.int64, key_column_index, dtypes.string, value_column_index, vocab_size,
                         delimiter, name)


class TextFileIdTableInitializer(TextFileInitializer):
    """Fills a table from a file's lines, or one of their columns, to the numbers of the lines."""

    def __init__(self, filename: Any, key_column_index: int = TextFileIndex.WHOLE_LINE,
                 value_column_index: int = TextFileIndex.LINE_NUMBER, vocab_size: int | None = None,
                 delimiter: str = "\t", name: str | None = "text_file_id_table_init") -> None:
        super().__init__(filename, dtypes.string, key_column_index, dtypes.int64, value_column_index, vocab_size,
                         delimiter, name)


def string_to_index(tensor: Any, mapping: Any, default_value: Any = -1, name: str | None = None) -> Any:
    """The place of each string in `mapping`, a vector of different strings.

    >>> indices = tf.contrib.lookup.string_to_index(tf.constant(["b", "?"]), mapping=tf.constant(["a", "b"]))
    >>> tf.initialize_all_tables().run()
    >>> indices.eval()
    array([1, -1])
    """
    with scopes.op_scope([tensor], name, "string_to_index") as scope:
        keys, places = _numbered(mapping)
        return _table(keys, places, default_value).lookup(tensor, name=scope)


def index_to_string(tensor: Any, mapping: Any, default_value: Any = "UNK", name: str | None = None) -> Any:
    """The string of `mapping` at each index, int64.

    >>> strings = tf.contrib.lookup.index_to_string(tf.constant([1, 9], tf.int64), mapping=tf.constant(["a", "b"]))
    >>> tf.initialize_all_tables().run()
    >>> strings.eval()
    array([b'b', b'UNK'], dtype=object)
    """
    with scopes.op_scope([tensor], name, "index_to_string") as scope:
        values, places = _numbered(mapping)
        return _table(places, values, default_value).lookup(tensor, name=scope)


def _numbered(mapping: Any) -> tuple[Tensor, Tensor]:
    strings = convert_to_tensor(mapping, dtypes.string)
    return strings, casting.cast(constants.range(array.size(strings)), dtypes.int64)


def _table(keys: Tensor, values: Tensor, default_value: Any) -> HashTable:
    initializer = KeyValueTensorInitializer(keys, values, keys.dtype, values.dtype, name="table_init")
    return HashTable(initializer, default_value, name="hash_table")
