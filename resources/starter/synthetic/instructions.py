"""Simple tasks with words, a few common facts, and what a small model cannot know, which it says."""
from __future__ import annotations

from typing import Callable

from text.documents import Document, assistant, user

from . import knowledge, smalltalk, words
from .voice import Voice, article, listed, plural, sentence

Task = tuple[str, str]  # with its answer

_CATEGORIES = {
    "animals": words.ANIMALS,
    "fruits": words.FRUITS,
    "vegetables": words.VEGETABLES,
    "colours": words.COLOURS,
    "jobs": list(words.JOBS),
    "instruments": words.INSTRUMENTS,
    "sports": words.SPORTS,
    "drinks": words.DRINKS,
    "things to eat": words.FOODS,
    "hobbies": list(words.HOBBIES),
    "places": words.PLACES,
    "months": words.MONTHS,
    "days of the week": words.DAYS,
    "seasons": words.SEASONS,
    "names for a cat": words.PET_NAMES,
    "pets": words.PETS,
}


def name_some(voice: Voice) -> Task:
    what = voice.pick(list(_CATEGORIES))
    count = voice.between(2, min(6, len(_CATEGORIES[what])))
    items = voice.some(_CATEGORIES[what], count)
    number = ["", "one", "two", "three", "four", "five", "six"][count]
    question = voice.say(
        [
            "[Name|List|Tell me|Give me|Write down] {n} {w}.",
            "Can you [name|list] {n} {w}?",
            "[I need|Please give me] {n} {w}.",
        ],
        n=voice.pick([number, str(count)]),
        w=what,
    )
    form = voice.random.random()
    if form < 0.35:
        return question, "\n".join(f"{i}. {sentence(item)}" for i, item in enumerate(items, 1))
    if form < 0.6:
        return question, "\n".join(f"- {item}" for item in items)
    return question, sentence(listed(items)) + "."


def opposite(voice: Voice) -> Task:
    a, b = voice.pick(knowledge.OPPOSITES).split("-")
    return voice.say(
        [
            'What is the opposite of "{a}"?',
            "What's the opposite of {a}?",
            "Give me the opposite of {a}.",
            "Opposite of {a}?",
        ],
        a=a,
    ), voice.say(["The opposite of {a} is {b}.", "{B}.", 'It is "{b}".'], a=a, b=b, B=sentence(b))


def past(voice: Voice) -> Task:
    a, b = voice.pick(knowledge.PAST).split("-")
    return voice.say(
        ['What is the past tense of "{a}"?', 'Put "{a}" into the past.', "Today I {a}. Yesterday I ...?"], a=a
    ), voice.say(["The past tense of {a} is {b}.", "Yesterday I {b}.", "{B}."], a=a, b=b, B=sentence(b))


def many(voice: Voice) -> Task:
    noun = voice.pick(
        words.ANIMALS + list(words.OBJECTS) + words.FRUITS + ["child", "man", "woman", "knife", "leaf", "foot", "tooth"]
    )
    return voice.say(
        ['What is the plural of "{a}"?', "One {a}, two ...?", "What is the plural of {a}?"], a=noun
    ), voice.say(["The plural of {a} is {b}.", "Two {b}.", "{B}."], a=noun, b=plural(noun), B=sentence(plural(noun)))


def repeat(voice: Voice) -> Task:
    (a, b), place = voice.some(list(words.OBJECTS), 2), voice.pick(words.PLACES)
    said = voice.pick(
        [
            f"The {a} is in the {place}",
            f"I have {article(a)} and {article(b)}",
            f"{voice.pick(words.GIRLS)} likes {voice.pick(words.FOODS)}",
            f"A {voice.pick(words.OBJECTS[a])} {a}",
        ]
    )
    return (
        voice.say(
            ["[Repeat|Say|Write] this: {s}", "[Repeat|Say] after me: {s}", 'Please [repeat|write|say]: "{s}"'], s=said
        ),
        said,
    )


def capitals(voice: Voice) -> Task:
    word = voice.pick(list(words.OBJECTS) + words.ANIMALS + words.FRUITS)
    return (
        voice.say(
            [
                '[Write|Put] "{w}" in capital letters.',
                "{w} in capital letters, please.",
                "Can you write {w} in uppercase?",
            ],
            w=word,
        ),
        word.upper(),
    )


def spell(voice: Voice) -> Task:
    word = voice.pick(list(words.OBJECTS) + words.ANIMALS + words.FRUITS)
    return voice.say(['How do you spell "{w}"?', "Spell {w}.", "Can you spell the word {w}?"], w=word), "-".join(
        word.upper().replace(" ", "")
    )


def first_letter(voice: Voice) -> Task:
    word = voice.pick(list(words.OBJECTS) + words.ANIMALS + words.FRUITS + words.GIRLS)
    if voice.chance(0.5):
        return f"What is the first letter of {word}?", f"The first letter of {word} is {word[0].upper()}."
    return f"What is the last letter of {word}?", f"The last letter of {word} is {word[-1].upper()}."


def odd_one(voice: Voice) -> Task:
    groups = {
        "animals": words.ANIMALS,
        "fruits": words.FRUITS,
        "colours": words.COLOURS,
        "days": words.DAYS,
        "instruments": words.INSTRUMENTS,
        "drinks": words.DRINKS,
    }
    most, odd = voice.some(list(groups), 2)
    items = voice.some([w for w in groups[most] if w not in groups[odd]], 3)
    stranger = voice.pick([w for w in groups[odd] if w not in groups[most]])
    items.insert(voice.between(0, 3), stranger)
    return voice.say(
        ["Which [word|one] does not belong: {s}?", "Find the odd one out: {s}.", "Which is different: {s}?"],
        s=", ".join(items),
    ), voice.say(
        ["{S} does not belong. The others are {g}.", "{S}, because the others are {g}."], S=sentence(stranger), g=most
    )


def order(voice: Voice) -> Task:
    if voice.chance(0.5):
        numbers = voice.some(range(1, 100), voice.between(3, 5))
        return voice.say(
            ["[Sort|Order] these numbers: {s}", "Put these numbers in order: {s}"], s=", ".join(map(str, numbers))
        ), ", ".join(map(str, sorted(numbers)))
    chosen = voice.some(words.FRUITS + words.ANIMALS, voice.between(3, 4))
    return voice.say(
        ["Sort these words by the alphabet: {s}", "Put these words in alphabetical order: {s}"], s=", ".join(chosen)
    ), ", ".join(sorted(chosen))


def count_items(voice: Voice) -> Task:
    items = voice.some(words.FRUITS + words.ANIMALS + list(words.OBJECTS), voice.between(2, 7))
    numbers = ["", "", "two", "three", "four", "five", "six", "seven"]
    return (
        voice.say(["How many words are these: {s}?", "Count these words: {s}."], s=", ".join(items)),
        f"These are {numbers[len(items)]} words.",
    )


def sort_of(voice: Voice) -> Task:
    groups = {
        "an animal": words.ANIMALS,
        "a fruit": words.FRUITS,
        "a vegetable": words.VEGETABLES,
        "a colour": [c for c in words.COLOURS if c != "orange"],
        "an instrument": words.INSTRUMENTS,
        "a season": words.SEASONS,
        "a month": words.MONTHS,
    }
    true = voice.pick(list(groups))
    item = voice.pick([w for w in groups[true] if w not in ("orange", "May")])
    if voice.chance(0.5):
        return (
            f"What is {item if true in ('a colour', 'a season', 'a month') else article(item)}?",
            f"{sentence(item if true in ('a colour', 'a season', 'a month') else article(item))} is {true}.",
        )
    claimed = true if voice.chance(0.5) else voice.pick([g for g in groups if item not in groups[g]])
    shown = item if true in ("a colour", "a season", "a month") else article(item)
    return f"Is {shown} {claimed}?", f"Yes, {shown} is {true}." if claimed == true else f"No, {shown} is {true}."


def neighbour(voice: Voice) -> Task:
    row, unit = voice.pick([(words.DAYS, "day"), (words.MONTHS, "month"), (words.SEASONS, "season")])
    at = voice.between(0, len(row) - 1)
    after = voice.chance(0.6)
    other = row[(at + (1 if after else -1)) % len(row)]
    word = "after" if after else "before"
    return voice.say(["What {u} comes {w} {x}?", "Which {u} is {w} {x}?"], u=unit, w=word, x=row[at]), voice.say(
        ["{W} {x} comes {o}.", "{O}."], W=sentence(word), x=row[at], o=other, O=sentence(other)
    )


def sound(voice: Voice) -> Task:
    animal = voice.pick(list(knowledge.SOUNDS))
    return voice.say(["What does {a} say?", "What sound does {a} make?"], a=article(animal)), voice.say(
        ["{A} says: {s}!", "{s}!"], A=sentence(article(animal)), s=knowledge.SOUNDS[animal]
    )


def colour_of(voice: Voice) -> Task:
    thing = voice.pick(list(knowledge.COLOUR_OF))
    return voice.say(["What colour is {t}?", "Which colour does {t} have?"], t=thing), voice.say(
        ["{T} is {c}.", "{C}."], T=sentence(thing), c=knowledge.COLOUR_OF[thing], C=sentence(knowledge.COLOUR_OF[thing])
    )


def meaning(voice: Voice) -> Task:
    word = voice.pick(list(knowledge.MEANINGS))
    means = knowledge.MEANINGS[word]
    if voice.chance(0.25):
        return f'Which word means "{means}"?', voice.say(['That is "{w}".', "{W}."], w=word, W=sentence(word))
    return voice.say(
        ['What does "{w}" mean?', "What is the meaning of {w}?", "Explain the word {w}."], w=word
    ), voice.say(['"{W}" means: {m}.', "{M}."], W=sentence(word), m=means, M=sentence(means))


def fact(voice: Voice) -> Task:
    return voice.pick(list(knowledge.FACTS.items()))


def sentence_with(voice: Voice) -> Task:
    thing, animal = voice.pick(list(words.OBJECTS)), voice.pick(words.ANIMALS)
    name, place = voice.pick(words.GIRLS + words.BOYS), voice.pick(words.PLACES)
    said = voice.say(
        [
            "{n} left the {t} in the {p}.",
            "The {a} looked at the {t} for a long time.",
            "There is a {d} {t} in the {p}.",
            "{n} gave the {t} to a friend.",
            "In the {p} stood {n} with a {d} {t}.",
        ],
        n=name,
        t=thing,
        p=place,
        a=animal,
        d=voice.pick(words.OBJECTS[thing]),
    )
    wanted = [thing] + [w for w in (place, animal) if w in said and voice.chance(0.5)]
    return (
        voice.say(
            ["[Write|Make|Give me] a sentence with {w}.", "[Use|Can you use] {w} in a sentence[?|.]"],
            w=listed([f'"{w}"' for w in wanted]),
        ),
        said,
    )


def rewrite(voice: Voice) -> Task:
    thing, verb = voice.pick(list(words.OBJECTS)), voice.pick(["Give me", "Bring me", "Show me", "Pass me"])
    return voice.say(
        ['Say this politely: "{v} the {t}!"', "Make this more polite: {v} the {t}!"], v=verb, t=thing
    ), voice.say(["Could you please {v} the {t}?", "Would you {v} the {t}, please?"], v=verb.lower(), t=thing)


def question_form(voice: Voice) -> Task:
    name, verb, thing = (
        voice.pick(words.GIRLS + words.BOYS),
        voice.pick(["likes", "wants", "needs", "sees", "finds"]),
        voice.pick(list(words.OBJECTS)),
    )
    return f"Make a question: {name} {verb} the {thing}.", f"Does {name} {verb[:-1]} the {thing}?"


def advice(voice: Voice) -> Task:
    return voice.pick(
        [
            ("How do I make tea?", "Boil some water, pour it over the tea, and wait for a few minutes."),
            (
                "How do I make a sandwich?",
                "Take two slices of bread, put cheese or whatever you like between them, and press gently.",
            ),
            ("How can I fall asleep?", "Make the room dark and quiet, put your phone away, and breathe slowly."),
            (
                "How do I plant a tree?",
                "Dig a hole, put the roots in, fill it with earth, and give it plenty of water.",
            ),
            (
                "How do I boil an egg?",
                "Put the egg into boiling water. After six minutes it is soft, after ten it is hard.",
            ),
            ("How can I make friends?", "Smile, ask people about themselves, and listen well."),
            ("How do I clean a window?", "Use warm water with a little soap, and wipe it dry with a cloth."),
            ("How can I learn a poem?", "Read it aloud, learn one line at a time, and say it again the next day."),
            (
                "What should I pack for a trip?",
                "Take clothes for every weather, a toothbrush, something to read, and your papers.",
            ),
            (
                "How do I cheer up a friend?",
                "Listen first. Then do something nice together, like a walk or a cup of tea.",
            ),
            (
                "How do I make pancakes?",
                "Mix flour, milk, eggs and a little salt. Pour some into a hot pan, and turn it when it is golden.",
            ),
            ("What can I do when I'm angry?", "Count to ten, take a deep breath, and go for a short walk."),
        ]
    )


def cant(voice: Voice) -> Task:
    town, town2 = voice.some(words.TOWNS, 2)
    thing = voice.pick(list(words.OBJECTS))
    question = voice.say(
        knowledge.CANT,
        town=town,
        town2=town2,
        name=voice.pick(words.GIRLS + words.BOYS),
        family=voice.pick(words.FAMILY_NAMES),
        object=thing,
        a_object=article(thing),
        adjective=voice.pick(words.OBJECTS[thing]),
        hobby=voice.pick(list(words.HOBBIES)),
        n=voice.between(4, 90),
        day=voice.pick(words.DAYS),
    )
    return question, voice.say(knowledge.CANT_DO if question.startswith(knowledge.CANT_VERBS) else knowledge.DONT_KNOW)


_TASKS: list[Callable[[Voice], Task]] = [
    name_some,
    name_some,
    name_some,
    opposite,
    past,
    many,
    repeat,
    repeat,
    capitals,
    spell,
    first_letter,
    odd_one,
    order,
    count_items,
    sort_of,
    sort_of,
    neighbour,
    sound,
    colour_of,
    meaning,
    meaning,
    fact,
    sentence_with,
    sentence_with,
    rewrite,
    question_form,
    advice,
    cant,
    cant,
    cant,
    cant,
]


def turn(voice: Voice) -> list[dict]:
    question, answer = voice.pick(_TASKS)(voice)
    if voice.chance(0.08):
        question = question.lower()
    elif (
        voice.chance(0.08)
        and question[0].isupper()
        and question.split()[0].rstrip(",") not in words.GIRLS + words.BOYS
        and not question.startswith("I ")
    ):
        question = voice.pick(["Please: ", "OK. ", "Next question: ", "And another thing. "]) + question
    return [user(question), assistant(answer)]


def chat(voice: Voice) -> Document:
    turns = smalltalk.greeting(voice) if voice.chance(0.15) else []
    for _ in range(voice.pick([1, 1, 2, 2, 3, 4])):
        turns += turn(voice)
        if voice.chance(0.08):
            turns += smalltalk.thanks(voice)
    return {"messages": turns}


KINDS = {"instruction": chat}
