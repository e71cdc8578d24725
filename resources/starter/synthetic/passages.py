"""Questions about a passage: a small world is simulated, narrated, and asked about; some questions it does not answer."""
from __future__ import annotations

import re
from dataclasses import dataclass, field

from text.documents import Document, assistant, user

from . import stories, words
from .voice import Voice, article, listed, plural, sentence

Question = tuple[str, str]  # with its answer

NOT_SAID = [
    "The text doesn't say.", "That isn't in the text.", "The text does not say [that|so].", "I don't know. The text doesn't say.",
    "It doesn't say.", "I can't tell from the text.",
]  # fmt: skip
_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


@dataclass
class Passage:
    sentences: list[str] = field(default_factory=list)
    answered: list[Question] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    def text(self) -> str:
        return " ".join(sentence(s) for s in self.sentences if s)


def number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def _people(voice: Voice, count: int) -> list[tuple[str, str]]:
    """Names with “he” or “she”."""
    return voice.some([(n, "she") for n in words.GIRLS] + [(n, "he") for n in words.BOYS], count)


def moving(voice: Voice) -> Passage:
    """People walk between rooms, take things, put them down and hand them over."""
    passage = Passage()
    people = [name for name, _ in _people(voice, voice.between(2, 4))]
    places = voice.some(words.PLACES, voice.between(3, 5))
    things = voice.some(list(words.OBJECTS), voice.between(1, 3))
    where = {name: voice.pick(places) for name in people}
    lies: dict[str, str] = {thing: voice.pick(places) for thing in things}
    before: dict[str, str] = {}
    holder: dict[str, str] = {}
    say = passage.sentences.append
    for name in people:
        say(voice.say(["{n} was in the {p}.", "In the {p} was {n}.", "{n} stood in the {p}."], n=name, p=where[name]))
    for thing in things:
        say(voice.say(["There was {a} in the {p}.", "{A} lay in the {p}.", "In the {p} lay {a}."], a=article(thing), A=sentence(article(thing)), p=lies[thing]))
    for _ in range(voice.between(3, 8)):
        name = voice.pick(people)
        here = [thing for thing in things if lies.get(thing) == where[name]]
        own = [thing for thing in things if holder.get(thing) == name]
        others = [other for other in people if other != name and where[other] == where[name]]
        if own and others and voice.chance(0.4):
            thing, other = voice.pick(own), voice.pick(others)
            holder[thing] = other
            say(voice.say(["{n} gave the {t} to {o}.", "{n} handed {o} the {t}.", "{o} got the {t} from {n}."], n=name, t=thing, o=other))
        elif own and voice.chance(0.35):
            thing = voice.pick(own)
            del holder[thing]
            lies[thing] = where[name]
            say(voice.say(["{n} put down the {t}.", "{n} left the {t} there.", "{n} put the {t} on the floor."], n=name, t=thing))
        elif here and voice.chance(0.6):
            thing = voice.pick(here)
            holder[thing] = name
            del lies[thing]
            say(voice.say(["{n} picked up the {t}.", "{n} took the {t}.", "{n} grabbed the {t}."], n=name, t=thing))
        else:
            before[name] = where[name]
            where[name] = voice.pick([place for place in places if place != where[name]])
            say(voice.say(["{n} went to the {p}.", "{n} walked to the {p}.", "Then {n} went into the {p}.", "After that, {n} ran to the {p}."], n=name, p=where[name]))
    for name in people:
        passage.answered.append((f"Where is {name}?", voice.say(["{n} is in the {p}.", "In the {p}."], n=name, p=where[name])))
        carried = [thing for thing in things if holder.get(thing) == name]
        what = listed([f"the {thing}" for thing in carried]) if carried else ""
        answer = f"{name} is carrying {what}." if carried else f"{name} is carrying nothing."
        passage.answered.append((voice.say(["What does {n} have?", "What is {n} carrying?"], n=name), answer))
        if name in before:
            passage.answered.append((f"Where was {name} before that?", f"Before that, {name} was in the {before[name]}."))
    for thing in things:
        place = where[holder[thing]] if thing in holder else lies[thing]
        passage.answered.append((f"Where is the {thing}?", voice.say(["The {t} is in the {p}.", "In the {p}."], t=thing, p=place)))
        passage.answered.append((f"Who has the {thing}?", f"{holder[thing]} has the {thing}." if thing in holder else f"Nobody has the {thing}."))
    absent = [name for name, _ in _people(voice, 6) if name not in people]
    missing = [thing for thing in words.OBJECTS if thing not in things]
    passage.unanswered = [f"Where is {voice.pick(absent)}?", f"Where is the {voice.pick(missing)}?", f"How old is {voice.pick(people)}?",
                          f"Why did {voice.pick(people)} come?", f"What colour is the {voice.pick(things)}?"]  # fmt: skip
    return passage


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


_PRONOUN = re.compile(r"^(She|He|Her|His)\b")  # where nobody was named before


def daily(voice: Voice) -> Passage:
    """A few sentences about somebody's day, with times, things, numbers and reasons."""
    passage = Passage()
    (name, they), (friend, _) = _people(voice, 2)
    their = "her" if they == "she" else "his"
    thing = voice.pick(list(words.OBJECTS))
    fruits = voice.some(words.FRUITS, 2)
    (did, do, reason), hour = voice.pick(_REASONS), voice.between(6, 11)
    slots = {
        "n": name, "f": friend, "they": they, "They": they.capitalize(), "their": their, "town": voice.pick(words.TOWNS),
        "job": voice.pick([job for job in words.JOBS if they == "she" or not job.endswith("woman")]), "age": voice.between(7, 90),
        "thing": thing, "a": article(thing), "adjective": voice.pick(words.OBJECTS[thing]), "place": voice.pick(words.PLACES),
        "day": voice.pick(words.DAYS), "hour": number(hour), "pet": voice.pick(words.PETS), "pet_name": voice.pick(words.PET_NAMES),
        "count": number(voice.between(2, 9)), "fruit": plural(fruits[0]), "other": plural(fruits[1]), "count2": number(voice.between(2, 9)),
        "colour": voice.pick(words.COLOURS), "food": voice.pick(words.FOODS), "did": did, "do": do, "reason": reason, "relative": voice.pick(words.RELATIVES),
    }  # fmt: skip
    facts: list[tuple[list[str], list[Question], list[str]]] = [
        (["{n} lives in {town}.", "{n}'s home is in {town}."], [("Where does {n} live?", "{n} lives in {town}."), ("Which town does {n} live in?", "{town}.")], ["Where does {n} live?"]),
        (["{They} is {age} years old.", "{n} is {age} years old."], [("How old is {n}?", "{n} is {age} years old.")], ["How old is {n}?"]),
        (["{n} works as {a_job}.", "{They} is {a_job}."], [("What is {n}'s job?", "{n} is {a_job}."), ("What does {n} do for a living?", "{They} is {a_job}.")], ["What is {n}'s job?"]),
        (["On {day}, {n} got up at {hour} o'clock.", "{n} woke up at {hour} o'clock on {day}."], [("When did {n} get up?", "{n} got up at {hour} o'clock."), ("What day was it?", "It was {day}.")], ["When did {n} get up?", "What day was it?"]),
        (["{They} bought {count} {fruit} and {count2} {other}.", "At the market, {n} bought {count} {fruit} and {count2} {other}."],
         [("How many {fruit} did {n} buy?", "{n} bought {count} {fruit}."), ("How many {other} did {they} buy?", "{They} bought {count2} {other}."), ("What did {n} buy?", "{n} bought {fruit} and {other}.")], ["How many {fruit} did {n} buy?", "How much did it cost?"]),
        (["{n} {did}, because {reason}.", "{n} {did}. The reason was simple: {reason}."], [("Why did {n} {do}?", "[Because {reason}.|{n} {did}, because {reason}.]")], ["What did {n} say?"]),
        (["{They} has a {pet} called {pet_name}.", "{n} has a {pet}. Its name is {pet_name}."], [("What is the {pet} called?", "The {pet} is called {pet_name}."), ("What kind of animal is {pet_name}?", "{pet_name} is a {pet}."), ("Does {n} have a pet?", "Yes, a {pet} called {pet_name}.")], ["Does {n} have a pet?"]),
        (["In the {place}, {n} found a {adjective} {thing}.", "{n} found a {adjective} {thing} in the {place}."], [("What did {n} find?", "{n} found a {adjective} {thing}."), ("Where was the {thing}?", "The {thing} was in the {place}."), ("Who found the {thing}?", "{n} found it.")], ["Who lost the {thing}?", "Where did {n} find the {thing}?"]),
        (["Then {they} met {f}.", "In the evening, {f} came to visit.", "{f} is {their} best friend."], [("Who is {f}?", "{f} is a friend of {n}.")], ["Who is {f}?"]),
        (["{n} ate {food}.", "For dinner, {n} had {food}."], [("What did {n} eat?", "{n} ate {food}.")], ["What did {n} eat?", "Who cooked?"]),
        (["{Their} favourite colour is {colour}.", "{n} was wearing a {colour} coat."], [], ["What is {n}'s favourite drink?"]),
        (["{n} has to write to {their} {relative}.", "{Their} {relative} called in the afternoon."], [], ["What is the {relative} called?"]),
    ]  # fmt: skip
    slots["a_job"], slots["Their"] = article(slots["job"]), their.capitalize()
    told = sorted(voice.some(range(len(facts)), voice.between(3, 7)))
    passage.sentences.append(voice.say(["This is about {n}.", "{n} had a long day.", "Let me tell you about {n}.", "It was an ordinary day for {n}.", ""], **slots))
    for index, (templates, questions, if_absent) in enumerate(facts):
        if index not in told:
            passage.unanswered += [voice.say(q, **slots) for q in if_absent]
            continue
        said = voice.say(templates, **slots)
        if not any(name in earlier for earlier in passage.sentences):
            said = _PRONOUN.sub(lambda found: name + ("'s" if found[0] in ("Her", "His") else ""), said)
        passage.sentences.append(said)
        passage.answered += [(voice.say(q, **slots), voice.say(a, **slots)) for q, a in questions if _asked_of(said, q, a, slots)]
    if not passage.answered:
        return daily(voice)
    asked = {question for question, _ in passage.answered}
    passage.unanswered = [question for question in passage.unanswered if question not in asked]
    return passage


def _asked_of(said: str, question: str, answer: str, slots: dict) -> bool:
    """A visitor is not said to be a friend; everything else that a fact asks stands in all its wordings."""
    return "Who is {f}" not in question or "friend" in said


def compared(voice: Voice) -> Passage:
    """An order of several people, told in pairs."""
    passage = Passage()
    names = [name for name, _ in _people(voice, 3)]
    more, most, least = voice.pick([("older", "oldest", "youngest"), ("taller", "tallest", "shortest"), ("faster", "fastest", "slowest"), ("stronger", "strongest", "weakest")])
    told = [f"{names[0]} is {more} than {names[1]}.", f"{names[1]} is {more} than {names[2]}."]
    voice.random.shuffle(told)
    passage.sentences = told
    a, b = voice.some(range(3), 2)
    passage.answered = [
        (f"Who is the {most}?", f"{names[0]} is the {most}."), (f"Who is the {least}?", f"{names[2]} is the {least}."),
        (f"Is {names[a]} {more} than {names[b]}?", f"{'Yes' if a < b else 'No'}, {names[min(a, b)]} is {more} than {names[max(a, b)]}."),
    ]  # fmt: skip
    passage.unanswered = [f"How old is {names[a]}?", f"Where does {names[b]} live?", f"Who is the nicest?"]
    return passage


def told(voice: Voice) -> Passage:
    """A story; what it does not answer are questions about another one."""
    story, other = stories.tell(voice), stories.tell(voice)
    unanswered = [question for question, _ in other.facts if other.hero.name in question]
    return Passage(story.sentences, story.facts, [] if other.hero.name in story.text(voice) else unanswered)


_LAYOUTS = [
    "{text}\n\n{question}", "{text}\n\nQuestion: {question}", "Read this: {text}\n\n{question}", "{question}\n\n{text}",
    "Here is a text: {text} {question}", "Text: {text}\nQuestion: {question}", "{text} {question}", "Please answer from the text.\n\n{text}\n\n{question}",
]  # fmt: skip


def chat(voice: Voice) -> Document:
    passage = voice.pick([moving, moving, daily, daily, daily, compared, told, told, told])(voice)
    messages: list[dict] = []
    questions: list[Question] = voice.some(passage.answered, min(len(passage.answered), voice.between(1, 4)))
    if voice.chance(0.45) and passage.unanswered:
        questions.insert(voice.between(0, len(questions)), (voice.pick(passage.unanswered), voice.say(NOT_SAID)))
    if voice.chance(0.12) and passage.unanswered:
        questions = [(voice.pick(passage.unanswered), voice.say(NOT_SAID))]
    for i, (question, answer) in enumerate(questions):
        asked = voice.pick(_LAYOUTS).format(text=passage.text(), question=question) if i == 0 else question
        messages += [user(asked), assistant(sentence(answer))]
    return {"messages": messages}


KINDS = {"passage": chat}
