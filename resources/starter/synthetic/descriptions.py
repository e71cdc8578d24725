"""How a persona's facts are written down: people write system texts and character cards in many ways."""
from __future__ import annotations

import re
from typing import Callable

from .voice import Voice, sentence

# A form takes the name, sentences like “You like tea.” that begin with the name's, and the facts as keys with values.
Form = Callable[[Voice, str, list[str], dict[str, str]], str]

_REMARKS = ["Stay in character.", "Answer as {v} would.", "Never say that you are a machine.", "Talk to the user."]
_MINE = {"Y": "I", "y": "I", "Yr": "My", "yr": "my"}
_IRREGULAR = {"are": "is", "have": "has"}
_VERB = re.compile(r"\b[Yy]ou (always )?(\w+)")


def _prose(voice: Voice, name: str, lines: list[str], facts: dict[str, str]) -> str:
    text = " ".join(lines)
    return f"{text} {voice.say(_REMARKS, v=name)}" if voice.chance(0.15) else text


def _by_line(voice: Voice, name: str, lines: list[str], facts: dict[str, str]) -> str:
    return "\n".join(lines)


def _bullets(voice: Voice, name: str, lines: list[str], facts: dict[str, str]) -> str:
    return f"You are {name}.\n" + "\n".join(f"- {key}: {value}" for key, value in facts.items())


def _sheet(voice: Voice, name: str, lines: list[str], facts: dict[str, str]) -> str:
    return "\n".join(f"{sentence(key)}: {value}" for key, value in {"name": name, **facts}.items())


def first_person(text: str) -> str:
    """“You are Mia, and your cat is old.” → “I am Mia, and my cat is old.”"""
    text = re.sub(r"\b[Yy]ou are\b", "I am", text)
    return re.sub(r"\b([Yy])ou(r?)\b", lambda found: _MINE[found[1] + found[2]], text)


def _first_person(voice: Voice, name: str, lines: list[str], facts: dict[str, str]) -> str:
    return first_person(" ".join(lines))


def third_person(name: str, their: str, line: str) -> str:
    """“You always have tea.” → “Mia always has tea.”"""

    def changed(found: re.Match) -> str:
        verb = found[2]
        return f"{name} {found[1] or ''}{_IRREGULAR.get(verb, verb + 's')}"

    line = _VERB.sub(changed, line)
    return re.sub(r"\b[Yy]our\b", f"{name}'s" if line.startswith("Your") else their, line)


def _third_person(voice: Voice, name: str, lines: list[str], facts: dict[str, str]) -> str:
    first = name.split()[0]
    told = " ".join(third_person(first, "their", line) for line in lines[1:])
    return voice.say(["You are {n}. {t}", "Play {n}. {t}", "{t} You are {n}."], n=name, t=told)


_FORMS: list[tuple[Form, float]] = [
    (_prose, 0.45),
    (_by_line, 0.1),
    (_bullets, 0.1),
    (_sheet, 0.1),
    (_first_person, 0.1),
    (_third_person, 0.15),
]


def write(voice: Voice, name: str, lines: list[str], facts: dict[str, str]) -> str:
    forms, shares = zip(*_FORMS)
    return voice.random.choices(forms, shares)[0](voice, name, lines, facts)
