"""Audio files: WAV by the standard library, all else by the program `ffmpeg`, as TensorFlow does it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
import wave
from typing import Any

import numpy as np

from lowering.registry import lowers
from tracer import errors

_FULL = 1 << 15  # a sample of 1.0


@lowers("DecodeAudio", host=True)
def decode_audio(contents: Any, *, file_format: Any, samples_per_second: Any, channel_count: Any) -> Any:
    data = contents if isinstance(contents, bytes) else contents.item()
    if file_format == "wav":
        samples = _as_it_is(data, samples_per_second, channel_count)
        if samples is not None:
            return samples
    return _samples(_converted(data, file_format, samples_per_second, channel_count), channel_count)


def _as_it_is(data: bytes, samples_per_second: int, channel_count: int) -> np.ndarray | None:
    """The samples of a WAV file that has the wanted rate and channels; None for any other."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if (file.getsampwidth(), file.getframerate(), file.getnchannels()) != (2, samples_per_second, channel_count):
                return None
            return _samples(file.readframes(file.getnframes()), channel_count)
    except (wave.Error, EOFError):
        return None


def _samples(frames: bytes, channel_count: int) -> np.ndarray:
    whole = len(frames) // (2 * channel_count) * 2 * channel_count
    return (np.frombuffer(frames[:whole], "<i2").astype(np.float32) / _FULL).reshape(-1, channel_count)


def _converted(data: bytes, file_format: str, samples_per_second: int, channel_count: int) -> bytes:
    """The 16-bit samples that ffmpeg makes of a file."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise errors.NotFoundError(
            None, None, "FFmpeg must be installed to run this op. FFmpeg can be found at http://www.ffmpeg.org.")
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
        with open(source, "wb") as file:
            file.write(data)
        command = [program, "-nostdin", "-loglevel", "error", "-f", file_format, "-i", source, "-f", "s16le",
                   "-ac", str(channel_count), "-ar", str(samples_per_second), target]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode or not os.path.exists(target):
            raise ValueError(f"FFmpeg cannot read this {file_format} file: "
                             f"{done.stderr.decode(errors='replace').strip()[:500]}")
        with open(target, "rb") as file:
            return file.read()


@lowers("EncodeAudio", host=True)
def encode_audio(sampled_audio: Any, *, samples_per_second: Any) -> Any:
    numbers = np.clip(np.rint(np.asarray(sampled_audio, np.float64) * _FULL), -_FULL, _FULL - 1)
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(sampled_audio.shape[1])
        file.setsampwidth(2)
        file.setframerate(samples_per_second)
        file.writeframes(numbers.astype("<i2").tobytes())
    return stream.getvalue()
