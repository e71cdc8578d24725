"""A small world: people walk between places, take things, put them down and hand them over. It is told, and asked about."""
from __future__ import annotations

from . import words
from .passage import Passage, people
from .voice import Voice, article, listed, sentence

_STANDS = ["{n} was in the {p}.", "In the {p} was {n}.", "{n} stood in the {p}."]
_LIES = ["There was {a} in the {p}.", "{A} lay in the {p}.", "In the {p} lay {a}."]
_GIVES = ["{n} gave the {t} to {o}.", "{n} handed {o} the {t}.", "{o} got the {t} from {n}."]
_PUTS = ["{n} put down the {t}.", "{n} left the {t} there.", "{n} put the {t} on the floor."]
_TAKES = ["{n} picked up the {t}.", "{n} took the {t}.", "{n} grabbed the {t}."]
_GOES = ["{n} [went|walked] to the {p}.", "Then {n} went into the {p}.", "After that, {n} ran to the {p}."]


class Rooms:
    """Where everybody and everything is, and what has been told of it."""

    def __init__(self, voice: Voice):
        self.voice = voice
        self.told: list[str] = []
        self.places = voice.some(words.PLACES, voice.between(3, 5))
        self.place_of_person = {name: voice.pick(self.places) for name, _ in people(voice, voice.between(2, 4))}
        self.things = voice.some(list(words.OBJECTS), voice.between(1, 3))
        self.place_of_thing = {thing: voice.pick(self.places) for thing in self.things}  # of those that nobody has
        self.holder: dict[str, str] = {}
        self.earlier_place: dict[str, str] = {}
        for name, place in self.place_of_person.items():
            self._tell(_STANDS, n=name, p=place)
        for thing, place in self.place_of_thing.items():
            self._tell(_LIES, a=article(thing), A=sentence(article(thing)), p=place)

    def _tell(self, templates: list[str], **slots: str) -> None:
        self.told.append(self.voice.say(templates, **slots))

    def carried_by(self, name: str) -> list[str]:
        return [thing for thing in self.things if self.holder.get(thing) == name]

    def place_of(self, thing: str) -> str:
        holder = self.holder.get(thing)
        return self.place_of_person[holder] if holder else self.place_of_thing[thing]

    def step(self) -> None:
        """Somebody does something that is possible where they are."""
        voice = self.voice
        name = voice.pick(list(self.place_of_person))
        place = self.place_of_person[name]
        own = self.carried_by(name)
        here = [thing for thing, where in self.place_of_thing.items() if where == place]
        company = [other for other, where in self.place_of_person.items() if where == place and other != name]
        if own and company and voice.chance(0.4):
            self._give(name, voice.pick(own), voice.pick(company))
        elif own and voice.chance(0.35):
            thing = voice.pick(own)
            del self.holder[thing]
            self.place_of_thing[thing] = place
            self._tell(_PUTS, n=name, t=thing)
        elif here and voice.chance(0.6):
            thing = voice.pick(here)
            del self.place_of_thing[thing]
            self.holder[thing] = name
            self._tell(_TAKES, n=name, t=thing)
        else:
            self._go(name)

    def _give(self, name: str, thing: str, other: str) -> None:
        self.holder[thing] = other
        self._tell(_GIVES, n=name, t=thing, o=other)

    def _go(self, name: str) -> None:
        self.earlier_place[name] = self.place_of_person[name]
        self.place_of_person[name] = self.voice.pick([p for p in self.places if p != self.place_of_person[name]])
        self._tell(_GOES, n=name, p=self.place_of_person[name])


def moving(voice: Voice) -> Passage:
    world = Rooms(voice)
    for _ in range(voice.between(3, 8)):
        world.step()
    passage = Passage(world.told)
    for name, place in world.place_of_person.items():
        carried = listed([f"the {thing}" for thing in world.carried_by(name)] or ["nothing"])
        passage.answered += [
            (f"Where is {name}?", voice.say(["{n} is in the {p}.", "In the {p}."], n=name, p=place)),
            (voice.say(["What does {n} have?", "What is {n} carrying?"], n=name), f"{name} is carrying {carried}."),
        ]
    for name, place in world.earlier_place.items():
        passage.answered.append((f"Where was {name} before that?", f"Before that, {name} was in the {place}."))
    for thing in world.things:
        where = voice.say(["The {t} is in the {p}.", "In the {p}."], t=thing, p=world.place_of(thing))
        who = f"{world.holder.get(thing, 'Nobody')} has the {thing}."
        passage.answered += [(f"Where is the {thing}?", where), (f"Who has the {thing}?", who)]

    somebody = voice.pick(list(world.place_of_person))
    nobody = voice.pick([name for name, _ in people(voice, 6) if name not in world.place_of_person])
    missing = voice.pick([thing for thing in words.OBJECTS if thing not in world.things])
    passage.unanswered = [
        f"Where is {nobody}?",
        f"Where is the {missing}?",
        f"How old is {somebody}?",
        f"Why did {somebody} come?",
        f"What colour is the {voice.pick(world.things)}?",
    ]
    return passage
