"""Plain characters, and keeping what the model is judged by out of what it learns from."""
from __future__ import annotations

import re
from typing import Iterable

_PLAIN = str.maketrans({
    "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "—": " - ", "–": "-", "…": "...", "\u00a0": " ", "\ufeff": "",
    "\t": " ", "\r": "", "`": "'", "´": "'",
})  # fmt: skip
_WORD = re.compile(r"[a-z0-9']+")
NGRAM_WORDS = 13  # as long as this, an overlap is no accident


def plain(text: str) -> str:
    """With one kind of quotes and dashes, which a small vocabulary would otherwise spell in bytes."""
    text = re.sub(r" *\n *", "\n", text.translate(_PLAIN))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" {2,}", " ", text)).strip()


def is_plain(text: str) -> bool:
    """English prose, and not a table, a page of links or another script."""
    return bool(text) and sum(c.isascii() for c in text) > 0.98 * len(text) and "http" not in text and "<" not in text


def joined_lines(text: str) -> str:
    """Paragraphs of hard-wrapped lines as one line each."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text))


def ngrams(text: str) -> set[int]:
    words = _WORD.findall(text.lower())
    return {hash(tuple(words[i : i + NGRAM_WORDS])) for i in range(len(words) - NGRAM_WORDS + 1)}


class Decontaminator:
    """Tells documents that share a stretch of words with what is kept for evaluation."""

    def __init__(self, texts: Iterable[str]):
        self._kept: set[int] = set()
        for text in texts:
            self._kept |= ngrams(text)

    def overlaps(self, text: str) -> bool:
        return not self._kept.isdisjoint(ngrams(text))
