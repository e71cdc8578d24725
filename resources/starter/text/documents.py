"""Documents: what is trained on, and how a conversation is written as text.

A document is one JSON object on a line, in an xz file:

    {"source": "fairytaleqa", "group": "prose", "text": "Once upon a time …"}
    {"source": "persona", "group": "made", "messages": [{"role": "system", "content": "…"}, …]}

`source` names the folder of the corpus or the generator, `group` what the mixture of training counts together.
Beside `content`, an answer may hold `reasoning`; a message with `"learn": false` is read but not predicted.
"""
from __future__ import annotations

import json
import lzma
import pathlib
from typing import Iterable, Iterator

from .bpe import ASSISTANT, BOS, END_THINK, EOS, THINK, USER

# As `render` writes it; `tests/starter/` compares the two.
CHAT_TEMPLATE = (
    "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ message['content'] }}"
    "{% elif message['role'] == 'user' %}{{ '<｜User｜>' + message['content'] }}"
    "{% elif message['role'] == 'assistant' %}"
    "{% set content = message['content'] %}"
    "{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}"
    "{{ '<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>' }}"
    "{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<｜Assistant｜>' }}{% endif %}"
)

Document = dict
Part = tuple[str, bool]  # text, and whether it is to be predicted


def system(content: str) -> dict:
    return {"role": "system", "content": content}


def user(content: str) -> dict:
    return {"role": "user", "content": content}


def assistant(content: str, reasoning: str = "") -> dict:
    message = {"role": "assistant", "content": content}
    return {**message, "reasoning": reasoning} if reasoning else message


def parts(document: Document) -> Iterator[Part]:
    """The text of a document with its special tokens. Of answers before the last one, reasoning is left out: in a
    chat the template drops it too. Questions and system texts are context: nobody asks the model to write them."""
    yield BOS, False
    if "text" in document:
        yield document["text"], True
        yield EOS, True
        return
    messages = document["messages"]
    for i, message in enumerate(messages):
        content, role = message["content"], message["role"]
        learn = message.get("learn", role == "assistant")
        if role == "system":
            yield content, learn
        elif role == "user":
            yield USER + content, learn
        else:
            yield ASSISTANT, False
            if message.get("reasoning") and i == len(messages) - 1:
                yield f"{THINK}{message['reasoning']}{END_THINK}", learn
            yield content + EOS, learn


def render(document: Document) -> str:
    return "".join(text for text, _ in parts(document))


def write(path: pathlib.Path, documents: Iterable[Document], preset: int = 1) -> int:
    """Returns their number."""
    count = 0
    with lzma.open(path, "wt", encoding="utf-8", preset=preset) as file:
        for document in documents:
            file.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    return count


def read(path: pathlib.Path) -> Iterator[Document]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
