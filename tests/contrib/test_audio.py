"""`tf.contrib.ffmpeg`."""

import io
import stat
import sys
import wave

import numpy as np
import pytest

import tracer as tf
from tracer import errors
from tracer.contrib import ffmpeg

SAMPLES = np.float32([[0, 0.5], [-1, 0.25], [0.125, -0.5]])


def run(tensor):
    return tf.Session().run(tensor)


def test_what_is_encoded_is_a_wav_file():
    data = run(ffmpeg.encode_audio(SAMPLES, "wav", 8000))
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth(), file.getnframes()) == (2, 8000, 2, 3)
        frames = np.frombuffer(file.readframes(3), "<i2")
    np.testing.assert_array_equal(frames, (SAMPLES.reshape(-1) * 32768).astype(np.int16))


def test_there_and_back_again():
    data = ffmpeg.encode_audio(SAMPLES, file_format="wav", samples_per_second=8000)
    back = ffmpeg.decode_audio(data, file_format="wav", samples_per_second=8000, channel_count=2)
    assert back.get_shape().as_list() == [None, 2]
    np.testing.assert_array_equal(run(back), SAMPLES)


def test_what_is_too_loud_is_cut_off():
    data = ffmpeg.encode_audio([[2.0], [-2.0]], "wav", 10)
    np.testing.assert_array_equal(run(ffmpeg.decode_audio(data, "wav", 10, 1)), [[32767 / 32768], [-1]])


@pytest.fixture
def program(tmp_path, monkeypatch):
    """In the place of ffmpeg, a program that writes its arguments and the numbers 0 to 3; it fails for ogg files."""
    path = tmp_path / "ffmpeg"
    path.write_text(f"""#!{sys.executable}
import array, pathlib, sys
arguments = sys.argv[1:]
if "ogg" in arguments:
    sys.exit("this is no ogg file")
pathlib.Path({str(tmp_path / "arguments")!r}).write_text(" ".join(arguments[:-1]))
pathlib.Path(arguments[-1]).write_bytes(array.array("h", range(4)).tobytes())
""")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_other_files_go_through_ffmpeg(program):
    audio = run(ffmpeg.decode_audio(b"whatever", "mp3", 20000, 2))
    np.testing.assert_array_equal(audio * 32768, [[0, 1], [2, 3]])
    words = (program / "arguments").read_text()
    assert "-f mp3 -i" in words
    assert words.endswith("-f s16le -ac 2 -ar 20000")
    with pytest.raises(errors.InvalidArgumentError, match="cannot read this ogg file: this is no ogg file"):
        run(ffmpeg.decode_audio(b"whatever", "ogg", 20000, 2))


def test_ffmpeg_that_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(errors.NotFoundError, match="FFmpeg must be installed to run this op"):
        run(ffmpeg.decode_audio(b"whatever", "mp3", 20000, 2))


@pytest.mark.parametrize(("make", "message"), [
    (lambda: ffmpeg.decode_audio(b"", "flac", 1, 1), "file_format must be one of mp3, ogg, wav, not 'flac'"),
    (lambda: ffmpeg.encode_audio(SAMPLES, "mp3", 1), "file_format must be one of wav"),
    (lambda: ffmpeg.decode_audio(b"", "wav", 0, 1), "samples_per_second must be > 0"),
    (lambda: ffmpeg.decode_audio(b"", "wav", 1), "channel_count must be > 0, not None"),
])
def test_what_audio_refuses(make, message):
    with pytest.raises(ValueError, match=message):
        make()
