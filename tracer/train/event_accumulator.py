"""`tensorflow.python.summary.event_accumulator`: what an event file or a folder of them holds, by tag.

TensorBoard's own accumulator reads the files; here its events are named tuples again, as programs unpack them.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from tensorboard.backend.event_processing import event_accumulator as kept
from tensorboard.plugins.distribution import compressor

from tracer import protos

IMAGES, AUDIO, SCALARS, HISTOGRAMS = kept.IMAGES, kept.AUDIO, kept.SCALARS, kept.HISTOGRAMS
COMPRESSED_HISTOGRAMS, GRAPH, RUN_METADATA = "compressedHistograms", kept.GRAPH, kept.RUN_METADATA
_OURS = (IMAGES, AUDIO, HISTOGRAMS, SCALARS, COMPRESSED_HISTOGRAMS, GRAPH, RUN_METADATA)
_KEPT = {ours: ours for ours in _OURS} | {COMPRESSED_HISTOGRAMS: kept.COMPRESSED_HISTOGRAMS}  # renamed since
DEFAULT_SIZE_GUIDANCE = {ours: kept.DEFAULT_SIZE_GUIDANCE[name] for ours, name in _KEPT.items()
                         if name in kept.DEFAULT_SIZE_GUIDANCE}
STORE_EVERYTHING_SIZE_GUIDANCE = dict.fromkeys(DEFAULT_SIZE_GUIDANCE, 0)
NORMAL_HISTOGRAM_BPS = kept.NORMAL_HISTOGRAM_BPS
IsTensorFlowEventsFile = kept.io_wrapper.IsSummaryEventsFile

ScalarEvent = namedtuple("ScalarEvent", ["wall_time", "step", "value"])
HistogramEvent = namedtuple("HistogramEvent", ["wall_time", "step", "histogram_value"])
HistogramValue = namedtuple("HistogramValue", ["min", "max", "num", "sum", "sum_squares", "bucket_limit", "bucket"])
CompressedHistogramEvent = namedtuple("CompressedHistogramEvent",
                                      ["wall_time", "step", "compressed_histogram_values"])
CompressedHistogramValue = namedtuple("CompressedHistogramValue", ["basis_point", "value"])
ImageEvent = namedtuple("ImageEvent", ["wall_time", "step", "encoded_image_string", "width", "height"])
AudioEvent = namedtuple("AudioEvent", ["wall_time", "step", "encoded_audio_string", "content_type", "sample_rate",
                                       "length_frames"])


def _GeneratorFromPath(path: Any) -> Any:
    return kept._GeneratorFromPath(path)


def _live(events: Any, tag: str) -> list[Any]:
    """The list of the events of a tag, which grows with `Reload`. KeyError when there is no such tag."""
    events.Items(tag)
    return events._buckets[tag].items


class EventAccumulator(kept.EventAccumulator):
    """The events of a file, or of all files of a folder.

    >>> accumulator = event_accumulator.EventAccumulator("/tmp/run")
    >>> accumulator.Reload()
    >>> times, steps, losses = zip(*accumulator.Scalars("loss"))

    Args:
        path: the file or folder.
        size_guidance: how many events of a kind are kept for a tag; 0 is all.
        compression_bps: the basis points of compressed histograms.
        purge_orphaned_data: whether what a restart of the program has made again is left out.
    """

    def __init__(self, path: Any, size_guidance: Any = None, compression_bps: Any = NORMAL_HISTOGRAM_BPS,
                 purge_orphaned_data: bool = True) -> None:
        sizes = {_KEPT.get(kind, kind): size for kind, size in (size_guidance or {}).items()}
        super().__init__(path if isinstance(path, str) else "-", sizes, compression_bps, purge_orphaned_data)
        self.path = path
        self._generator = _GeneratorFromPath(path)
        self._activated = False

    def Reload(self) -> EventAccumulator:
        """Reads what has been written since the last time; everything, the first time."""
        self._activated = True
        super().Reload()
        return self

    def _check(self) -> None:
        if not self._activated:
            raise RuntimeError("Accumulator must be activated before it may be used.")

    def Tags(self) -> dict[str, Any]:
        """The tags of each kind; for the graph, whether there is one."""
        self._check()
        found = super().Tags()
        return {kind: found[name] for kind, name in _KEPT.items()}

    def Scalars(self, tag: str) -> list[Any]:
        """The `ScalarEvent`s of a tag. KeyError when there is no such tag."""
        self._check()
        return _live(self.scalars, tag)

    def Histograms(self, tag: str) -> list[Any]:
        """The `HistogramEvent`s of a tag. KeyError when there is no such tag."""
        self._check()
        return _live(self.histograms, tag)

    def CompressedHistograms(self, tag: str) -> list[Any]:
        """The `CompressedHistogramEvent`s of a tag. KeyError when there is no such tag."""
        self._check()
        return _live(self.compressed_histograms, tag)

    def Images(self, tag: str) -> list[Any]:
        """The `ImageEvent`s of a tag. KeyError when there is no such tag."""
        self._check()
        return _live(self.images, tag)

    def Audio(self, tag: str) -> list[Any]:
        """The `AudioEvent`s of a tag. KeyError when there is no such tag."""
        self._check()
        return _live(self.audios, tag)

    def Graph(self) -> Any:
        """The graph, a GraphDef message. ValueError when there is none."""
        self._check()
        return protos.GraphDef.FromString(super().Graph().SerializeToString())

    def RunMetadata(self, tag: str) -> Any:
        """The RunMetadata message of a tag. ValueError when there is none."""
        self._check()
        return protos.RunMetadata.FromString(super().RunMetadata(tag).SerializeToString())

    def _ProcessScalar(self, tag: str, wall_time: float, step: int, scalar: float) -> None:
        self.scalars.AddItem(tag, ScalarEvent(wall_time, step, scalar))

    def _ProcessHistogram(self, tag: str, wall_time: float, step: int, histo: Any) -> None:
        value = HistogramValue(histo.min, histo.max, histo.num, histo.sum, histo.sum_squares,
                               list(histo.bucket_limit), list(histo.bucket))
        event = HistogramEvent(wall_time, step, value)
        self.histograms.AddItem(tag, event)
        self.compressed_histograms.AddItem(tag, event, self._CompressHistogram)

    def _CompressHistogram(self, histo_ev: Any) -> Any:
        points = compressor.compress_histogram_proto(histo_ev.histogram_value, self._compression_bps)
        return CompressedHistogramEvent(histo_ev.wall_time, histo_ev.step,
                                        [CompressedHistogramValue(*point) for point in points])

    def _ProcessImage(self, tag: str, wall_time: float, step: int, image: Any) -> None:
        self.images.AddItem(tag, ImageEvent(wall_time, step, image.encoded_image_string, image.width, image.height))

    def _ProcessAudio(self, tag: str, wall_time: float, step: int, audio: Any) -> None:
        self.audios.AddItem(tag, AudioEvent(wall_time, step, audio.encoded_audio_string, audio.content_type,
                                            audio.sample_rate, audio.length_frames))
