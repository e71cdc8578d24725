"""A few sentences about somebody's day: times, things, numbers and reasons."""
from __future__ import annotations

import re
from typing import NamedTuple

from . import words
from .passage import Passage, Question, people
from .voice import Voice, article, plural

_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_PRONOUN = re.compile(r"^(She|He|Her|His)\b")

_REASONS = [  # what somebody did, as in “Why did … …?”, and why
    ("stayed at home", "stay at home", "it rained the whole day"), ("came late", "come late", "the bus was not there"),
    ("smiled", "smile", "there was a letter in the box"), ("yawned", "yawn", "the baby had cried all night"),
    ("ran to the shop", "run to the shop", "there was no milk left"), ("laughed", "laugh", "the dog wore a hat"),
    ("took an umbrella", "take an umbrella", "the sky was dark"), ("lit a candle", "light a candle", "the lights had gone out"),
    ("went to bed early", "go to bed early", "the train left at five in the morning"), ("shouted", "shout", "somebody had eaten the cake"),
    ("opened the window", "open the window", "it was too hot"), ("called a friend", "call a friend", "it was very quiet in the house"),
    ("went to the doctor", "go to the doctor", "one knee hurt"), ("bought flowers", "buy flowers", "it was a birthday"),
    ("walked slowly", "walk slowly", "the bag was heavy"), ("took the bus", "take the bus", "the car was broken"),
    ("knocked on the door", "knock on the door", "the key was lost"), ("whispered", "whisper", "the children were asleep"),
]  # fmt: skip


class Fact(NamedTuple):
    """Templates: how it is told, what is asked of it with the answers, and what can't be answered where it is not told."""

    told: list[str]
    asked: list[Question]
    open: list[str]


_OPENINGS = [
    "This is about {n}.",
    "{n} had a long day.",
    "Let me tell you about {n}.",
    "It was an ordinary day for {n}.",
    "",
]
_FACTS = [
    Fact(["{n} lives in {town}.", "{n}'s home is in {town}."],
         [("Where does {n} live?", "{n} lives in {town}."), ("Which town does {n} live in?", "{town}.")],
         ["Where does {n} live?"]),
    Fact(["{They} is {age} years old.", "{n} is {age} years old."],
         [("How old is {n}?", "{n} is {age} years old.")],
         ["How old is {n}?"]),
    Fact(["{n} works as {a_job}.", "{They} is {a_job}."],
         [("What is {n}'s job?", "{n} is {a_job}."), ("What does {n} do for a living?", "{They} is {a_job}.")],
         ["What is {n}'s job?"]),
    Fact(["On {day}, {n} got up at {hour} o'clock.", "{n} woke up at {hour} o'clock on {day}."],
         [("When did {n} get up?", "{n} got up at {hour} o'clock."), ("What day was it?", "It was {day}.")],
         ["When did {n} get up?", "What day was it?"]),
    Fact(["{They} bought {count} {fruit} and {count2} {other}.", "At the market, {n} bought {count} {fruit} and {count2} {other}."],
         [("How many {fruit} did {n} buy?", "{n} bought {count} {fruit}."), ("What did {n} buy?", "{n} bought {fruit} and {other}."),
          ("How many {other} did {they} buy?", "{They} bought {count2} {other}.")],
         ["How many {fruit} did {n} buy?", "How much did it cost?"]),
    Fact(["{n} {did}, because {reason}.", "{n} {did}. The reason was simple: {reason}."],
         [("Why did {n} {do}?", "[Because {reason}.|{n} {did}, because {reason}.]")],
         ["What did {n} say?"]),
    Fact(["{They} has a {pet} called {pet_name}.", "{n} has a {pet}. Its name is {pet_name}."],
         [("What is the {pet} called?", "The {pet} is called {pet_name}."), ("Does {n} have a pet?", "Yes, a {pet} called {pet_name}."),
          ("What kind of animal is {pet_name}?", "{pet_name} is a {pet}.")],
         ["Does {n} have a pet?"]),
    Fact(["In the {place}, {n} found a {adjective} {thing}.", "{n} found a {adjective} {thing} in the {place}."],
         [("What did {n} find?", "{n} found a {adjective} {thing}."), ("Where was the {thing}?", "The {thing} was in the {place}."),
          ("Who found the {thing}?", "{n} found it.")],
         ["Who lost the {thing}?", "Where did {n} find the {thing}?"]),
    Fact(["{f}, a friend of {n}, came to visit.", "{f} is {their} best friend."],
         [("Who is {f}?", "{f} is a friend of {n}.")],
         ["Who is {f}?"]),
    Fact(["{n} ate {food}.", "For dinner, {n} had {food}."],
         [("What did {n} eat?", "{n} ate {food}.")],
         ["What did {n} eat?", "Who cooked?"]),
    Fact(["{Their} favourite colour is {colour}.", "{n} was wearing a {colour} coat."], [], ["What is {n}'s favourite drink?"]),
    Fact(["{n} has to write to {their} {relative}.", "{Their} {relative} called in the afternoon."], [], ["What is the {relative} called?"]),
]  # fmt: skip


def _slots(voice: Voice, name: str, they: str, friend: str) -> dict[str, object]:
    their = "her" if they == "she" else "his"
    thing = voice.pick(list(words.OBJECTS))
    fruit, other = voice.some(words.FRUITS, 2)
    did, do, reason = voice.pick(_REASONS)
    job = voice.pick([job for job in words.JOBS if they == "she" or not job.endswith("woman")])
    return {
        "n": name, "f": friend, "they": they, "They": they.capitalize(), "their": their, "Their": their.capitalize(),
        "town": voice.pick(words.TOWNS), "a_job": article(job), "age": voice.between(7, 90), "thing": thing,
        "adjective": voice.pick(words.OBJECTS[thing]), "place": voice.pick(words.PLACES), "day": voice.pick(words.DAYS),
        "hour": _NUMBERS[voice.between(6, 11)], "pet": voice.pick(words.PETS), "pet_name": voice.pick(words.PET_NAMES),
        "count": _NUMBERS[voice.between(2, 9)], "count2": _NUMBERS[voice.between(2, 9)], "fruit": plural(fruit),
        "other": plural(other), "colour": voice.pick(words.COLOURS), "food": voice.pick(words.FOODS), "did": did, "do": do,
        "reason": reason, "relative": voice.pick(words.RELATIVES),
    }  # fmt: skip


def daily(voice: Voice) -> Passage:
    (name, they), (friend, _) = people(voice, 2)
    slots = _slots(voice, name, they, friend)
    passage = Passage([voice.say(_OPENINGS, **slots)])
    told = set(voice.some(range(len(_FACTS)), voice.between(3, 7)))
    for index, fact in enumerate(_FACTS):
        if index not in told:
            passage.unanswered += [voice.say(question, **slots) for question in fact.open]
            continue
        said = voice.say(fact.told, **slots)
        if not any(name in earlier for earlier in passage.sentences):
            said = _PRONOUN.sub(lambda found: name + ("'s" if found[0] in ("Her", "His") else ""), said)
        passage.sentences.append(said)
        passage.answered += [(voice.say(q, **slots), voice.say(a, **slots)) for q, a in fact.asked]
    if not passage.answered:
        return daily(voice)
    asked = {question for question, _ in passage.answered}
    passage.unanswered = [question for question in passage.unanswered if question not in asked]
    return passage
