"""The random choices of a document, and how templates become sentences.

A template holds alternatives, `[Hi|Hello there]`, which may be nested or empty, and slots, `{name}`.
"""
from __future__ import annotations

import functools
import random
import re
from typing import Sequence, TypeVar, Union

T = TypeVar("T")
Node = Union[str, list]  # a list is one sequence of nodes for each alternative


@functools.lru_cache(maxsize=None)
def _parse(template: str) -> tuple:
    """A sequence of texts and of tuples of sequences."""
    stack: list[list[list]] = [[[]]]
    text = ""

    def flush() -> None:
        nonlocal text
        if text:
            stack[-1][-1].append(text)
            text = ""

    for character in template:
        if character == "[":
            flush()
            stack.append([[]])
        elif character == "|" and len(stack) > 1:
            flush()
            stack[-1].append([])
        elif character == "]":
            flush()
            alternatives = stack.pop()
            stack[-1][-1].append(tuple(tuple(sequence) for sequence in alternatives))
        else:
            text += character
    flush()
    if len(stack) != 1:
        raise ValueError(f"Brackets don't match in “{template}”.")
    return tuple(stack[0][0])


def article(noun: str) -> str:
    """With “a” or “an” in front."""
    return ("an " if noun[0].lower() in "aeiou" and not noun.startswith(("uni", "one", "use")) else "a ") + noun


def plural(noun: str) -> str:
    irregular = {
        "mouse": "mice", "goose": "geese", "sheep": "sheep", "fish": "fish", "deer": "deer", "child": "children",
        "man": "men", "woman": "women", "knife": "knives", "leaf": "leaves", "loaf": "loaves", "wolf": "wolves",
        "foot": "feet", "tooth": "teeth", "potato": "potatoes", "tomato": "tomatoes", "scarf": "scarves",
        "shelf": "shelves", "calf": "calves", "person": "people", "ox": "oxen", "thief": "thieves",
    }  # fmt: skip
    first, _, last = noun.rpartition(" ")
    if last in irregular:
        changed = irregular[last]
    elif last.endswith(("s", "x", "ch", "sh")):
        changed = last + "es"
    elif last.endswith("y") and last[-2] not in "aeiou":
        changed = last[:-1] + "ies"
    else:
        changed = last + "s"
    return f"{first} {changed}" if first else changed


def listed(items: Sequence[str], word: str = "and") -> str:
    """“a”, “a and b”, “a, b and c”."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}"


def sentence(text: str) -> str:
    """With a capital at its start."""
    return text[:1].upper() + text[1:]


_SPACES = re.compile(r"(?<=\S) {2,}(?=\S)")
_BEFORE_MARK = re.compile(r" +(?=[.,!?](?:\s|$))")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou](?!ne?\b|ni|se))")


def tidy(text: str) -> str:
    """What alternatives that came out empty left behind, and “a” in front of vowels."""
    return _ARTICLE.sub(r"\1n ", _BEFORE_MARK.sub("", _SPACES.sub(" ", text))).strip()


class Voice:
    """One process's random choices. Not safe to share."""

    def __init__(self, seed: object):
        self.random = random.Random(repr(seed))

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.random.random() * len(options))]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """Different ones, in random order."""
        return self.random.sample(list(options), count)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def between(self, lowest: int, highest: int) -> int:
        """Both included."""
        return lowest + int(self.random.random() * (highest - lowest + 1))

    def say(self, templates: Union[str, Sequence[str]], **slots: object) -> str:
        template = templates if isinstance(templates, str) else self.pick(templates)
        text = self._expand(_parse(template))
        return text.format_map(slots) if "{" in text else text

    def _expand(self, sequence: tuple) -> str:
        return "".join(node if isinstance(node, str) else self._expand(self.pick(node)) for node in sequence)
