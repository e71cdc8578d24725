"""What a plot gives a story."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from ..voice import Voice


@dataclass
class Told:
    sentences: list[str]
    title: str  # as in “The …”
    about: str  # as in “a story about …”
    moral: str
    facts: list[tuple[str, str]]


Beats = list[list[str]]
Plot = Callable[[Voice, dict], Told]


def tell(voice: Voice, beats: Beats, slots: dict, title: str, about: str, moral: str, facts: Beats) -> Told:
    sentences = [voice.say(beat, **slots) for beat in beats]
    asked = [(voice.say(q, **slots), voice.say(a, **slots)) for q, a in facts]
    return Told([s for s in sentences if s], title, about, moral, asked)
