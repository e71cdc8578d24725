"""Longer chats that go from one thing to another, as people do."""
from __future__ import annotations

from text.documents import Document

from . import flows, instructions, passages, personas, smalltalk, stories, sums
from .voice import Voice


def _some_story(voice: Voice) -> list[dict]:
    return stories.chat(voice)["messages"]


def _some_passage(voice: Voice) -> list[dict]:
    return passages.chat(voice)["messages"]


_SEGMENTS = [
    smalltalk.exchange, flows.talk, flows.talk, instructions.turn, instructions.turn, sums.turn, _some_story, _some_passage,
]  # fmt: skip


def chat(voice: Voice) -> Document:
    """What was told at the start is asked for at the end, with other things between."""
    turns = list(smalltalk.greeting(voice)) if voice.chance(0.7) else []
    told, recalled = personas.tell_and_recall(voice)
    remembers = voice.chance(0.5)
    turns += told if remembers else []
    for segment in voice.some(_SEGMENTS, voice.between(2, 4)):
        turns += segment(voice)
    turns += recalled if remembers else []
    if voice.chance(0.3):
        turns += smalltalk.parting(voice)
    return {"messages": sums.only_last_learned(turns)}


KINDS = {"mixed": chat}
