"""What a passage is: its sentences, what it answers and what it does not."""
from __future__ import annotations

from dataclasses import dataclass, field

from . import words
from .voice import Voice, sentence

Question = tuple[str, str]  # with its answer


@dataclass
class Passage:
    sentences: list[str] = field(default_factory=list)
    answered: list[Question] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    def text(self) -> str:
        return " ".join(sentence(s) for s in self.sentences if s)


def people(voice: Voice, count: int) -> list[tuple[str, str]]:
    """Names with “he” or “she”."""
    return voice.some([(n, "she") for n in words.GIRLS] + [(n, "he") for n in words.BOYS], count)
