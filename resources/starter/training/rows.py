"""Rows of tokens: documents of several groups, shuffled, one after the other.

A row begins with a document's beginning, and its last document is cut where the row ends: what is cut off is seen in a
longer context. Long prose would never be seen but for its beginning, so any stretch of it may be taken. Work is planned in laps, so that planning costs nothing beside the GPU's work and
a run that goes on from a checkpoint sees the very same rows.
"""
from __future__ import annotations

import pathlib
import queue
import threading
from dataclasses import dataclass, field
from typing import Iterator, NamedTuple

import numpy as np

from text.shards import NOT_LEARNED, Shard

from .schedule import Stage

_CUT_ANYWHERE = ("prose",)  # groups whose documents need not be read from their beginning
_SHORTEST_PIECE = 16  # tokens; less of a document at a row's end teaches nothing


@dataclass
class Cursor:
    """How far the documents of a group have been used: all of an epoch once, in an order of its own."""

    epoch: int = 0
    position: int = 0


class Batch(NamedTuple):
    tokens: np.ndarray  # {rows, context} int64
    targets: np.ndarray  # {rows, context} int64
    weights: np.ndarray  # {rows, context} float32: 1 where the target is to be learned


@dataclass
class RowSource:
    """Deterministic: the same folder, seed and sequence of calls give the same rows."""

    folder: pathlib.Path
    pad: int
    seed: int
    lap: int = 0
    cursors: dict[str, Cursor] = field(default_factory=dict)

    def __post_init__(self):
        groups = sorted(path.stem for path in self.folder.glob("*.tokens"))
        if not groups:
            raise SystemExit(f"There are no tokens in {self.folder}: run encode.py first.")
        self.shards = {group: Shard(self.folder, group) for group in groups}
        for group in groups:
            self.cursors.setdefault(group, Cursor())

    def state(self) -> dict:
        return {"lap": self.lap, "cursors": {g: [c.epoch, c.position] for g, c in self.cursors.items()}}

    def restore(self, state: dict) -> None:
        self.lap = state["lap"]
        self.cursors = {group: Cursor(*cursor) for group, cursor in state["cursors"].items()}

    def next_lap(self, stage: Stage, rows: int) -> np.ndarray:
        """{rows, context + 1} uint16: what the next targets come from, too."""
        width = stage.context + 1
        available = {group: share for group, share in stage.mixture.items() if group in self.shards}
        total = sum(available.values())
        chosen: list[tuple[str, int]] = []
        for group, share in available.items():
            # More than that, because a document is cut in nearly every row.
            cut = np.minimum(self.shards[group].lengths, width).mean() / width
            wanted = int(rows * width * share / total * (1 + cut))
            chosen += [(group, index) for index in self._take(group, wanted, width)]
        draw = np.random.default_rng([self.seed, 1, self.lap])
        order = draw.permutation(len(chosen))
        self.lap += 1
        return self._fill([chosen[i] for i in order], rows, width, draw)

    def _take(self, group: str, tokens: int, width: int) -> list[int]:
        """The group's next documents, with so many tokens together."""
        shard, cursor = self.shards[group], self.cursors[group]
        lengths = np.minimum(shard.lengths, width)
        taken: list[int] = []
        while tokens > 0:
            seed = [self.seed, 2, sorted(self.shards).index(group), cursor.epoch]
            order = np.random.default_rng(seed).permutation(len(shard))[cursor.position :]
            sums = np.cumsum(lengths[order])
            count = int(np.searchsorted(sums, tokens)) + 1
            taken += order[:count].tolist()
            if count < len(order):
                cursor.position += count
                break
            tokens -= int(sums[-1])
            cursor.epoch, cursor.position = cursor.epoch + 1, 0
        return taken

    def _fill(self, chosen: list[tuple[str, int]], rows: int, width: int, draw: np.random.Generator) -> np.ndarray:
        filled = np.full((rows, width), self.pad | NOT_LEARNED, np.uint16)
        row = at = 0
        for group, index in chosen:
            if width - at < _SHORTEST_PIECE:
                row, at = row + 1, 0
            if row == rows:
                break
            document = self.shards[group][index]
            first = 0
            if group in _CUT_ANYWHERE and len(document) > width:
                first = int(draw.integers(len(document) - (width - at) + 1))
            piece = document[first : first + width - at]
            filled[row, at : at + len(piece)] = piece
            at += len(piece)
        # Where there was too little after all, rows are repeated rather than empty.
        used = min(rows, row + 1)
        return filled[np.arange(rows) % used]


def split(rows: np.ndarray) -> Batch:
    ids = (rows & (NOT_LEARNED - 1)).astype(np.int64)
    return Batch(ids[:, :-1], ids[:, 1:], (rows[:, 1:] < NOT_LEARNED).astype(np.float32))


def prefetched(items: Iterator, ahead: int = 4) -> Iterator:
    """The same items, made by a thread of their own. It ends with the process."""
    ready: queue.Queue = queue.Queue(maxsize=ahead)

    def work() -> None:
        for item in items:
            ready.put(item)
        ready.put(None)

    threading.Thread(target=work, daemon=True).start()
    return iter(ready.get, None)
