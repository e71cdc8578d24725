"""People, animals and creatures of stories, with their pronouns."""
from __future__ import annotations

from dataclasses import dataclass

from . import words
from .voice import Voice, article

_CREATURES = [
    "dragon",
    "robot",
    "giant",
    "ghost",
    "mermaid",
    "wizard",
    "snowman",
    "fairy",
    "dwarf",
    "troll",
    "scarecrow",
]
_SIZES = ["little", "small", "young", "tiny", "old", "big"]
_TRAITS = ["curious", "shy", "brave", "clever", "kind", "lazy", "proud", "cheerful", "careful", "dreamy", "impatient",
           "friendly", "stubborn", "gentle", "clumsy", "quiet", "lonely", "hard-working", "forgetful", "polite"]  # fmt: skip
_LOVES = ["to sing in the morning", "to watch the clouds", "to collect shiny things", "to tell jokes", "to sleep in the sun",
          "to ask questions", "to climb trees", "to listen to old stories", "to draw in the sand", "to count the stars",
          "to swim in the river", "to bake little cakes", "to dance in the rain", "to build towers", "to dig holes",
          "to look at maps", "to smell the flowers", "to walk by the water", "to play hide and seek", "to whistle"]  # fmt: skip


@dataclass(frozen=True)
class Character:
    """`kind` as in “the fox”; `title` how the story calls the character after it was introduced."""

    name: str
    kind: str
    trait: str
    loves: str
    female: bool
    adult: bool

    @property
    def they(self) -> str:
        return "she" if self.female else "he"

    @property
    def them(self) -> str:
        return "her" if self.female else "him"

    @property
    def their(self) -> str:
        return "her" if self.female else "his"

    def slots(self, prefix: str) -> dict[str, str]:
        """For templates: `{h}` the name, `{h_they}`, `{h_They}`, …"""
        return {
            prefix: self.name,
            f"{prefix}_kind": self.kind,
            f"{prefix}_trait": self.trait,
            f"{prefix}_loves": self.loves,
            f"{prefix}_they": self.they,
            f"{prefix}_They": self.they.capitalize(),
            f"{prefix}_them": self.them,
            f"{prefix}_their": self.their,
            f"{prefix}_Their": self.their.capitalize(),
            f"{prefix}_self": self.them + "self",
            f"{prefix}_a": article(self.kind),
            f"{prefix}_a_trait": article(self.trait),
        }


_ANIMAL_NAMES = """Pip Fern Bramble Tilly Moss Hazel Rufus Nibbles Willow Oakley Pebble Misty Bruno Tansy Flicker Hop
Burr Acorn Sorrel Thistle Dapple Twig Puddle Marigold Barnaby Clementine Fidget Humphrey Juno Kit Lark Mottle Nettle Olwen
Perry Quill Rowan Sage Tumble Umber Velvet Wren Yarrow Zephyr Bixby Cricket Dusk Ember""".split()  # fmt: skip


def make(voice: Voice, taken: set[str]) -> Character:
    """Someone whose name is not in `taken`, which then has it."""
    female = voice.chance(0.5)
    sort = voice.random.random()
    if sort < 0.45:
        name, kind, adult = voice.pick(_ANIMAL_NAMES), f"{voice.pick(_SIZES)} {voice.pick(words.ANIMALS)}", False
    elif sort < 0.75:
        name = voice.pick(words.GIRLS if female else words.BOYS)
        kind, adult = "girl" if female else "boy", False
    elif sort < 0.9:
        name = voice.pick(words.GIRLS if female else words.BOYS)
        kind, adult = voice.pick([job for job in words.JOBS if not job.endswith("woman") or female]), True
    else:
        name, kind, adult = voice.pick(_ANIMAL_NAMES), f"{voice.pick(_SIZES)} {voice.pick(_CREATURES)}", False
    if name in taken:
        return make(voice, taken)
    taken.add(name)
    return Character(name, kind, voice.pick(_TRAITS), voice.pick(_LOVES), female, adult)
