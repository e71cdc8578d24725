"""Chats about a passage: what it answers, and what it does not, which is said."""
from __future__ import annotations

from text.documents import Document, assistant, user

from . import stories
from .daily import daily
from .passage import Passage, Question, people
from .rooms import moving
from .voice import Voice, sentence

NOT_SAID = [
    "The text doesn't say.",
    "That isn't in the text.",
    "The text does not say [that|so].",
    "I don't know. The text doesn't say.",
    "It doesn't say.",
    "I can't tell from the text.",
]
_COMPARED = [
    ("older", "oldest", "youngest"),
    ("taller", "tallest", "shortest"),
    ("faster", "fastest", "slowest"),
    ("stronger", "strongest", "weakest"),
]
_LAYOUTS = [
    "{text}\n\n{question}",
    "{text}\n\nQuestion: {question}",
    "Read this: {text}\n\n{question}",
    "{question}\n\n{text}",
    "Here is a text: {text} {question}",
    "Text: {text}\nQuestion: {question}",
    "{text} {question}",
    "Please answer from the text.\n\n{text}\n\n{question}",
]


def compared(voice: Voice) -> Passage:
    """An order of three people, told in pairs."""
    names = [name for name, _ in people(voice, 3)]
    more, most, least = voice.pick(_COMPARED)
    pairs = [f"{names[0]} is {more} than {names[1]}.", f"{names[1]} is {more} than {names[2]}."]
    voice.random.shuffle(pairs)
    a, b = voice.some(range(3), 2)
    answer = "Yes" if a < b else "No"
    answered = [
        (f"Who is the {most}?", f"{names[0]} is the {most}."),
        (f"Who is the {least}?", f"{names[2]} is the {least}."),
        (f"Is {names[a]} {more} than {names[b]}?", f"{answer}, {names[min(a, b)]} is {more} than {names[max(a, b)]}."),
    ]
    return Passage(pairs, answered, [f"How old is {names[a]}?", f"Where does {names[b]} live?", "Who is the nicest?"])


def told(voice: Voice) -> Passage:
    """A story; what it does not answer are questions about another one."""
    story, other = stories.tell(voice), stories.tell(voice)
    unanswered = [question for question, _ in other.facts if other.hero.name in question]
    return Passage(story.sentences, story.facts, [] if other.hero.name in story.text(voice) else unanswered)


_KINDS = [moving, moving, daily, daily, daily, compared, told, told, told]


def chat(voice: Voice) -> Document:
    passage = voice.pick(_KINDS)(voice)
    questions: list[Question] = voice.some(passage.answered, min(len(passage.answered), voice.between(1, 4)))
    if passage.unanswered:
        unanswered = (voice.pick(passage.unanswered), voice.say(NOT_SAID))
        if voice.chance(0.12):
            questions = [unanswered]
        elif voice.chance(0.45):
            questions.insert(voice.between(0, len(questions)), unanswered)
    first, answer = questions[0]
    messages = [user(voice.pick(_LAYOUTS).format(text=passage.text(), question=first)), assistant(sentence(answer))]
    for question, answer in questions[1:]:
        messages += [user(question), assistant(sentence(answer))]
    return {"messages": messages}


KINDS = {"passage": chat}
