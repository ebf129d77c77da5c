"""`tf.contrib.learn.preprocessing`: words, bytes and categories as numbers."""

from tracer.contrib.learn.io.data_feeder import setup_processor_data_feeder as setup_processor_data_feeder
from tracer.contrib.learn.preprocessing.categorical import CategoricalProcessor as CategoricalProcessor
from tracer.contrib.learn.preprocessing.categorical_vocabulary import CategoricalVocabulary as CategoricalVocabulary
from tracer.contrib.learn.preprocessing.text import TOKENIZER_RE as TOKENIZER_RE
from tracer.contrib.learn.preprocessing.text import ByteProcessor as ByteProcessor
from tracer.contrib.learn.preprocessing.text import VocabularyProcessor as VocabularyProcessor
from tracer.contrib.learn.preprocessing.text import tokenizer as tokenizer
