"""Token shards: the documents of one group as ids, ready to be mapped into memory.

`<group>.tokens` holds uint16, one document after the other; bit 15 is set in ids that are not to be predicted.
`<group>.ends` holds uint64: one past the last id of each document.
"""
from __future__ import annotations

import pathlib
import shutil
from typing import Iterable

import numpy as np

from . import documents
from .bpe import Vocabulary

NOT_LEARNED = 0x8000
PART = "@"  # between the group and the part, in the names of files that are to be joined


def encode(vocabulary: Vocabulary, document: documents.Document, longest: int) -> list[np.ndarray]:
    """One document's ids {n} uint16, cut into pieces of at most `longest`; the last piece is dropped where it is
    too short to say anything."""
    ids: list[int] = []
    for text, learned in documents.parts(document):
        encoded = vocabulary.encode(text)
        ids += encoded if learned else [token | NOT_LEARNED for token in encoded]
    pieces = [np.array(ids[at : at + longest], dtype=np.uint16) for at in range(0, len(ids), longest)]
    return pieces if len(pieces) == 1 else [piece for piece in pieces if len(piece) >= 32]


class ShardWriter:
    """Appends documents to the shard of a group."""

    def __init__(self, folder: pathlib.Path, group: str):
        folder.mkdir(parents=True, exist_ok=True)
        self._tokens = open(folder / f"{group}.tokens", "wb")
        self._ends = open(folder / f"{group}.ends", "wb")
        self._written = 0

    def add(self, pieces: Iterable[np.ndarray]) -> None:
        for piece in pieces:
            self._written += len(piece)
            self._tokens.write(piece.tobytes())
            self._ends.write(np.uint64(self._written).tobytes())

    def close(self) -> None:
        self._tokens.close()
        self._ends.close()


def join(folder: pathlib.Path) -> dict[str, int]:
    """Puts the parts of each group together, in the order of their names, and removes them. Returns the groups' tokens."""
    totals: dict[str, int] = {}
    for part in sorted(folder.glob(f"*{PART}*.tokens")):
        group = part.name.split(PART)[0]
        before = totals.get(group, 0)
        mode = "ab" if before else "wb"
        ends = part.with_suffix(".ends")
        with open(folder / f"{group}.tokens", mode) as file:
            with open(part, "rb") as source:
                shutil.copyfileobj(source, file)
        with open(folder / f"{group}.ends", mode) as file:
            file.write((np.fromfile(ends, np.uint64) + np.uint64(before)).tobytes())
        totals[group] = before + part.stat().st_size // 2
        part.unlink()
        ends.unlink()
    return totals


class Shard:
    """The documents of one group."""

    def __init__(self, folder: pathlib.Path, group: str):
        self.tokens = np.memmap(folder / f"{group}.tokens", np.uint16, mode="r")
        ends = np.fromfile(folder / f"{group}.ends", np.uint64).astype(np.int64)
        self.begins = np.concatenate([[0], ends[:-1]])
        self.lengths = ends - self.begins

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> np.ndarray:
        begin = self.begins[index]
        return self.tokens[begin : begin + self.lengths[index]]
