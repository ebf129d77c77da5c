"""`tf.contrib.ctc`: the losses and decoders that `tf.nn` has from 0.9 on."""

from tracer.ops.ctc import ctc_beam_search_decoder as ctc_beam_search_decoder
from tracer.ops.ctc import ctc_greedy_decoder as ctc_greedy_decoder
from tracer.ops.ctc import ctc_loss as ctc_loss

__all__ = ["ctc_beam_search_decoder", "ctc_greedy_decoder", "ctc_loss"]
