"""Documents as rows of numbers: of words, or of bytes."""

from __future__ import annotations

import collections
import copyreg
import io
import itertools
import pickle
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

import numpy as np

from tracer import gfile
from tracer.contrib.learn.preprocessing.categorical_vocabulary import CategoricalVocabulary

TOKENIZER_RE = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z][a-z]+(?=[A-Z])|[\'\w\-]+", re.UNICODE)


def tokenizer(iterator: Iterable[str]) -> Iterator[list[str]]:
    """The words of each document.

    >>> list(learn.preprocessing.tokenizer(["a, b - c"]))
    [['a', 'b', '-', 'c']]
    """
    for value in iterator:
        yield TOKENIZER_RE.findall(value.decode("utf-8") if isinstance(value, bytes) else value)


class ByteProcessor:
    """Each document as its first bytes, zeros filling it up.

    >>> list(learn.preprocessing.ByteProcessor(4).transform(["abc"]))
    [array([97, 98, 99,  0], dtype=uint8)]
    """

    def __init__(self, max_document_length: int) -> None:
        self.max_document_length = max_document_length

    def fit(self, X: Iterable[Any]) -> ByteProcessor:
        """Does nothing: bytes are known."""
        return self

    def fit_transform(self, X: Iterable[Any]) -> Iterator[np.ndarray]:
        """The same as `transform`."""
        return self.transform(X)

    def reverse(self, X: Iterable[Any]) -> Iterator[str]:
        """The documents that such rows stand for; what is no UTF-8 is an empty one."""
        for row in X:
            document = bytes(np.trim_zeros(np.asarray(row, np.uint8)).tolist())
            try:
                yield document.decode("utf-8")
            except UnicodeDecodeError:
                yield ""

    def transform(self, X: Iterable[Any]) -> Iterator[np.ndarray]:
        """The rows of documents, texts (as UTF-8) or bytes."""
        for document in X:
            data = document.encode("utf-8") if isinstance(document, str) else bytes(document)
            row = np.frombuffer(data[:self.max_document_length], np.uint8)
            yield np.pad(row, (0, self.max_document_length - len(row)))


class VocabularyProcessor:
    """Each document as the numbers of its first words, zeros filling it up.

    >>> processor = learn.preprocessing.VocabularyProcessor(4)
    >>> list(processor.fit_transform(["to be or", "not to be"]))
    [array([1, 2, 3, 0]), array([4, 1, 2, 0])]

    Args:
        max_document_length: how many words of a document count.
        min_frequency: words must occur more often than this to be known.
        vocabulary: a `CategoricalVocabulary`, if there is one already.
        tokenizer_fn: gives the words of each of some documents; `tokenizer` by default.
    """

    def __init__(self, max_document_length: int, min_frequency: int = 0,
                 vocabulary: CategoricalVocabulary | None = None, tokenizer_fn: Callable | None = None) -> None:
        self.max_document_length = max_document_length
        self.min_frequency = min_frequency
        self.vocabulary_ = CategoricalVocabulary() if vocabulary is None else vocabulary
        self._tokenizer = tokenizer_fn or tokenizer

    def fit(self, raw_documents: Iterable[Any], unused_y: Any = None) -> VocabularyProcessor:
        """Numbers the words of the documents."""
        for words in self._tokenizer(raw_documents):
            for word in words:
                self.vocabulary_.add(word)
        if self.min_frequency > 0:
            self.vocabulary_.trim(self.min_frequency)
        self.vocabulary_.freeze()
        return self

    def fit_transform(self, raw_documents: Iterable[Any], unused_y: Any = None) -> Iterator[np.ndarray]:
        """`fit`, then `transform`, of the same documents."""
        self.fit(raw_documents)
        return self.transform(raw_documents)

    def transform(self, raw_documents: Iterable[Any]) -> Iterator[np.ndarray]:
        """The rows of documents; unknown words are 0."""
        for words in self._tokenizer(raw_documents):
            row = np.zeros(self.max_document_length, np.int64)
            for at, word in enumerate(itertools.islice(words, self.max_document_length)):
                row[at] = self.vocabulary_.get(word)
            yield row

    def reverse(self, documents: Iterable[Any]) -> Iterator[str]:
        """The words that such rows stand for."""
        for row in documents:
            yield " ".join(self.vocabulary_.reverse(number) for number in row)

    def save(self, filename: str) -> None:
        """Writes itself to a file."""
        with gfile.Open(filename, "wb") as file:
            file.write(pickle.dumps(self))

    @classmethod
    def restore(cls, filename: str) -> VocabularyProcessor:
        """What `save` wrote, here or in TensorFlow.

        Raises:
            UnpicklingError: the file names anything but vocabularies, this module's functions and plain containers. (A
                pickle can call what it names.) A processor with a tokenizer of the program's own is made anew, with
                `vocabulary=`.
        """
        with gfile.Open(filename, "rb") as file:
            return _Unpickler(io.BytesIO(file.read()), encoding="utf-8").load()  # strings of Python 2 were bytes


class _Unpickler(pickle.Unpickler):
    """Reads what a saved processor consists of, and nothing else."""

    _KNOWN: ClassVar[dict[str, Any]] = {
        "VocabularyProcessor": VocabularyProcessor, "CategoricalVocabulary": CategoricalVocabulary, "tokenizer": tokenizer,
        "Counter": collections.Counter, "defaultdict": collections.defaultdict, "object": object, "int": int,
        "_reconstructor": copyreg._reconstructor,  # type: ignore[attr-defined]
    }
    _MODULES = re.compile(r"(tensorflow|tracer|skflow)\..*|collections|builtins|__builtin__|copy_reg|copyreg")

    def find_class(self, module: str, name: str) -> Any:
        """Only what is known."""
        if not self._MODULES.fullmatch(module) or name not in self._KNOWN:
            raise pickle.UnpicklingError(f"a saved VocabularyProcessor may not name {module}.{name}")
        return self._KNOWN[name]
