#!/usr/bin/env python3
"""Turns the corpus into documents: `prepare.py CORPUS --out FOLDER`.

What shares 13 words in a row with a text of evaluation is left out, and so are documents that are there already. The
documents are shuffled and written into several files, so that as many processes can encode them.
"""
from __future__ import annotations

import argparse
import collections
import hashlib
import json
import pathlib
import random
from typing import Iterator

from corpus import cleaning
from corpus.sources import SOURCES
from text import documents

_EVALUATION = pathlib.Path(__file__).parent / "evaluation"
_SHORTEST = 40  # characters


def evaluation_texts() -> Iterator[str]:
    """The held-out text in pieces, and the passages with their questions."""
    yield (_EVALUATION / "held_out.txt").read_text(encoding="utf-8")
    for passage in json.loads((_EVALUATION / "fairytales.json").read_text(encoding="utf-8"))["passages"]:
        yield passage["text"]


def cleaned(document: documents.Document) -> documents.Document:
    if "text" in document:
        return {**document, "text": cleaning.plain(document["text"])}
    messages = [{**m, "content": cleaning.plain(m["content"])} for m in document["messages"]]
    return {**document, "messages": messages}


def all_documents(corpus: pathlib.Path, left_out: collections.Counter) -> Iterator[documents.Document]:
    decontaminator = cleaning.Decontaminator(evaluation_texts())
    seen: set[bytes] = set()
    for name, sources in SOURCES.items():
        for source in sources:
            for document in source.read(corpus / name):
                document = cleaned({"source": name, "group": source.group, **document})
                text = document.get("text") or "\n".join(m["content"] for m in document["messages"])
                digest = hashlib.blake2b(text.lower().encode(), digest_size=8).digest()
                if len(text) < _SHORTEST and source.group == "prose" or not cleaning.is_plain(text):
                    left_out["not plain English"] += 1
                elif digest in seen:
                    left_out["there already"] += 1
                elif decontaminator.overlaps(text):
                    left_out["overlaps with evaluation"] += 1
                else:
                    seen.add(digest)
                    yield document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--files", type=int, default=16)
    options = parser.parse_args()
    left_out: collections.Counter = collections.Counter()
    chosen = list(all_documents(options.corpus, left_out))
    counts = collections.Counter((d["source"], d["group"]) for d in chosen)
    sizes: collections.Counter = collections.Counter()
    for document in chosen:
        sizes[document["source"], document["group"]] += len(documents.render(document))
    random.Random(1).shuffle(chosen)
    options.out.mkdir(parents=True, exist_ok=True)
    for i in range(options.files):
        documents.write(options.out / f"corpus-{i:02d}.jsonl.xz", chosen[i :: options.files], preset=9)
    for (source, group), count in counts.items():
        print(f"{source:24s} {group:6s} {count:7d} documents  {sizes[source, group] / 1e6:6.1f} MB")
    packed = sum(path.stat().st_size for path in options.out.glob("corpus-*.xz"))
    print(f"Left out: {json.dumps(left_out)}")
    print(f"{sum(sizes.values()) / 1e6:.0f} MB, packed {packed / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
