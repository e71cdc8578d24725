"""How answers are judged. Everything here is plain arithmetic on text."""
from __future__ import annotations

import collections
import re
import string
from typing import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_EVASIONS = re.compile(
    r"\b(don't know|do not know|doesn't say|does not say|not say|isn't in|is not in|can't tell|cannot tell|not sure|no idea|"
    r"haven't told|never (said|thought)|rather not)\b"
)


def normalised(text: str) -> list[str]:
    """Words without case, articles and punctuation, as SQuAD's evaluation has them."""
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return _ARTICLES.sub(" ", text).split()


def f1(answer: str, references: Sequence[str]) -> float:
    """Overlap of words with the reference that fits best, 0 to 1."""
    return max(_f1(normalised(answer), normalised(reference)) for reference in references)


def _f1(answer: list[str], reference: list[str]) -> float:
    common = sum((collections.Counter(answer) & collections.Counter(reference)).values())
    return 2 * common / (len(answer) + len(reference)) if common else 0.0


def evades(answer: str) -> bool:
    """Says that it does not know, or that the text does not say."""
    return _EVASIONS.search(answer.lower().replace("’", "'")) is not None


def last_number(answer: str) -> int | None:
    found = re.findall(r"-?\d+", answer.replace(",", ""))
    return int(found[-1]) if found else None


def distinct(texts: Sequence[str], n: int) -> float:
    """Part of the n-grams of words that are different ones, over all texts together."""
    grams = [gram for text in texts for gram in _ngrams(text, n)]
    return len(set(grams)) / len(grams) if grams else 0.0


def repetition(text: str, n: int = 4) -> float:
    """Part of a text's n-grams of words that occurred in it before."""
    grams = _ngrams(text, n)
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def _ngrams(text: str, n: int) -> list[tuple[str, ...]]:
    words = text.lower().split()
    return list(zip(*[words[i:] for i in range(n)]))
