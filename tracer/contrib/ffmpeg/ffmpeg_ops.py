"""Audio files as tensors, and tensors as audio files."""

from __future__ import annotations

from typing import Any

from tracer import opdef, shapes
from tracer.declare import op
from tracer.ir import Tensor

__all__ = ["decode_audio", "encode_audio"]

for _row in (
    "DecodeAudio\tcontents:string\tsampled_audio:float32\t"
    "file_format:string; samples_per_second:int; channel_count:int\t",
    "EncodeAudio\tsampled_audio:float32\tcontents:string\tfile_format:string; samples_per_second:int\t",
):
    opdef.register(opdef.parse(_row))


@op("DecodeAudio")
def _decode_audio(contents: Tensor, file_format: str, samples_per_second: int, channel_count: int,
                  name: str | None = None) -> Any:
    shapes.rank(contents.sizes, 0)
    return (None, channel_count)


@op("EncodeAudio")
def _encode_audio(sampled_audio: Tensor, file_format: str, samples_per_second: int, name: str | None = None) -> Any:
    shapes.rank(sampled_audio.sizes, 2)
    return ()


def decode_audio(contents: Any, file_format: str | None = None, samples_per_second: int | None = None,
                 channel_count: int | None = None) -> Tensor:
    """The samples of an audio file, between -1 and 1, of shape [samples, channels].

    A run calls the program `ffmpeg`, and fails with NotFoundError where it is not installed; it is not needed for WAV
    files that have the rate and channels already.

    Args:
        contents: the file, a scalar string.
        file_format: "mp3", "ogg" or "wav".
        samples_per_second: the rate of the result.
        channel_count: the number of its channels.
    """
    return _decode_audio(contents, _format(file_format, ("mp3", "ogg", "wav")),
                         _positive("samples_per_second", samples_per_second),
                         _positive("channel_count", channel_count))


def encode_audio(audio: Any, file_format: str | None = None, samples_per_second: int | None = None) -> Tensor:
    """An audio file that holds the samples `audio`, of shape [samples, channels], as 16-bit numbers.

    Args:
        audio: the samples, between -1 and 1.
        file_format: "wav".
        samples_per_second: their rate.
    """
    return _encode_audio(audio, _format(file_format, ("wav",)), _positive("samples_per_second", samples_per_second))


def _format(file_format: str | None, known: tuple[str, ...]) -> str:
    word = (file_format or "").lower()
    if word not in known:
        raise ValueError(f"file_format must be one of {', '.join(known)}, not {file_format!r}.")
    return word


def _positive(name: str, value: int | None) -> int:
    if value is None or value <= 0:
        raise ValueError(f"{name} must be > 0, not {value}.")
    return int(value)
