"""Talk about nothing much: greetings, how one is, daily things, thanks and goodbyes."""
from __future__ import annotations

from text.documents import Document, assistant, user

from . import exchanges, words
from .voice import Voice, article, plural, sentence

Turns = list[dict]


def slots(voice: Voice) -> dict[str, str]:
    """What the templates of talk are filled with, drawn anew."""
    food, food2 = voice.some(words.FOODS, 2)
    hobby, pet = voice.pick(list(words.HOBBIES)), voice.pick(words.PETS)
    thing, animal = voice.pick(list(words.OBJECTS)), voice.pick(words.ANIMALS)
    season, season2 = voice.some(words.SEASONS, 2)
    many = food.endswith("s") and food != "porridge"
    return {
        "food": food,
        "Food": sentence(food),
        "food2": food2,
        "s": "" if many else "s",
        "is_are": "are" if many else "is",
        "hobby": hobby,
        "Hobby": sentence(hobby),
        "with_it": words.HOBBIES[hobby],
        "weather": voice.pick(words.WEATHER),
        "pet": pet,
        "a_pet": article(pet),
        "pets": plural(pet),
        "pet_name": voice.pick(words.PET_NAMES),
        "animal": animal,
        "animal_a": article(animal),
        "animals": plural(animal),
        "town": voice.pick(words.TOWNS),
        "day": voice.pick(words.DAYS),
        "relative": voice.pick(words.RELATIVES),
        "object": thing,
        "a_object": article(thing),
        "place": voice.pick(words.PLACES),
        "instrument": voice.pick(words.INSTRUMENTS),
        "season": season,
        "Season": sentence(season),
        "season2": season2,
        "vegetables": plural(voice.pick(words.VEGETABLES)),
        "drink": voice.pick(words.DRINKS),
    }


def _turn(voice: Voice, exchange: exchanges.Exchange) -> Turns:
    filling = slots(voice)
    remark, answers = exchange
    said = voice.say(remark, **filling)
    if voice.chance(0.12):  # as people type
        said = said.lower().rstrip(".!") if voice.chance(0.7) else said.replace("?", "").rstrip(".!")
    return [user(said.strip()), assistant(sentence(voice.say(answers, **filling).strip()))]


def greeting(voice: Voice, name: str = "") -> Turns:
    turns = _turn(voice, voice.pick(exchanges.HELLO))
    if name and voice.chance(0.3):
        turns[1] = assistant(voice.say(exchanges.HELLO_NAMED, name=name.split()[0]).strip())
    if voice.chance(0.5) and "?" in turns[1]["content"]:
        turns += _turn(voice, voice.pick(exchanges.HOW_I_AM))
    return turns


def exchange(voice: Voice) -> Turns:
    """Something that fits any chat, also one with a persona."""
    return _turn(voice, voice.pick(exchanges.ABOUT_THEM if voice.chance(0.85) else exchanges.HOW_I_AM))


def thanks(voice: Voice) -> Turns:
    return _turn(voice, voice.pick(exchanges.THANKS))


def parting(voice: Voice) -> Turns:
    return _turn(voice, voice.pick(exchanges.BYE if voice.chance(0.7) else exchanges.THANKS))


def chat(voice: Voice) -> Document:
    turns = greeting(voice) if voice.chance(0.6) else []
    for chosen in voice.some(exchanges.TOPICS, voice.between(1, 5)):
        turns += _turn(voice, chosen)
    if voice.chance(0.4):
        turns += parting(voice)
    return {"messages": turns}


KINDS = {"small talk": chat}
