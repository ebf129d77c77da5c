"""Tables from keys to values, which live in the session: operations. `tf.contrib.lookup` has the classes."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor


@op("HashTable")
def hash_table(key_dtype: Any, value_dtype: Any, container: str = "", shared_name: str = "",
               name: str | None = None) -> Any:
    """A table that is filled once, by an `InitializeTable`."""
    return (2,)


@op("InitializeTable")
def initialize_table(table_handle: Tensor, keys: Tensor, values: Tensor, name: str | None = None) -> Any:
    """Fills a table with the pairs of two vectors."""
    shapes.same(*shapes.rank(keys.sizes, 1), *shapes.rank(values.sizes, 1))
    return []


@op("InitializeTableFromTextFile", inputs="table_handle:Ref(string); filename:string", outputs="",
    attrs="key_index:int; value_index:int; vocab_size:int=-1; delimiter:string")
def initialize_table_from_text_file(table_handle: Tensor, filename: Tensor, key_index: int, value_index: int,
                                    vocab_size: int = -1, delimiter: str = "\t", name: str | None = None) -> Any:
    """Fills a table with columns of a file, or with its lines (-2) and their numbers (-1). From 0.9 on."""
    shapes.rank(filename.sizes, 0)
    return []


@op("LookupTableFind")
def lookup_table_find(table_handle: Tensor, keys: Tensor, default_value: Tensor, name: str | None = None) -> Any:
    """The value of each key, `default_value` for those that the table does not have."""
    shapes.rank(default_value.sizes, 0)
    return keys.sizes


@op("LookupTableSize")
def lookup_table_size(table_handle: Tensor, name: str | None = None) -> Any:
    """How many keys a table has."""
    return ()
