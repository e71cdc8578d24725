"""One reader for each source. Each yields documents without `source` and `group`.

What is not used, and why: sources under share-alike licences or whose texts are (Wikipedia, SQuAD, QAMR, SGD, OneStopEnglish), those
whose texts have doubtful rights (t0-permissive, flan-cot), whose pairs were made by other models (raschka-instructions, instructlab's
generated part), whose tone does not fit (chatterbot), and what is meant for evaluation (SVAMP, GSM8K, EVAL-ONLY-*).
"""
from __future__ import annotations

import json
import pathlib
import re
from dataclasses import dataclass
from typing import Callable, Iterator

from text.documents import Document, assistant, system, user

from . import cleaning

Reader = Callable[[pathlib.Path], Iterator[Document]]

# Children's books and tales whose authors died more than 70 years ago.
_BOOK_AUTHORS = [
    "Abbie Farwell Brown", "Beatrix Potter", "Carlo Collodi", "Edith Nesbit", "Frances Hodgson Burnett", "George MacDonald",
    "J. M. Barrie", "Johanna Spyri", "Lucy Maud Montgomery", "Oscar Wilde", "Robert Louis Stevenson", "Rudyard Kipling",
]  # fmt: skip
_PIECE_CHARACTERS = 12000  # of a book: about 3,000 tokens
_SENTENCES_OF_DOCUMENT = 20


@dataclass(frozen=True)
class Source:
    group: str
    read: Reader
    licence: str


def _lines(path: pathlib.Path) -> Iterator[dict]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _pieces(text: str) -> Iterator[Document]:
    """A long text, cut between paragraphs."""
    piece: list[str] = []
    length = 0
    for paragraph in text.split("\n\n"):
        piece.append(paragraph)
        length += len(paragraph)
        if length > _PIECE_CHARACTERS:
            yield {"text": "\n\n".join(piece)}
            piece, length = [], 0
    if length > 200:
        yield {"text": "\n\n".join(piece)}


def picture_books(folder: pathlib.Path) -> Iterator[Document]:
    """Markdown: a title, pages that begin with “##”, credits as a list at the end."""
    for path in sorted(folder.glob("*.md")):
        raw = path.read_text(encoding="utf-8").split("\n* License")[0]
        title, _, body = raw.partition("\n")
        pages = [" ".join(page.split()) for page in body.split("##")]
        text = "\n".join(page for page in pages if page)
        if len(text) > 150:
            yield {"text": f"{title.lstrip('# ').strip()}\n\n{text}"}


def classic_books(folder: pathlib.Path) -> Iterator[Document]:
    for author in _BOOK_AUTHORS:
        for path in sorted((folder / author).glob("*.md")):
            text = re.sub(r"^#+ *|[*_]", "", path.read_text(encoding="utf-8"), flags=re.M)
            yield from _pieces(cleaning.joined_lines(text))


def fairytales(folder: pathlib.Path) -> Iterator[Document]:
    for story in _lines(folder / "stories.jsonl"):
        if story["split"] != "test":
            yield from _pieces("\n\n".join(section.strip() for section in story["sections"]))


def fairytale_questions(folder: pathlib.Path) -> Iterator[Document]:
    """The questions of one passage as one chat."""
    chats: dict[str, list[dict]] = {}
    for asked in _lines(folder / "qa.jsonl"):
        if asked["split"] == "test":
            continue
        question = asked["question"] if asked["context"] in chats else f"{asked['context']}\n\n{asked['question']}"
        answer = asked["answers"][0].strip()
        answer = answer[:1].upper() + answer[1:] + ("" if answer.endswith((".", "!", "?")) else ".")
        chats.setdefault(asked["context"], []).extend([user(question), assistant(answer)])
    for messages in chats.values():
        yield {"messages": messages}


def sentences(folder: pathlib.Path) -> Iterator[Document]:
    """Single sentences, sorted by length in the source; each document takes them from all over."""
    lines = (folder / "sentences.txt").read_text(encoding="utf-8").splitlines()
    count = len(lines) // _SENTENCES_OF_DOCUMENT
    for first in range(count):
        yield {"text": "\n".join(lines[first::count])}


def _conversation(texts: list[str], first_is_user: bool = True) -> list[dict]:
    """People's talk: both sides are worth learning."""
    messages = []
    for i, text in enumerate(texts):
        message = (user if (i % 2 == 0) == first_is_user else assistant)(text.strip())
        messages.append({**message, "learn": True})
    return messages


def _alternating(turns: list[dict]) -> list[str]:
    """The texts, those of one speaker in a row as one."""
    texts: list[str] = []
    speaker = None
    for turn in turns:
        if turn["s"] == speaker:
            texts[-1] += " " + turn["t"].strip()
        else:
            texts.append(turn["t"].strip())
        speaker = turn["s"]
    return texts


def dialogues(folder: pathlib.Path) -> Iterator[Document]:
    for dialogue in _lines(folder / "dialogs.jsonl"):
        texts = [text for text in _alternating(dialogue["turns"]) if text]
        if len(texts) >= 2:
            yield {"messages": _conversation(texts)}


def persona_dialogues(folder: pathlib.Path) -> Iterator[Document]:
    """Each dialogue twice: once from either side, with that side's persona as the system text."""
    for dialogue in _lines(folder / "dialogs.jsonl"):
        texts = _alternating(dialogue["turns"])
        if any("[" in text for text in texts):
            continue
        for persona, mine in ((dialogue["persona2"], texts), (dialogue["persona1"], texts[1:])):
            messages = _conversation(mine)
            for message in messages:
                message["learn"] = message["role"] == "assistant"
            yield {"messages": [system("This is you: " + " ".join(persona)), *messages]}


def chitchat_pairs(folder: pathlib.Path) -> Iterator[Document]:
    for pair in _lines(folder / "pairs.jsonl"):
        if pair.get("persona") in (None, "friendly", "friend", "caring", "professional"):
            yield {"messages": [user(pair["q"]), assistant(pair["a"])]}


SOURCES: dict[str, list[Source]] = {
    "african-storybook-en": [Source("prose", picture_books, "CC BY")],
    "pratham-books-en": [Source("prose", picture_books, "CC BY")],
    "classic-books": [Source("prose", classic_books, "public domain")],
    "fairytaleqa": [Source("prose", fairytales, "Apache-2.0"), Source("talk", fairytale_questions, "Apache-2.0")],
    "tatoeba-en": [Source("prose", sentences, "CC BY 2.0 FR")],
    "self-dialogue": [Source("talk", dialogues, "BSD-3-Clause")],
    "topical-chat": [Source("talk", dialogues, "CDLA-Sharing-1.0")],
    "taskmaster4": [Source("talk", dialogues, "CC BY 4.0")],
    "star-dialogues": [Source("talk", dialogues, "MIT")],
    "synthetic-persona-chat": [Source("talk", persona_dialogues, "CC BY 4.0")],
    "botframework-chitchat": [Source("talk", chitchat_pairs, "MIT")],
    "personality-chat": [Source("talk", chitchat_pairs, "MIT")],
}
