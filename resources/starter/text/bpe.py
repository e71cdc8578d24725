"""Byte-level BPE: finding merges, and turning text into ids and back.

Ids: 0–255 are the bytes, in the order of GPT-2's printable alphabet of bytes; then one id for each merge; the last
ones are the special tokens.
"""
from __future__ import annotations

import collections
import functools
import heapq
import pathlib
import re

from . import pretokenizer

BOS = "<｜begin▁of▁sentence｜>"
EOS = "<｜end▁of▁sentence｜>"
PAD = "<｜▁pad▁｜>"
USER = "<｜User｜>"
ASSISTANT = "<｜Assistant｜>"
THINK = "<think>"
END_THINK = "</think>"
SPECIAL_TOKENS = (BOS, EOS, PAD, USER, ASSISTANT, THINK, END_THINK)
CONTROL_TOKENS = SPECIAL_TOKENS[:5]  # the other two are text that a person may see

Pair = tuple[int, int]


def byte_alphabet() -> list[str]:
    """The printable character of each byte, as vocabularies write them (GPT-2's `bytes_to_unicode`)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    characters = {byte: chr(byte) for byte in printable}
    spare = (byte for byte in range(256) if byte not in characters)
    characters.update((byte, chr(256 + i)) for i, byte in enumerate(spare))
    return [characters[byte] for byte in range(256)]


class Vocabulary:
    """Immutable. `merges` are pairs of ids, the earliest first."""

    def __init__(self, merges: list[Pair]):
        self.merges = merges
        self.tokens: list[bytes] = [bytes([byte]) for byte in range(256)]
        for left, right in merges:
            self.tokens.append(self.tokens[left] + self.tokens[right])
        self.special = {text: len(self.tokens) + i for i, text in enumerate(SPECIAL_TOKENS)}
        self._merged = {pair: 256 + rank for rank, pair in enumerate(merges)}
        self._marker = re.compile("(" + "|".join(map(re.escape, SPECIAL_TOKENS)) + ")")
        self._encode_word = functools.lru_cache(maxsize=1 << 18)(self._merge)

    @property
    def size(self) -> int:
        return len(self.tokens) + len(self.special)

    @classmethod
    def read(cls, path: pathlib.Path) -> Vocabulary:
        """A file of merges, one a line: two tokens in the printable alphabet with a space between them."""
        ids = {character: byte for byte, character in enumerate(byte_alphabet())}
        merges = []
        for line in path.read_text(encoding="utf-8").splitlines():
            left, right = line.split(" ")
            merges.append((ids[left], ids[right]))
            ids[left + right] = 255 + len(merges)
        return cls(merges)

    def write(self, path: pathlib.Path) -> None:
        lines = [f"{self.printable(left)} {self.printable(right)}\n" for left, right in self.merges]
        path.write_text("".join(lines), encoding="utf-8")

    def printable(self, token: int) -> str:
        alphabet = byte_alphabet()
        return "".join(alphabet[byte] for byte in self.tokens[token])

    def encode(self, text: str, parse_special: bool = True) -> list[int]:
        ids: list[int] = []
        parts = self._marker.split(text) if parse_special else [text]
        for i, part in enumerate(parts):
            if i % 2:
                ids.append(self.special[part])
            else:
                for word in pretokenizer.split(part):
                    ids.extend(self._encode_word(word))
        return ids

    def decode(self, ids: list[int]) -> str:
        texts = {token: text.encode() for text, token in self.special.items()}
        return b"".join(texts.get(i) or self.tokens[i] for i in ids).decode("utf-8", "replace")

    def _merge(self, word: str) -> tuple[int, ...]:
        ids = list(word.encode())
        while len(ids) > 1:
            ranks = [self._merged.get(pair, 1 << 30) for pair in zip(ids, ids[1:])]
            first = min(ranks)
            if first == 1 << 30:
                break
            at = ranks.index(first)
            ids[at : at + 2] = [first]
        return tuple(ids)


def learn_merges(words: collections.Counter[str], count: int) -> list[Pair]:
    """The `count` merges that shorten the counted words most, one after the other.

    Words with digits are left out: numbers stay single digits, as sums are done with them.
    """
    spelled = [(list(word.encode()), n) for word, n in words.items() if not any(map(str.isdigit, word))]
    counts: collections.Counter[Pair] = collections.Counter()
    where: dict[Pair, set[int]] = collections.defaultdict(set)
    for index, (ids, n) in enumerate(spelled):
        for pair in zip(ids, ids[1:]):
            counts[pair] += n
            where[pair].add(index)
    # Counts in the heap may be outdated; those that are get put back with what is right.
    heap = [(-n, pair) for pair, n in counts.items()]
    heapq.heapify(heap)
    merges: list[Pair] = []
    while len(merges) < count and heap:
        negative, pair = heapq.heappop(heap)
        if counts[pair] != -negative:
            if counts[pair] > 0:
                heapq.heappush(heap, (-counts[pair], pair))
            continue
        if -negative < 2:
            break
        changed = _apply_merge(pair, 256 + len(merges), spelled, counts, where)
        merges.append(pair)
        for other in changed:
            heapq.heappush(heap, (-counts[other], other))
    return merges


def _apply_merge(
    pair: Pair,
    merged: int,
    spelled: list[tuple[list[int], int]],
    counts: collections.Counter[Pair],
    where: dict[Pair, set[int]],
) -> set[Pair]:
    """Merges the pair in all words that have it. Returns the pairs that became more frequent."""
    grown: set[Pair] = set()
    for index in where.pop(pair):
        ids, n = spelled[index]
        for old in zip(ids, ids[1:]):
            counts[old] -= n
        at = 0
        while at + 1 < len(ids):
            if (ids[at], ids[at + 1]) == pair:
                ids[at : at + 2] = [merged]
            at += 1
        for new in zip(ids, ids[1:]):
            counts[new] += n
            where[new].add(index)
            if merged in new:
                grown.add(new)
    del counts[pair]
    return grown
