"""Stories: a hero who wants something, what stands in the way, and how it ends. And chats in which one is told."""
from __future__ import annotations

from dataclasses import dataclass, field

from text.documents import Document, assistant, user

from . import tiny_stories, words
from .characters import Character, make
from .plots import PLOTS
from .voice import Voice, article, sentence

# First sentences, with the place and the weather of the day.
_OPENINGS = [
    "[Once upon a time|Long ago|Many years ago|A long time ago|Once], {in_place}, there [lived|was] {h_a} [named|called] {h}.",
    "{h} was {h_a} who lived {in_place}.",
    "There [once|] was {h_a} [named|called] {h}, who lived {in_place}.",
    "[Far away|Not far from here|Behind seven hills|At the end of a long road], {in_place}, lived {h_a} whose name was {h}.",
    "{In_place} lived {h_a}. {h_Their} name was {h}.",
    "This is the story of {h}, {h_a} who lived {in_place}.",
    "Everyone {in_place} knew {h}, {h_a} who loved {h_loves}.",
    "Have you heard of {h}? {h_They} was {h_a}, and {h_they} lived {in_place}.",
]
_TRAITS = [
    "{h} was very {h_trait}, and {h_they} loved {h_loves}.",
    "{h_They} was {h_a_trait} [one|little soul], and nothing made {h_them} happier than {h_loves}.",
    "Everyone said that {h} was {h_trait}.",
    "Most of all, {h_they} loved {h_loves}.",
    "[Every day|Each morning|Whenever {h_they} could], {h_they} found time {h_loves}.",
    'People said: "{h} is so {h_trait}!" And it was true.',
    "",
]
_DAYS = [
    "One {weather} [day|morning|afternoon], ",
    "One [morning|evening|day in {season}], ",
    "On a {weather} [day|morning] in {season}, ",
    "Then, one {weather} day, ",
    "It was a {weather} morning when ",
]
_ENDINGS = [
    "[And from that day on|From then on|After that], {h} [never forgot|always remembered] [it|that day|what had happened].",
    "That [night|evening], {h} fell asleep with a smile.",
    "And {h} [was happy|was glad|smiled all the way home].",
    "[And if you go there today, you may still meet {h_them}.|And that is how it was.|The end.]",
    "{h} went home, made [a cup of tea|a warm supper|a little fire], and thought about [the day|everything].",
    '"What a day!" said {h}. [And everyone laughed.|Then {h_they} went to bed.|And {h_they} meant it.]',
    "[They lived happily for many years.|And they all had supper together.|And they stayed friends for the rest of their lives.]",
    "",
]
_MORALS = {
    "help": [
        "It is easier when somebody helps you.",
        "A friend who helps is worth more than gold.",
        "Nobody has to do everything alone.",
    ],
    "practice": [
        "If you keep trying, you get better.",
        "Nobody is good at everything on the first day.",
        "Small steps take you far.",
    ],
    "kindness": ["A little kindness goes a long way.", "Being kind costs nothing.", "What you give comes back to you."],
    "looks": [
        "You can't know somebody by their looks.",
        "Not everything that looks scary is dangerous.",
        "First ask, then judge.",
    ],
    "honesty": ["It is better to tell the truth.", "A promise is a promise.", "Saying sorry is brave."],
    "content": [
        "Sometimes what you look for is at home.",
        "Enough is as good as plenty.",
        "The best things can't be bought.",
    ],
    "thinking": [
        "A good idea is stronger than strong arms.",
        "It pays to stop and think.",
        "Look closely before you are afraid.",
    ],
}


@dataclass
class Story:
    hero: Character
    title: str
    sentences: list[str]
    about: str  # as in “a story about …”
    facts: list[tuple[str, str]] = field(default_factory=list)  # questions and answers

    def text(self, voice: Voice) -> str:
        """In paragraphs of a few sentences."""
        paragraphs, at = [], 0
        while at < len(self.sentences):
            count = voice.between(2, 5)
            paragraphs.append(" ".join(self.sentences[at : at + count]))
            at += count
        return "\n\n".join(paragraphs) if voice.chance(0.7) else " ".join(self.sentences)


def _cast(voice: Voice) -> tuple[Character, dict[str, str]]:
    """A hero, and what the templates of a story are filled with."""
    taken: set[str] = set()
    hero, friend, other = make(voice, taken), make(voice, taken), make(voice, taken)
    place = voice.pick(words.NATURE + ["village", "town", "garden", "city", "castle"])
    preposition = "on" if place in ("mountain", "hill", "island") else "by" if place in ("river", "lake") else "in"
    adjective = voice.pick(["green", "quiet", "wide", "deep", "old", "beautiful", "lonely", "sunny", "small", "hidden"])
    in_place = f"{preposition} {article(adjective)} {place}"
    thing = voice.pick(list(words.OBJECTS))
    slots = {
        **hero.slots("h"),
        **friend.slots("f"),
        **other.slots("o"),
        "place": place,
        "in_place": in_place,
        "In_place": sentence(in_place),
        "weather": voice.pick(words.WEATHER),
        "season": voice.pick(words.SEASONS),
        "thing": thing,
        "a_thing": article(thing),
        "fruit": voice.pick(words.FRUITS),
        "thing_adjective": voice.pick(words.OBJECTS[thing]),
        "fear": voice.pick(words.FEARS),
    }
    return hero, slots


def tell(voice: Voice) -> Story:
    hero, slots = _cast(voice)
    told = voice.pick(PLOTS)(voice, slots)
    opening = voice.say(_OPENINGS, **slots)
    sentences = [opening, "" if hero.loves in opening else voice.say(_TRAITS, **slots)]
    sentences += [voice.say(_DAYS, **slots) + told.sentences[0], *told.sentences[1:], voice.say(_ENDINGS, **slots)]
    if voice.chance(0.25):
        sentences.append(voice.pick(_MORALS[told.moral]))
    sentences = [sentence(s) for s in sentences if s]
    facts = [
        ("What was the name of the hero?", f"The hero was called {hero.name}."),
        (f"Who was {hero.name}?", voice.say("{h} was {h_a} who lived {in_place}.", **slots)),
        (f"Where did {hero.name} live?", voice.say("{h} lived {in_place}.", **slots)),
        *told.facts,
    ]
    about = voice.pick(_subjects(hero, slots, " ".join(sentences)) + [told.about, told.about])
    short = _short_kind(hero).title()
    title = voice.pick([f"{hero.name} and the {told.title}", f"The {short} and the {told.title}", f"The {told.title}"])
    return Story(hero, title, sentences, about, facts)


def _short_kind(hero: Character) -> str:
    return hero.kind if hero.adult else hero.kind.split(" ")[-1]


def _subjects(hero: Character, slots: dict[str, str], text: str) -> list[str]:
    """What the story can be said to be about: what occurs in it."""
    kind = article(_short_kind(hero))
    subjects = [kind, article(hero.kind), f"{kind} called {hero.name}", f"{hero.name}, {article(hero.kind)}"]
    if slots["in_place"] in text.lower():
        subjects.append(f"{kind} who lives {slots['in_place']}")
    if hero.trait in text:
        subjects.append(f"{article(hero.trait)} {_short_kind(hero)}")
    if slots["thing"] in text:
        subjects += [f"{kind} and {slots['a_thing']}", slots["a_thing"]]
    if slots["f"] in text:
        subjects += [f"{kind} and {slots['f_a']}", "two friends"]
    if slots["season"] in text:
        subjects.append(slots["season"])
    return subjects


def prose(voice: Voice) -> Document:
    story = tell(voice)
    text = story.text(voice)
    return {"text": f"{story.title}\n\n{text}" if voice.chance(0.5) else text}


_ASK = [
    "[Please t|T|Can you t|Could you t|Would you t]ell me a [short|little|nice|simple|new|] story about {about}[.|!|, please.]",
    "[Write|I'd like|I want|Make up] a [short|small|nice|] story about {about}[.|, please.]",
    "[Do you know|Have you got] a story about {about}?",
    "[Can you|Could you] [write|make up|invent] a [story|bedtime story|tale] about {about}?",
    "A story about {about}[, please|][!|.]",
    "My [daughter|son|little sister|nephew|grandchild] wants to hear a story about {about}.",
    "Story time! [Something with|Tell me about] {about}[.|!]",
]
_ASK_ANY = [
    "Tell me a [short|bedtime|nice|] story[.|!|, please.]",
    "[Can|Could] you tell me a story?",
    "I [can't sleep|am bored]. Tell me a story[.|!]",
    "[Do you know|Have you got] a [good|nice|] story [for me|]?",
    "Write a [short|little] story[.| for children.]",
]
_BEFORE = [
    "[Of course|Sure|With pleasure|Gladly|Yes, here is one][!|.]\n\n",
    "[Here it is|Here we go|Here is a story for you]:\n\n",
]
_AFTER_STORY = [
    (
        "[Thank you|Thanks][!|.] [That was nice.|I liked it.|What a lovely story!|]",
        "[I'm glad that you liked it!|You're welcome!|It was a pleasure.] [Shall I tell you another one?|Would you like one more?|]",
    ),
    (
        "[That's nice.|Nice!|I like {h}.]",
        "[I like {h} too.|{h} is a good hero, I think.|Me too! {h_They} is {h_a_trait} one.]",
    ),
    (
        "What do you like [about|in] this story?",
        "[I like that {h} did not give up.|I like {h}, because {h_they} is so {h_trait}.|I like the ending.]",
    ),
]


def chat(voice: Voice) -> Document:
    story = tell(voice)
    ask = voice.say(_ASK, about=story.about) if voice.chance(0.75) else voice.say(_ASK_ANY)
    before = voice.say(_BEFORE) if voice.chance(0.2) else ""
    messages = [user(ask), assistant(before + story.text(voice))]
    for question, answer in voice.some(story.facts, min(len(story.facts), voice.pick([0, 0, 1, 1, 2, 3]))):
        messages += [user(question), assistant(answer)]
    if voice.chance(0.3):
        question, answer = voice.pick(_AFTER_STORY)
        slots = story.hero.slots("h")
        messages += [user(voice.say(question, **slots).strip()), assistant(voice.say(answer, **slots).strip())]
    return {"messages": messages}


_ASK_TINY = [
    "[Please t|T|Can you t|Could you t]ell me a [very short|tiny] story[.|!| about {about}.]",
    "[A|Write a] story in [a few|four] sentences[| about {about}][, please|].",
    "[Just|Only] a very short story, [please|I'm tired][.|!]",
    "[Tell me|Give me] a one-minute story.",
]


def tiny(voice: Voice) -> Document:
    hero, slots = _cast(voice)
    sentences = [sentence(s) for s in tiny_stories.tell(voice, slots)]
    ask = voice.say(_ASK_TINY, about=voice.pick(_subjects(hero, slots, " ".join(sentences))))
    return {"messages": [user(ask), assistant(" ".join(sentences))]}


KINDS = {"story": prose, "story chat": chat, "tiny story": tiny}
