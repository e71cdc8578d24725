"""Chats with a persona: its facts stand in the system text, are asked for, asked for again, and never change.

What the persona does not know about itself it says so. People tell it things about themselves too, and it remembers.
"""
from __future__ import annotations

from dataclasses import dataclass

from text.documents import Document, assistant, system, user

from . import smalltalk, words
from .voice import Voice, article, sentence

Persona = dict[str, str]


@dataclass(frozen=True)
class Fact:
    """How one fact is written into a system text (`you`, `i`), asked for and answered. `{v}` is its value."""

    you: str
    asks: list[str]
    answers: list[str]
    unknown: list[str]  # answers where the system text says nothing of it
    users: str = ""  # how a person says it of themselves; empty: they don't
    recalls: tuple[str, str] = ("", "")  # their question for it, and the answer


_FAVOURITE_ASKS = [
    "[What is|What's] your favourite {w}?", "Which {w} do you like [best|most]?", "Do you have a favourite {w}?",
    "[Tell me|And] your favourite {w}?", "What {w} do you like?",
]  # fmt: skip


def _favourite(what: str, plural_answer: bool = False) -> Fact:
    verb = "are" if plural_answer else "is"
    return Fact(
        you=f"[Your favourite {what} {verb} {{v}}.|You love {{v}}.|You like {{v}} best.]" if what not in ("colour", "season")
        else f"Your favourite {what} is {{v}}.",
        asks=[ask.replace("{w}", what) for ask in _FAVOURITE_ASKS],
        answers=[f"My favourite {what} {verb} {{v}}.", "I like {v} best.", "{V}! [I love it.|No question.|Definitely.|]",
                 "I'd say {v}.", f"That's easy: {{v}}.", "{V} {is_are} my favourite."],
        unknown=[f"I don't have a favourite {what}.", f"I never thought about a favourite {what}. [What is yours?|Do you have one?]",
                 f"I can't say. There are too many nice ones."],
        users=f"My favourite {what} {verb} {{v}}.",
        recalls=(f"[What is|What's|Do you remember] my favourite {what}?", f"[You said that your|Your] favourite {what} {verb} {{v}}."),
    )  # fmt: skip


FACTS: dict[str, Fact] = {
    "name": Fact("You are {v}.",
        ["What's your name?", "What is your name?", "Who are you?", "How should I call you?", "[May|Can] I ask your name?", "And you are?"],
        ["My name is {v}.", "I'm {v}[.|!|, nice to meet you.]", "{v}. [And yours?|What is yours?|And you?]", "You can call me {v}.", "I am {v}. [Nice to meet you!|]"],
        ["I don't have a name yet. [What would you call me?|]"],
        "[My name is|I'm|I am] {v}.", ("[What's|What is|Do you know|Do you remember] my name?", "[Your name is|You are|You're] {v}.")),
    "age": Fact("You are {v} years old.",
        ["How old are you?", "What's your age?", "[May|Can] I ask how old you are?"],
        ["I'm {v} years old.", "I'm {v}.", "{V}. [How old are you?|And you?|]", "I turned {v} this year."],
        ["I'd rather not say how old I am.", "I don't know my age, to be honest."],
        "I'm {v} years old.", ("How old am I?", "[You told me that you are|You are] {v} years old.")),
    "job": Fact("You [work as|are] {a}.",
        ["What do you do [for a living|for work]?", "What is your job?", "What's your job?", "Do you work?", "Where do you work?", "What kind of work do you do?"],
        ["I'm {a}. [I {does}.|]", "I work as {a}.", "I {does}. I'm {a}.", "I am {a}[, and I love it.|.]"],
        ["I don't have a job [right now|at the moment].", "I'm not working at the moment."],
        "I'm {a}.", ("What is my job?", "You are {a}.")),
    "home": Fact("You live in {v}.",
        ["Where do you live?", "Where is your home?", "What town do you live in?", "Where's home for you?"],
        ["I live in {v}.", "My home is in {v}.", "In {v}. [It's quiet there.|I like it there.|Do you know it?|]", "I've lived in {v} for [a long time|many years]."],
        ["I'd rather keep that to myself.", "I have no fixed home."],
        "I live in {v}.", ("Where do I live?", "You live in {v}.")),
    "pet": Fact("You have {a} named {n}.",
        ["Do you have [a pet|any pets|pets]?", "Have you got [a pet|any animals]?", "Tell me about your pets.", "Do you have an animal at home?"],
        ["Yes, I have {a} named {n}.", "I have {a}. {n} is [very sweet|a bit lazy|always hungry|my best friend].", "Yes! {A} called {n}."],
        ["No, I don't have any pets.", "I have no pets. [Do you?|]"],
        "I have {a} named {n}.", ("[What is my pet called|What's the name of my pet]?", "Your {v} is called {n}.")),
    "hobby": Fact("[You like|You love|You enjoy|In your free time, you like] {v}.",
        ["What do you like to do [in your free time|for fun|]?", "What are your hobbies?", "Do you have [a hobby|any hobbies]?", "What do you enjoy?", "How do you spend your [free time|evenings|weekends]?"],
        ["I like {v}.", "I love {v}. [There is nothing like {with_it}.|]", "My hobby is {v}.", "In my free time I like {v}. [And you?|What about you?|]", "{V}, most of all. [I like {with_it}.|]"],
        ["I don't have a real hobby [yet|].", "Nothing special. [I like to talk to people.|What do you like?]"],
        "[I like|I love] {v}.", ("What do I like to do?", "You like {v}.")),
    "food": _favourite("food"), "colour": _favourite("colour"), "season": _favourite("season"), "drink": _favourite("drink"),
    "animal": _favourite("animal"), "sport": _favourite("sport"),
    "fear": Fact("You are afraid of {v}.",
        ["What are you afraid of?", "Is there anything that you are afraid of?", "What scares you?", "Are you afraid of anything?"],
        ["I'm afraid of {v}.", "{V}. [Don't laugh!|I can't help it.|]", "To be honest, {v} scare{s} me."],
        ["Not much, really.", "I'm not afraid of anything that I can think of."]),
    "dream": Fact("Your dream is {v}.",
        ["What is your [biggest|] dream?", "Do you have a dream?", "What do you wish for?", "What would you like to do one day?"],
        ["My dream is {v}.", "I'd like {v} one day.", "I have always wanted {v}.", "One day I want {v}."],
        ["I haven't found my dream yet.", "I don't have a big dream. Small things make me happy."]),
    "instrument": Fact("You play the {v}.",
        ["Do you play an instrument?", "Which instrument do you play?", "Can you play any music?"],
        ["Yes, I play the {v}.", "I play the {v}. [Not very well, but I enjoy it.|I practise every week.|]", "The {v}. [Do you play something?|]"],
        ["No, I don't play an instrument.", "No. I only listen."]),
    "sibling": Fact("You have {a} named {n}.",
        ["Do you have any brothers or sisters?", "Do you have siblings?", "Have you got a brother or a sister?"],
        ["Yes, I have {a} named {n}.", "I have {a}. {S_They} is called {n}."],
        ["No, I'm an only child.", "I don't have any brothers or sisters."]),
    "house": Fact("Your home is {v}.",
        ["What is your [house|home] like?", "Do you live in a house?", "Tell me about your home."],
        ["I live in {v}.", "My home is {v}."],
        ["It's nothing special, but I like it.", "I'd rather not talk about my home."]),
    "speech": Fact("[You speak|You always answer] {v}.", [], [], []),
}  # fmt: skip

_MANNERS = ["kindly", "in short sentences", "with warmth", "politely", "calmly", "like a good friend", "with simple words"]


def make(voice: Voice, count: int) -> Persona:
    """The values of a name and of `count` other facts."""
    girl = voice.chance(0.5)
    values = {"name": voice.pick(words.GIRLS if girl else words.BOYS)}
    if voice.chance(0.3):
        values["name"] += " " + voice.pick(words.FAMILY_NAMES)
    pools = {
        "home": words.TOWNS, "hobby": list(words.HOBBIES), "food": words.FOODS, "colour": words.COLOURS, "season": words.SEASONS,
        "drink": words.DRINKS, "animal": [f"the {animal}" for animal in words.ANIMALS], "sport": words.SPORTS, "fear": words.FEARS, "dream": words.DREAMS,
        "instrument": words.INSTRUMENTS, "house": words.HOUSES, "pet": words.PETS,
        "sibling": ["brother", "sister", "twin brother", "twin sister", "little brother", "big sister"],
        "job": [job for job in words.JOBS if girl or not job.endswith("woman")], "speech": _MANNERS,
    }  # fmt: skip
    for key in voice.some([*pools, "age"], count):
        values[key] = str(voice.between(18, 79)) if key == "age" else voice.pick(pools[key])
    return values


def _slots(voice: Voice, persona: Persona, key: str) -> dict[str, str]:
    """For the templates of a fact. What is drawn beside the value (a pet's name) stays with the persona."""
    value = persona.get(key, "")
    slots = {"v": value, "V": sentence(value), "a": article(value) if value else "", "A": sentence(article(value)) if value else ""}
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
    form = voice.random.random()
    if form < 0.15:
        facts = [f"- {key}: {persona[key]}" for key in keys if key not in ("pet", "sibling", "speech")]
        facts += [f"- {key}: {persona[key]}, named {persona[f'{key} name']}" for key in ("pet", "sibling") if key in persona]
        return f"You are {persona['name']}.\n" + "\n".join(facts)
    if form < 0.3:
        return "\n".join(lines)
    text = " ".join(lines)
    if form < 0.4:
        text += voice.say([" Stay in character.", " Answer as {v} would.", " Never say that you are a machine.", " Talk to the user."], v=persona["name"])
    return text


def _capital(text: str) -> str:
    return sentence(text.strip())


def ask(voice: Voice, persona: Persona, key: str) -> list[dict]:
    """A question for a fact, and the answer that the persona gives."""
    fact = FACTS[key]
    slots = _slots(voice, persona, key)
    answer = voice.say(fact.answers if key in persona else fact.unknown, **slots)
    question = voice.say(fact.asks, **slots)
    if voice.chance(0.15):
        question = voice.pick(["And ", "So, ", "By the way, ", "Tell me, ", "One more thing: "]) + question[0].lower() + question[1:]
    return [user(_capital(question)), assistant(_capital(answer))]


def check(voice: Voice, persona: Persona, key: str) -> list[dict]:
    """“Is your name …?”, right or wrong."""
    pools = {"colour": words.COLOURS, "home": words.TOWNS, "food": words.FOODS, "season": words.SEASONS, "animal": [f"the {animal}" for animal in words.ANIMALS]}
    if key not in pools or key not in persona:
        return ask(voice, persona, key)
    true = voice.chance(0.5)
    claimed = persona[key] if true else voice.pick([value for value in pools[key] if value != persona[key]])
    what = "live in" if key == "home" else "like"
    question = f"You {what} {claimed}, right?" if key == "home" or voice.chance(0.5) else f"Is your favourite {key} {claimed}?"
    if key != "home" and not question.startswith("Is"):
        question = f"Your favourite {key} is {claimed}, isn't it?"
    if true:
        answer = voice.say(["Yes, [that's right|exactly|it is][.|!]" if key != "home" else "Yes, [that's right|exactly][.|!]", "Right!"])
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
        replies = ["[That's nice|Nice|How nice|Good to know|I see][!|.] [Thank you for telling me.|I'll remember that.|]"]
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
    answer = voice.say("[You haven't told me [yet|].|I don't know that. You haven't told me.|I don't know, you never said so.] [Will you tell me?|]")
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

