"""Files as operations: reading whole files, saving and restoring tensors, and readers of records."""

from __future__ import annotations

from typing import Any

from tracer import opdef, shapes
from tracer.declare import op
from tracer.ir import Operation, Tensor
from tracer.python_io import TFRecordOptions

# TensorFlow 0.12 saves with these; graphs exported by it name them, and so does a Saver that writes its format.
for _row in (
    "SaveV2\tprefix:string; tensor_names:string; shape_and_slices:string; tensors:list(dtypes)\t\t"
    "dtypes:list(type)>=1\t",
    "RestoreV2\tprefix:string; tensor_names:string; shape_and_slices:string\ttensors:list(dtypes)\t"
    "dtypes:list(type)>=1\t",
    "MergeV2Checkpoints\tcheckpoint_prefixes:string; destination_prefix:string\t\tdelete_old_dirs:bool=True\t",
):
    opdef.register(opdef.parse(_row))


@op("ReadFile")
def read_file(filename: Tensor, name: str | None = None) -> Any:
    """The contents of the file called `filename`.

    >>> tf.read_file("picture.jpg").eval()
    """
    return ()


@op("MatchingFiles")
def matching_files(pattern: Tensor, name: str | None = None) -> Any:
    """The names of the files that match `pattern`; only its last part may hold wildcards.

    >>> tf.matching_files("/data/train-?????-of-00010").eval()
    """
    return (None,)


@op("ShardedFilename")
def _sharded_filename(basename: Tensor, shard: Tensor, num_shards: Tensor, name: str | None = None) -> Any:
    return ()


@op("ShardedFilespec")
def _sharded_filespec(basename: Tensor, num_shards: Tensor, name: str | None = None) -> Any:
    return ()


@op("Save")
def _save_tensors(filename: Tensor, tensor_names: Tensor, data: Any, name: str | None = None) -> Any:
    return []


@op("SaveSlices")
def _save_slices(filename: Tensor, tensor_names: Tensor, shapes_and_slices: Tensor, data: Any,
                 name: str | None = None) -> Any:
    return []


def _save(filename: Any, tensor_names: Any, tensors: Any, tensor_slices: Any = None, name: str = "save") -> Operation:
    """Writes tensors (or, where there are `tensor_slices`, parts of tensors) to a checkpoint file."""
    if tensor_slices is None:
        return _save_tensors(filename, tensor_names, tensors, name=name)
    return _save_slices(filename, tensor_names, tensor_slices, tensors, name=name)


@op("Restore")
def _restore_tensor(file_pattern: Tensor, tensor_name: Tensor, dt: Any, preferred_shard: int = -1,
                    name: str | None = None) -> Any:
    return None


@op("RestoreSlice")
def _restore_part(file_pattern: Tensor, tensor_name: Tensor, shape_and_slice: Tensor, dt: Any,
                  preferred_shard: int = -1, name: str | None = None) -> Any:
    return None


def _restore_slice(file_pattern: Any, tensor_name: Any, shape_and_slice: Any, tensor_type: Any,
                   name: str = "restore_slice", preferred_shard: int = -1) -> Tensor:
    """A tensor, or a part of one, from a checkpoint."""
    return _restore_part(file_pattern, tensor_name, shape_and_slice, tensor_type, preferred_shard, name=name)


@op("SaveV2")
def save_v2(prefix: Tensor, tensor_names: Tensor, shape_and_slices: Tensor, tensors: Any,
            name: str | None = None) -> Any:
    """Writes tensors, or parts of tensors, to a checkpoint of an index and data files (the format of 0.12)."""
    return []


@op("RestoreV2")
def restore_v2(prefix: Tensor, tensor_names: Tensor, shape_and_slices: Tensor, dtypes: Any,
               name: str | None = None) -> Any:
    """Tensors, or parts of tensors, from a checkpoint."""
    return [None] * len(dtypes)


@op("MergeV2Checkpoints")
def merge_v2_checkpoints(checkpoint_prefixes: Tensor, destination_prefix: Tensor, delete_old_dirs: bool = True,
                         name: str | None = None) -> Any:
    """Makes one checkpoint of several, whose data files become its shards."""
    return []


# -- readers


@op("ReaderRead")
def _reader_read(reader_handle: Tensor, queue_handle: Tensor, name: str | None = None) -> Any:
    return [(), ()]


@op("ReaderReadUpTo", inputs="reader_handle:Ref(string); queue_handle:Ref(string); num_records:int64",
    outputs="keys:string; values:string", flags="stateful")
def _reader_read_up_to(reader_handle: Tensor, queue_handle: Tensor, num_records: Tensor,
                       name: str | None = None) -> Any:
    return [(None,), (None,)]


@op("ReaderNumRecordsProduced")
def _reader_num_records_produced(reader_handle: Tensor, name: str | None = None) -> Any:
    return ()


@op("ReaderNumWorkUnitsCompleted")
def _reader_num_work_units_completed(reader_handle: Tensor, name: str | None = None) -> Any:
    return ()


@op("ReaderSerializeState")
def _reader_serialize_state(reader_handle: Tensor, name: str | None = None) -> Any:
    return ()


@op("ReaderRestoreState")
def _reader_restore_state(reader_handle: Tensor, state: Tensor, name: str | None = None) -> Any:
    shapes.rank(state.sizes, 0)
    return []


@op("ReaderReset")
def _reader_reset(reader_handle: Tensor, name: str | None = None) -> Any:
    return []


@op("TextLineReader")
def _text_line_reader(skip_header_lines: int = 0, container: str = "", shared_name: str = "",
                      name: str | None = None) -> Any:
    return ()


@op("WholeFileReader")
def _whole_file_reader(container: str = "", shared_name: str = "", name: str | None = None) -> Any:
    return ()


@op("FixedLengthRecordReader")
def _fixed_length_record_reader(record_bytes: int, header_bytes: int = 0, footer_bytes: int = 0, container: str = "",
                                shared_name: str = "", name: str | None = None) -> Any:
    return ()


@op("TFRecordReader")
def _tf_record_reader(container: str = "", shared_name: str = "", compression_type: str = "",
                      name: str | None = None) -> Any:
    return ()


@op("IdentityReader")
def _identity_reader(container: str = "", shared_name: str = "", name: str | None = None) -> Any:
    return ()


class ReaderBase:
    """What turns strings of work (mostly names of files) into records: a key and a value at a time.

    >>> key, value = tf.TextLineReader().read(tf.train.string_input_producer(["a.csv", "b.csv"]))
    """

    def __init__(self, reader_ref: Tensor, supports_serialize: bool = False) -> None:
        self._reader_ref = reader_ref
        self._supports_serialize = supports_serialize

    @property
    def reader_ref(self) -> Tensor:
        """The reference to the reader."""
        return self._reader_ref

    def read(self, queue: Any, name: str | None = None) -> Any:
        """The next record, as (key, value); takes a new work unit from `queue` when the last one is finished."""
        handle = queue if isinstance(queue, Tensor) else queue.queue_ref
        return _reader_read(self._reader_ref, handle, name=name)

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """The next records, as vectors of keys and of values: up to `num_records`, fewer at the end of a work unit.

        From 0.11 on.
        """
        handle = queue if isinstance(queue, Tensor) else queue.queue_ref
        return _reader_read_up_to(self._reader_ref, handle, num_records, name=name)

    def num_records_produced(self, name: str | None = None) -> Tensor:
        """How many records were read so far."""
        return _reader_num_records_produced(self._reader_ref, name=name)

    def num_work_units_completed(self, name: str | None = None) -> Tensor:
        """How many work units are finished."""
        return _reader_num_work_units_completed(self._reader_ref, name=name)

    def serialize_state(self, name: str | None = None) -> Tensor:
        """The state of the reader as a string. Not all readers can: they raise UnimplementedError."""
        return _reader_serialize_state(self._reader_ref, name=name)

    def restore_state(self, state: Any, name: str | None = None) -> Operation:
        """Goes back to a state that `serialize_state` gave."""
        return _reader_restore_state(self._reader_ref, state, name=name)

    @property
    def supports_serialize(self) -> bool:
        """Whether its state can be serialized."""
        return self._supports_serialize

    def reset(self, name: str | None = None) -> Operation:
        """Goes back to the beginning, as it was when it was made."""
        return _reader_reset(self._reader_ref, name=name)


class WholeFileReader(ReaderBase):
    """Its records are whole files: the name and the contents."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(_whole_file_reader(name=name), supports_serialize=True)


class TextLineReader(ReaderBase):
    """Its records are the lines of files, without their ends; the key is `file:number of the line`."""

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None) -> None:
        super().__init__(_text_line_reader(skip_header_lines=skip_header_lines or 0, name=name))


class FixedLengthRecordReader(ReaderBase):
    """Its records are all of the same length; a header and a footer of each file are left out."""

    def __init__(self, record_bytes: int, header_bytes: int | None = None, footer_bytes: int | None = None,
                 name: str | None = None) -> None:
        super().__init__(_fixed_length_record_reader(
            record_bytes=record_bytes, header_bytes=header_bytes or 0, footer_bytes=footer_bytes or 0, name=name))


class TFRecordReader(ReaderBase):
    """Its records are those of TFRecord files; the key is `file:offset`.

    `options`, a `tf.python_io.TFRecordOptions`, say from 0.11 on how the files are compressed.
    """

    def __init__(self, name: str | None = None, options: TFRecordOptions | None = None) -> None:
        compression = TFRecordOptions.get_compression_type_string(options)
        super().__init__(_tf_record_reader(name=name, compression_type=compression))


class IdentityReader(ReaderBase):
    """Its records are the work units themselves, as key and as value."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(_identity_reader(name=name), supports_serialize=True)
