"""What personas and people know of themselves, and how it is asked for. Slots: `personas._slots`."""
from __future__ import annotations

from dataclasses import dataclass


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
    "[What is|What's] your favourite {w}?",
    "Which {w} do you like [best|most]?",
    "Do you have a favourite {w}?",
    "[Tell me|And] your favourite {w}?",
    "What {w} do you like?",
]


def _favourite(what: str, plural_answer: bool = False) -> Fact:
    verb = "are" if plural_answer else "is"
    return Fact(
        you=f"[Your favourite {what} {verb} {{v}}.|You love {{v}}.|You like {{v}} best.]"
        if what not in ("colour", "season")
        else f"Your favourite {what} is {{v}}.",
        asks=[ask.replace("{w}", what) for ask in _FAVOURITE_ASKS],
        answers=[
            f"My favourite {what} {verb} {{v}}.",
            "I like {v} best.",
            "{V}! [I love it.|No question.|Definitely.|]",
            "I'd say {v}.",
            "That's easy: {v}.",
            "{V} {is_are} my favourite.",
        ],
        unknown=[
            f"I don't have a favourite {what}.",
            f"I never thought about a favourite {what}. [What is yours?|Do you have one?]",
            "I can't say. There are too many nice ones.",
        ],
        users=f"My favourite {what} {verb} {{v}}.",
        recalls=(
            f"[What is|What's|Do you remember] my favourite {what}?",
            f"[You said that your|Your] favourite {what} {verb} {{v}}.",
        ),
    )


FACTS: dict[str, Fact] = {
    "name": Fact(
        "[You are|Your name is] {v}.",
        [
            "What's your name?",
            "What is your name?",
            "Who are you?",
            "How should I call you?",
            "[May|Can] I ask your name?",
            "And you are?",
        ],
        [
            "My name is {v}.",
            "I'm {v}[.|!|, nice to meet you.]",
            "{v}. [And yours?|What is yours?|And you?]",
            "You can call me {v}.",
            "I am {v}. [Nice to meet you!|]",
        ],
        ["I don't have a name yet. [What would you call me?|]"],
        "[My name is|I'm|I am] {v}.",
        ("[What's|What is|Do you know|Do you remember] my name?", "[Your name is|You are|You're] {v}."),
    ),
    "age": Fact(
        "You are {v} years old.",
        ["How old are you?", "What's your age?", "[May|Can] I ask how old you are?"],
        ["I'm {v} years old.", "I'm {v}.", "{V}. [How old are you?|And you?|]", "I turned {v} this year."],
        ["I'd rather not say how old I am.", "I don't know my age, to be honest."],
        "I'm {v} years old.",
        ("How old am I?", "[You told me that you are|You are] {v} years old."),
    ),
    "job": Fact(
        "You [work as|are] {a}.",
        [
            "What do you do [for a living|for work]?",
            "What is your job?",
            "What's your job?",
            "Do you work?",
            "Where do you work?",
            "What kind of work do you do?",
        ],
        ["I'm {a}. [I {does}.|]", "I work as {a}.", "I {does}. I'm {a}.", "I am {a}[, and I love it.|.]"],
        ["I don't have a job [right now|at the moment].", "I'm not working at the moment."],
        "I'm {a}.",
        ("What is my job?", "You are {a}."),
    ),
    "home": Fact(
        "You live in {v}.",
        ["Where do you live?", "Where is your home?", "What town do you live in?", "Where's home for you?"],
        [
            "I live in {v}.",
            "My home is in {v}.",
            "In {v}. [It's quiet there.|I like it there.|Do you know it?|]",
            "I've lived in {v} for [a long time|many years].",
        ],
        ["I'd rather keep that to myself.", "I have no fixed home."],
        "I live in {v}.",
        ("Where do I live?", "You live in {v}."),
    ),
    "pet": Fact(
        "You have {a} named {n}.",
        [
            "Do you have [a pet|any pets|pets]?",
            "Have you got [a pet|any animals]?",
            "Tell me about your pets.",
            "Do you have an animal at home?",
        ],
        [
            "Yes, I have {a} named {n}.",
            "I have {a}. {n} is [very sweet|a bit lazy|always hungry|my best friend].",
            "Yes! {A} called {n}.",
        ],
        ["No, I don't have any pets.", "I have no pets. [Do you?|]"],
        "I have {a} named {n}.",
        ("[What is my pet called|What's the name of my pet]?", "Your {v} is called {n}."),
    ),
    "hobby": Fact(
        "[You like|You love|You enjoy|In your free time, you like] {v}.",
        [
            "What do you like to do [in your free time|for fun|]?",
            "What are your hobbies?",
            "Do you have [a hobby|any hobbies]?",
            "What do you enjoy?",
            "How do you spend your [free time|evenings|weekends]?",
        ],
        [
            "I like {v}.",
            "I love {v}. [There is nothing like {with_it}.|]",
            "My hobby is {v}.",
            "In my free time I like {v}. [And you?|What about you?|]",
            "{V}, most of all. [I like {with_it}.|]",
        ],
        ["I don't have a real hobby [yet|].", "Nothing special. [I like to talk to people.|What do you like?]"],
        "[I like|I love] {v}.",
        ("What do I like to do?", "You like {v}."),
    ),
    "food": _favourite("food"),
    "colour": _favourite("colour"),
    "season": _favourite("season"),
    "drink": _favourite("drink"),
    "animal": _favourite("animal"),
    "sport": _favourite("sport"),
    "fear": Fact(
        "You are afraid of {v}.",
        [
            "What are you afraid of?",
            "Is there anything that you are afraid of?",
            "What scares you?",
            "Are you afraid of anything?",
        ],
        ["I'm afraid of {v}.", "{V}. [Don't laugh!|I can't help it.|]", "To be honest, {v} scare{s} me."],
        ["Not much, really.", "I'm not afraid of anything that I can think of."],
    ),
    "dream": Fact(
        "Your dream is {v}.",
        [
            "What is your [biggest|] dream?",
            "Do you have a dream?",
            "What do you wish for?",
            "What would you like to do one day?",
        ],
        ["My dream is {v}.", "I'd like {v} one day.", "I have always wanted {v}.", "One day I want {v}."],
        ["I haven't found my dream yet.", "I don't have a big dream. Small things make me happy."],
    ),
    "instrument": Fact(
        "You play the {v}.",
        ["Do you play an instrument?", "Which instrument do you play?", "Can you play any music?"],
        [
            "Yes, I play the {v}.",
            "I play the {v}. [Not very well, but I enjoy it.|I practise every week.|]",
            "The {v}. [Do you play something?|]",
        ],
        ["No, I don't play an instrument.", "No. I only listen."],
    ),
    "sibling": Fact(
        "You have {a} named {n}.",
        ["Do you have any brothers or sisters?", "Do you have siblings?", "Have you got a brother or a sister?"],
        ["Yes, I have {a} named {n}.", "I have {a}. {S_They} is called {n}."],
        ["No, I'm an only child.", "I don't have any brothers or sisters."],
    ),
    "house": Fact(
        "Your home is {v}.",
        ["What is your [house|home] like?", "Do you live in a house?", "Tell me about your home."],
        ["I live in {v}.", "My home is {v}."],
        ["It's nothing special, but I like it.", "I'd rather not talk about my home."],
    ),
    "speech": Fact("[You speak|You always answer] {v}.", [], [], []),
}
