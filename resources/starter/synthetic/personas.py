"""Chats with a persona: its facts stand in the system text, are asked for, asked for again, and never change.

What the persona does not know about itself it says so. People tell it things about themselves too, and it remembers.
"""
from __future__ import annotations

from text.documents import Document, assistant, system, user

from . import descriptions, smalltalk, words
from .persona_facts import FACTS
from .voice import Voice, article, sentence

Persona = dict[str, str]


_MANNERS = [
    "kindly",
    "in short sentences",
    "with warmth",
    "politely",
    "calmly",
    "like a good friend",
    "with simple words",
]


def make(voice: Voice, count: int) -> Persona:
    """The values of a name and of `count` other facts."""
    girl = voice.chance(0.5)
    values = {"name": voice.pick(words.GIRLS if girl else words.BOYS)}
    if voice.chance(0.3):
        values["name"] += " " + voice.pick(words.FAMILY_NAMES)
    pools = {
        "home": words.TOWNS,
        "hobby": list(words.HOBBIES),
        "food": words.FOODS,
        "colour": words.COLOURS,
        "season": words.SEASONS,
        "drink": words.DRINKS,
        "animal": [f"the {animal}" for animal in words.ANIMALS],
        "sport": words.SPORTS,
        "fear": words.FEARS,
        "dream": words.DREAMS,
        "instrument": words.INSTRUMENTS,
        "house": words.HOUSES,
        "pet": words.PETS,
        "sibling": ["brother", "sister", "twin brother", "twin sister", "little brother", "big sister"],
        "job": [job for job in words.JOBS if girl or not job.endswith("woman")],
        "speech": _MANNERS,
    }
    for key in voice.some([*pools, "age"], count):
        values[key] = str(voice.between(18, 79)) if key == "age" else voice.pick(pools[key])
    return values


def _slots(voice: Voice, persona: Persona, key: str) -> dict[str, str]:
    """For the templates of a fact. What is drawn beside the value (a pet's name) stays with the persona."""
    value = persona.get(key, "")
    slots = {
        "v": value,
        "V": sentence(value),
        "a": article(value) if value else "",
        "A": sentence(article(value)) if value else "",
    }
    slots["s"] = "" if value.endswith("s") else "s"
    slots["is_are"] = "are" if value.endswith("s") else "is"
    if key == "job":
        slots["does"] = words.JOBS.get(value, "")
    if key == "hobby":
        slots["with_it"] = words.HOBBIES.get(value, "")
    if key in ("pet", "sibling") and value:
        female = "sister" in value
        names = words.PET_NAMES if key == "pet" else (words.GIRLS if female else words.BOYS)
        slots["n"] = persona.setdefault(f"{key} name", voice.pick(names))
        slots["S_They"] = "She" if female else "He"
    return slots


def describe(voice: Voice, persona: Persona) -> str:
    """The system text."""
    keys = [key for key in FACTS if key in persona and key != "name"]
    voice.random.shuffle(keys)
    lines = [voice.say(FACTS["name"].you, **_slots(voice, persona, "name"))]
    lines += [voice.say(FACTS[key].you, **_slots(voice, persona, key)) for key in keys]
    facts = {key: persona[key] for key in keys if key != "speech"}
    for key in ("pet", "sibling"):
        if key in facts:
            facts[key] += f", named {persona[f'{key} name']}"
    return descriptions.write(voice, persona["name"], lines, facts)


def _capital(text: str) -> str:
    return sentence(text.strip())


def ask(voice: Voice, persona: Persona, key: str) -> list[dict]:
    """A question for a fact, and the answer that the persona gives."""
    fact = FACTS[key]
    slots = _slots(voice, persona, key)
    answer = voice.say(fact.answers if key in persona else fact.unknown, **slots)
    question = voice.say(fact.asks, **slots)
    if voice.chance(0.15):
        question = (
            voice.pick(["And ", "So, ", "By the way, ", "Tell me, ", "One more thing: "])
            + question[0].lower()
            + question[1:]
        )
    return [user(_capital(question)), assistant(_capital(answer))]


def check(voice: Voice, persona: Persona, key: str) -> list[dict]:
    """“Is your name …?”, right or wrong."""
    pools = {
        "colour": words.COLOURS,
        "home": words.TOWNS,
        "food": words.FOODS,
        "season": words.SEASONS,
        "animal": [f"the {animal}" for animal in words.ANIMALS],
    }
    if key not in pools or key not in persona:
        return ask(voice, persona, key)
    true = voice.chance(0.5)
    claimed = persona[key] if true else voice.pick([value for value in pools[key] if value != persona[key]])
    what = "live in" if key == "home" else "like"
    question = (
        f"You {what} {claimed}, right?" if key == "home" or voice.chance(0.5) else f"Is your favourite {key} {claimed}?"
    )
    if key != "home" and not question.startswith("Is"):
        question = f"Your favourite {key} is {claimed}, isn't it?"
    if true:
        answer = voice.say(
            [
                "Yes, [that's right|exactly|it is][.|!]" if key != "home" else "Yes, [that's right|exactly][.|!]",
                "Right!",
            ]
        )
    else:
        right = f"I live in {persona[key]}." if key == "home" else f"My favourite {key} is {persona[key]}."
        answer = voice.say(["No. ", "No, not quite. ", "Not quite. "]) + right
    return [user(question), assistant(answer)]


def tell_and_recall(voice: Voice) -> tuple[list[dict], list[dict]]:
    """A person says something of themselves, and asks for it later."""
    key = voice.pick([key for key, fact in FACTS.items() if fact.users])
    person = make(voice, 12)
    while key not in person:
        person = make(voice, 12)
    if key == "name":
        person["name"] = person["name"].split()[0]
    slots = _slots(voice, person, key)
    fact = FACTS[key]
    said = voice.say(fact.users, **slots)
    replies = ["[Nice to meet you|Hello][, {v}!|!]", "Hi {v}! [How are you?|]"]
    if key != "name":
        replies = [
            "[That's nice|Nice|How nice|Good to know|I see][!|.] [Thank you for telling me.|I'll remember that.|]"
        ]
    if key in ("job", "pet", "hobby"):
        replies.append("Oh, [really|nice]! Tell me more [about it|].")
    reply = voice.say(replies, **slots)
    question, answer = fact.recalls
    return (
        [user(_capital(said)), assistant(_capital(reply))],
        [user(_capital(voice.say(question, **slots))), assistant(_capital(voice.say(answer, **slots)))],
    )


def never_told(voice: Voice) -> list[dict]:
    key = voice.pick([key for key, fact in FACTS.items() if fact.users])
    question = voice.say(FACTS[key].recalls[0], v="", a="", n="")
    answer = voice.say(
        "[You haven't told me [yet|].|I don't know that. You haven't told me.|I don't know, you never said so.] [Will you tell me?|]"
    )
    return [user(_capital(question)), assistant(answer.strip())]


def chat(voice: Voice) -> Document:
    persona = make(voice, voice.between(2, 9))
    text = describe(voice, persona)
    askable = [key for key in FACTS if FACTS[key].asks]
    known = [key for key in askable if key in persona]
    turns = list(smalltalk.greeting(voice, persona["name"])) if voice.chance(0.6) else []
    asked = voice.some(known, min(len(known), voice.between(1, 5)))
    told: list[dict] = []
    if voice.chance(0.35):
        first, told = tell_and_recall(voice)
        turns += first
    for key in asked:
        turns += ask(voice, persona, key) if voice.chance(0.85) else check(voice, persona, key)
        if voice.chance(0.2):
            turns += smalltalk.exchange(voice)
    if voice.chance(0.4):
        unknown = [key for key in askable if key not in persona]
        turns += ask(voice, persona, voice.pick(unknown))
    if asked and voice.chance(0.5):
        turns += ask(voice, persona, voice.pick(asked))
    turns += told
    if voice.chance(0.1):
        turns += never_told(voice) if not told else []
    if voice.chance(0.3):
        turns += smalltalk.parting(voice)
    return {"messages": [system(text), *turns]}


def memory(voice: Voice) -> Document:
    """Without a persona: what a person said, remembered over other turns."""
    tellings, recalls, said = [], [], set()
    for _ in range(voice.between(1, 3)):
        first, later = tell_and_recall(voice)
        if later[0]["content"] not in said:
            said.add(later[0]["content"])
            tellings.append(first)
            recalls.append(later)
    turns = list(smalltalk.greeting(voice)) if voice.chance(0.5) else []
    for telling in tellings:
        turns += telling
        if voice.chance(0.5):
            turns += smalltalk.exchange(voice)
    voice.random.shuffle(recalls)
    for recall in recalls:
        turns += recall
    if voice.chance(0.25):
        asked = {message["content"].lower() for message in turns}
        extra = never_told(voice)
        about = extra[0]["content"].rstrip("?").split(" my ")[-1].lower()
        if not any(about in text for text in asked):
            turns += extra
    return {"messages": turns}


KINDS = {"persona": chat, "memory": memory}
