#!/usr/bin/env python3
"""Turns documents into token shards: `encode.py --out TOKENS DOCUMENTS.xz…`.

Where `--vocabulary` does not exist yet, it is learned first, from a sample of the documents. One document in
`--hold-out` is kept apart in `held_out/`, chosen by its text, so that copies of it are kept apart too.
"""
from __future__ import annotations

import argparse
import collections
import multiprocessing
import pathlib
import time
import zlib

from text import bpe, documents, pretokenizer, shards
from text.bpe import Vocabulary

_DEFAULT_VOCABULARY = pathlib.Path(__file__).parent / "vocabulary.txt"

_worker: dict = {}


def sampled_words(files: list[pathlib.Path], documents_of_file: int) -> collections.Counter[str]:
    """Words of documents spread evenly over each file."""
    words: collections.Counter[str] = collections.Counter()
    for file in files:
        every = max(1, sum(1 for _ in documents.read(file)) // documents_of_file)
        for i, document in enumerate(documents.read(file)):
            if i % every == 0:
                for text, _ in documents.parts(document):
                    if text not in bpe.SPECIAL_TOKENS:
                        words.update(pretokenizer.split(text.replace(bpe.EOS, "").replace(bpe.USER, "")))
    return words


def learn_vocabulary(files: list[pathlib.Path], sample: int, size: int) -> Vocabulary:
    merges = bpe.learn_merges(sampled_words(files, sample), size - 256 - len(bpe.SPECIAL_TOKENS))
    vocabulary = Vocabulary(merges)
    if vocabulary.size != size:
        raise SystemExit(f"The documents have only words for {vocabulary.size} tokens: give more of them.")
    return vocabulary


def _start_worker(vocabulary: Vocabulary, options: argparse.Namespace) -> None:
    _worker.update(vocabulary=vocabulary, options=options)


def encode_file(file: pathlib.Path) -> None:
    """Writes a part of each group's shard, which `shards.join` puts together."""
    options: argparse.Namespace = _worker["options"]
    writers: dict[tuple[str, str], shards.ShardWriter] = {}
    for document in documents.read(file):
        held_out = zlib.crc32(documents.render(document).encode()) % options.hold_out == 0
        key = ("held_out" if held_out else "train", document["group"])
        if key not in writers:
            writers[key] = shards.ShardWriter(options.out / key[0], f"{key[1]}{shards.PART}{file.stem}")
        writers[key].add(shards.encode(_worker["vocabulary"], document, options.longest))
    for writer in writers.values():
        writer.close()


def encode_all(options: argparse.Namespace, vocabulary: Vocabulary) -> dict[str, int]:
    """Returns the tokens of each group."""
    # The largest first, so that no process is left with one at the end.
    files = sorted(options.documents, key=lambda file: -file.stat().st_size)
    with multiprocessing.get_context("fork").Pool(options.processes, _start_worker, (vocabulary, options)) as pool:
        for _ in pool.imap_unordered(encode_file, files):
            pass
    return {
        f"{part}/{group}": tokens
        for part in ("train", "held_out")
        for group, tokens in shards.join(options.out / part).items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", nargs="+", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--vocabulary", type=pathlib.Path, default=_DEFAULT_VOCABULARY)
    parser.add_argument("--vocabulary-size", type=int, default=8192)
    parser.add_argument("--sample", type=int, default=20000, help="documents of each file to learn a vocabulary from")
    parser.add_argument("--longest", type=int, default=4097, help="tokens of a piece")
    parser.add_argument("--hold-out", type=int, default=500)
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    options = parser.parse_args()
    started = time.monotonic()
    if not options.vocabulary.exists():
        learn_vocabulary(options.documents, options.sample, options.vocabulary_size).write(options.vocabulary)
        print(f"Learned {options.vocabulary} in {time.monotonic() - started:.0f} s")
    tokens = encode_all(options, Vocabulary.read(options.vocabulary))
    print(", ".join(f"{group}: {count / 1e6:.2f}M tokens" for group, count in tokens.items()))
    print(f"{sum(tokens.values()) / 1e6:.1f}M tokens in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
