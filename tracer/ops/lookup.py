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
    if table_handle.op.type == "HashTable":
        shapes.rank(default_value.sizes, 0)
        return keys.sizes
    places = _places(table_handle, keys)
    return None if places is None or default_value.sizes is None else (*places, *default_value.sizes)


def _places(table_handle: Tensor, keys: Tensor) -> shapes.Sizes:
    """The shape of `keys` without what one key has; None where that is not known."""
    if keys.sizes is None or table_handle.op.type not in ("MutableHashTable", "MutableHashTableOfTensors",
                                                          "MutableDenseHashTable"):
        return None
    if table_handle.op.type != "MutableDenseHashTable":
        return keys.sizes
    key = table_handle.op.inputs[0].sizes
    return None if key is None else keys.sizes[:len(keys.sizes) - len(key)]


_TABLE = "container:string=''; shared_name:string=''; use_node_name_sharing:bool=False; "
_TYPES = "key_dtype:type; value_dtype:type"


@op("MutableHashTable", inputs="", outputs="table_handle:Ref(string)", attrs=_TABLE + _TYPES, flags="stateful")
def mutable_hash_table(key_dtype: Any, value_dtype: Any, container: str = "", shared_name: str = "",
                       use_node_name_sharing: bool = False, name: str | None = None) -> Any:
    """A table that keys and values are inserted into. From 0.11 on."""
    return ()


@op("MutableHashTableOfTensors", inputs="", outputs="table_handle:Ref(string)", flags="stateful",
    attrs=_TABLE + _TYPES + "; value_shape:shape=[]")
def mutable_hash_table_of_tensors(key_dtype: Any, value_dtype: Any, value_shape: Any = (), container: str = "",
                                  shared_name: str = "", use_node_name_sharing: bool = False,
                                  name: str | None = None) -> Any:
    """As `mutable_hash_table`, with vectors as values. From 0.11 on."""
    return ()


@op("MutableDenseHashTable", inputs="empty_key:key_dtype", outputs="table_handle:Ref(string)", flags="stateful",
    attrs=_TABLE + _TYPES + "; value_shape:shape=[]; initial_num_buckets:int=131072; max_load_factor:float=0.8")
def mutable_dense_hash_table(empty_key: Tensor, value_dtype: Any, value_shape: Any = (),
                             initial_num_buckets: int = 131072, max_load_factor: float = 0.8, container: str = "",
                             shared_name: str = "", use_node_name_sharing: bool = False, name: str | None = None) -> Any:
    """A table that keeps its pairs in buckets of one array; `empty_key` stands where there is none. From 0.12 on."""
    return ()


@op("LookupTableInsert", inputs="table_handle:Ref(string); keys:Tin; values:Tout", outputs="",
    attrs="Tin:type; Tout:type", flags="stateful")
def lookup_table_insert(table_handle: Tensor, keys: Tensor, values: Tensor, name: str | None = None) -> Any:
    """Gives keys their values, in place of those that they have."""
    return []


@op("LookupTableExport", inputs="table_handle:Ref(string)", outputs="keys:Tkeys; values:Tvalues",
    attrs="Tkeys:type; Tvalues:type", flags="stateful")
def lookup_table_export(table_handle: Tensor, Tkeys: Any, Tvalues: Any, name: str | None = None) -> Any:
    """All keys of a table, and their values."""
    return [None, None]


@op("LookupTableImport", inputs="table_handle:Ref(string); keys:Tin; values:Tout", outputs="",
    attrs="Tin:type; Tout:type", flags="stateful")
def lookup_table_import(table_handle: Tensor, keys: Tensor, values: Tensor, name: str | None = None) -> Any:
    """Replaces all that a table has by what was exported."""
    return []


@op("LookupTableSize")
def lookup_table_size(table_handle: Tensor, name: str | None = None) -> Any:
    """How many keys a table has."""
    return ()
