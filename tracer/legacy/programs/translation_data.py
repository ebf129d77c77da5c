"""`tensorflow.models.rnn.translate.data_utils`: vocabularies, sentences as numbers, and the WMT data.

Words are text in programs of Python 2 and 3 alike; where a program of Python 3 hands in bytes, they are decoded.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tracer import gfile

_PAD, _GO, _EOS, _UNK = "_PAD", "_GO", "_EOS", "_UNK"
_START_VOCAB = [_PAD, _GO, _EOS, _UNK]
PAD_ID, GO_ID, EOS_ID, UNK_ID = range(4)

_WORD_SPLIT = re.compile(r"([.,!?\"':;)(])")
_DIGIT_RE = re.compile(r"\d")
_WMT_ENFR_TRAIN_URL = "http://www.statmt.org/wmt10/training-giga-fren.tar"
_WMT_ENFR_DEV_URL = "http://www.statmt.org/wmt15/dev-v2.tgz"
_LINES_BETWEEN_REPORTS = 100000


def maybe_download(directory: str, filename: str, url: str) -> str:
    """The path of a file in the folder, fetched from `url` when it is not there."""
    import urllib.request

    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, filename)
    if not os.path.exists(path):
        print(f"Downloading {url} to {path}")
        urllib.request.urlretrieve(url, path)
        print("Successfully downloaded", filename, os.path.getsize(path), "bytes")
    return path


def gunzip_file(gz_path: str, new_path: str) -> None:
    """Unpacks a file to another."""
    print(f"Unpacking {gz_path} to {new_path}")
    with gzip.open(gz_path, "rb") as packed, open(new_path, "wb") as unpacked:
        shutil.copyfileobj(packed, unpacked)


def get_wmt_enfr_train_set(directory: str) -> str:
    """The path of the French-English training sentences, without the endings `.fr` and `.en`."""
    train_path = os.path.join(directory, "giga-fren.release2")
    endings = (".fr", ".en")
    if not all(os.path.exists(train_path + ending) for ending in endings):
        archive = maybe_download(directory, "training-giga-fren.tar", _WMT_ENFR_TRAIN_URL)
        print(f"Extracting tar file {archive}")
        with tarfile.open(archive) as tar:
            tar.extractall(directory, filter="data")
        for ending in endings:
            gunzip_file(f"{train_path}{ending}.gz", train_path + ending)
    return train_path


def get_wmt_enfr_dev_set(directory: str) -> str:
    """The same of the sentences that are not trained with."""
    dev_name = "newstest2013"
    dev_path = os.path.join(directory, dev_name)
    if not all(os.path.exists(dev_path + ending) for ending in (".fr", ".en")):
        archive = maybe_download(directory, "dev-v2.tgz", _WMT_ENFR_DEV_URL)
        print(f"Extracting tgz file {archive}")
        with tarfile.open(archive) as tar:
            for ending in (".fr", ".en"):
                member = tar.getmember(f"dev/{dev_name}{ending}")
                member.name = dev_name + ending
                tar.extract(member, directory, filter="data")
    return dev_path


def basic_tokenizer(sentence: Any) -> list[str]:
    """The words of a sentence; each mark of punctuation is one."""
    return [word for part in _text(sentence).split() for word in _WORD_SPLIT.split(part) if word]


def create_vocabulary(
    vocabulary_path: str, data_path: str, max_vocabulary_size: int, tokenizer: Callable | None = None,
    normalize_digits: bool = True,
) -> None:
    """Writes the most frequent words of a file of sentences, one a line, when there is no such vocabulary yet.

    The symbols for padding, start, end and unknown words come first; each digit counts as 0 by `normalize_digits`.
    """
    if gfile.Exists(vocabulary_path):
        return
    print(f"Creating vocabulary {vocabulary_path} from data {data_path}")
    counts: Counter[str] = Counter()
    for line in _reported(data_path, "processing"):
        counts.update(_words(line, tokenizer, normalize_digits))
    words = (_START_VOCAB + sorted(counts, key=counts.__getitem__, reverse=True))[:max_vocabulary_size]
    with gfile.GFile(vocabulary_path, "w") as file:
        file.write("".join(word + "\n" for word in words))


def initialize_vocabulary(vocabulary_path: str) -> tuple[dict[str, int], list[str]]:
    """The words' numbers, and the words in their order.

    Raises ValueError when there is no such file.
    """
    if not gfile.Exists(vocabulary_path):
        raise ValueError("Vocabulary file %s not found.", vocabulary_path)
    with gfile.GFile(vocabulary_path, "r") as file:
        words = [line.strip() for line in file]
    return {word: number for number, word in enumerate(words)}, words


def sentence_to_token_ids(
    sentence: Any, vocabulary: Mapping[Any, int], tokenizer: Callable | None = None, normalize_digits: bool = True
) -> list[int]:
    """The numbers of a sentence's words; UNK_ID for words that the vocabulary lacks."""
    return [vocabulary.get(word, UNK_ID) for word in _words(sentence, tokenizer, normalize_digits)]


def data_to_token_ids(
    data_path: str, target_path: str, vocabulary_path: str, tokenizer: Callable | None = None,
    normalize_digits: bool = True,
) -> None:
    """Writes a file of sentences as numbers, line for line, when it is not written yet."""
    if gfile.Exists(target_path):
        return
    print(f"Tokenizing data in {data_path}")
    vocabulary, _ = initialize_vocabulary(vocabulary_path)
    with gfile.GFile(target_path, "w") as target:
        for line in _reported(data_path, "tokenizing"):
            numbers = sentence_to_token_ids(line, vocabulary, tokenizer, normalize_digits)
            target.write(" ".join(map(str, numbers)) + "\n")


def prepare_wmt_data(
    data_dir: str, en_vocabulary_size: int, fr_vocabulary_size: int, tokenizer: Callable | None = None
) -> tuple[str, str, str, str, str, str]:
    """Fetches the WMT data and writes vocabularies and numbers.

    Returns the paths of the numbers of English and French training sentences, of those not trained with, and of the
    vocabularies.
    """
    train_path, dev_path = get_wmt_enfr_train_set(data_dir), get_wmt_enfr_dev_set(data_dir)
    vocabularies, numbered = {}, {}
    for language, size in (("fr", fr_vocabulary_size), ("en", en_vocabulary_size)):
        vocabularies[language] = os.path.join(data_dir, f"vocab{size}.{language}")
        create_vocabulary(vocabularies[language], f"{train_path}.{language}", size, tokenizer)
    for path in (train_path, dev_path):
        for language, size in (("fr", fr_vocabulary_size), ("en", en_vocabulary_size)):
            numbered[path, language] = f"{path}.ids{size}.{language}"
            data_to_token_ids(f"{path}.{language}", numbered[path, language], vocabularies[language], tokenizer)
    return (numbered[train_path, "en"], numbered[train_path, "fr"], numbered[dev_path, "en"],
            numbered[dev_path, "fr"], vocabularies["en"], vocabularies["fr"])  # fmt: skip


def _text(value: Any) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _words(sentence: Any, tokenizer: Callable | None, normalize_digits: bool) -> Iterator[str]:
    for word in map(_text, (tokenizer or basic_tokenizer)(sentence)):
        yield _DIGIT_RE.sub("0", word) if normalize_digits else word


def _reported(path: str, doing: str) -> Iterator[str]:
    """The lines of a file, with a note of every so many."""
    with gfile.GFile(path, "r") as file:
        for number, line in enumerate(file, 1):
            if number % _LINES_BETWEEN_REPORTS == 0:
                print(f"  {doing} line {number}")
            yield line
