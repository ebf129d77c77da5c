"""`tf.contrib.ffmpeg`: audio files."""

from tracer.contrib.ffmpeg.ffmpeg_ops import decode_audio as decode_audio
from tracer.contrib.ffmpeg.ffmpeg_ops import encode_audio as encode_audio
