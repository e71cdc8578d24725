#!/usr/bin/env python3
"""Evaluates a starter model through Kvasir's own engine: `./dev evaluate-starter [MODEL]`.

Questions with one right answer are asked at temperature 0; chats and stories are sampled with the window's settings and a
fixed seed. Prints figures as a Markdown table, and writes them with all answers to `--out`.
"""
from __future__ import annotations

import argparse
import json
import math
import pathlib
import subprocess
import tempfile
from typing import Any

from evaluation import metrics

_FOLDER = pathlib.Path(__file__).parent / "evaluation"
_ROOT = pathlib.Path(__file__).resolve().parents[2]
_LONGEST_ANSWER = 64  # tokens
_LONGEST_STORY = 400
_LONGEST_CHAT_ANSWER = 160
_PERPLEXITY_CONTEXT = 512

Figures = dict[str, float]
Records = list[dict[str, Any]]


class Model:
    """One model file, asked by processes of `kvasir-cli` in a folder of its own."""

    def __init__(self, program: pathlib.Path, path: pathlib.Path, folder: pathlib.Path):
        self._program = str(program)
        self._path = str(path)
        self._folder = str(folder)
        self._chats = 0

    def _run(self, *arguments: str) -> Any:
        done = subprocess.run([self._program, *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"kvasir-cli {arguments[0]}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def ask(self, question: str, *options: str, max_tokens: int = _LONGEST_ANSWER) -> str:
        answered = self._run("ask", "--model", self._path, "--data-dir", self._folder, "--json",
                             "--max-tokens", str(max_tokens), *options, "--", question)  # fmt: skip
        return answered["answer"].strip()

    def ask_once(self, question: str, system: str = "") -> str:
        """The likeliest answer."""
        return self.ask(question, "--private", "--system", system, "--temperature", "0")

    def chat(self, questions: list[str], max_tokens: int) -> list[str]:
        """Sampled answers to one question after the other."""
        self._chats += 1
        options = ["--conversation", f"chat {self._chats}", "--seed", str(self._chats)]
        return [self.ask(question, *options, max_tokens=max_tokens) for question in questions]

    def bits_per_byte(self, text: pathlib.Path) -> tuple[float, float]:
        """And perplexity per token, which depends on the vocabulary and so does not compare models."""
        measured = self._run("perplexity", "--model", self._path, "--file", str(text), "--json",
                             "--context", str(_PERPLEXITY_CONTEXT))  # fmt: skip
        tokens = self._run("tokenize", "--model", self._path, "--file", str(text))
        bits = measured["nll"] / math.log(2) * len(tokens) / text.stat().st_size
        return bits, measured["perplexity"]


def load(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def evaluate_text(model: Model) -> tuple[Figures, Records]:
    bits, perplexity = model.bits_per_byte(_FOLDER / "held_out.txt")
    return {"held-out text, bits per byte": bits, "held-out text, perplexity per token": perplexity}, []


def evaluate_personas(model: Model) -> tuple[Figures, Records]:
    records: Records = []
    for persona in load("personas.json")["personas"]:
        for asked in persona["questions"]:
            answer = model.ask_once(asked["question"], persona["system"])
            right = any(word in answer.lower() for word in asked["right"])
            verdict = "right" if right else "evaded" if metrics.evades(answer) else "wrong"
            records.append({**asked, "answer": answer, "verdict": verdict})
    share = {v: mean([r["verdict"] == v for r in records]) for v in ("right", "evaded", "wrong")}
    return {f"persona, {verdict}": value for verdict, value in share.items()}, records


def evaluate_passages(model: Model) -> tuple[Figures, Records]:
    records: Records = []
    for passage in load("fairytales.json")["passages"]:
        for asked in passage["questions"]:
            answer = model.ask_once(f"{passage['text']}\n\n{asked['question']}")
            score = metrics.f1(answer, asked["answers"])
            records.append({**asked, "answer": answer, "f1": score, "evaded": metrics.evades(answer)})
        question = passage["unanswerable"]
        answer = model.ask_once(f"{passage['text']}\n\n{question}")
        records.append({"question": question, "answers": None, "answer": answer, "evaded": metrics.evades(answer)})
    answerable = [r for r in records if r["answers"]]
    impossible = [r for r in records if not r["answers"]]
    evaded = [r for r in records if r["evaded"]]
    figures = {
        "passages, F1": mean([r["f1"] for r in answerable]),
        "unanswerable, part that was said to be": mean([r["evaded"] for r in impossible]),
        "said to be unanswerable, part that was (precision)": mean([not r["answers"] for r in evaded]),
    }
    return figures, records


def evaluate_sums(model: Model) -> tuple[Figures, Records]:
    records: Records = []
    for question, result in load("sums.json")["sums"]:
        # Room for the steps, which are thought before the answer.
        answer = model.ask(question, "--private", "--temperature", "0", max_tokens=_LONGEST_CHAT_ANSWER)
        records.append({"question": question, "answer": answer, "right": metrics.last_number(answer) == result})
    return {"sums, right": mean([r["right"] for r in records])}, records


def evaluate_talk(model: Model) -> tuple[Figures, Records]:
    prompts = load("prompts.json")
    records: Records = []
    for questions in prompts["chats"]:
        answers = model.chat(questions, _LONGEST_CHAT_ANSWER)
        records.append({"kind": "chat", "turns": list(zip(questions, answers))})
    for question in prompts["stories"]:
        records.append({"kind": "story", "turns": [(question, model.chat([question], _LONGEST_STORY)[0])]})
    said = {kind: [a for r in records if r["kind"] == kind for _, a in r["turns"]] for kind in ("chat", "story")}
    figures = {
        "chats, distinct pairs of words": metrics.distinct(said["chat"], 2),
        "stories, distinct pairs of words": metrics.distinct(said["story"], 2),
        "stories, repeated runs of four words": mean([metrics.repetition(text) for text in said["story"]]),
        "stories, words": mean([len(text.split()) for text in said["story"]]),
    }
    return figures, records


PARTS = {
    "text": evaluate_text, "personas": evaluate_personas, "passages": evaluate_passages, "sums": evaluate_sums, "talk": evaluate_talk,
}  # fmt: skip


def as_markdown(figures: Figures) -> str:
    """Shares as they are, so that columns of several models can be put side by side."""
    lines = ["| figure | value |", "| --- | --- |"]
    lines += [f"| {name} | {value:.3f} |" for name, value in figures.items()]
    return "\n".join(lines)


def samples_as_markdown(records: Records) -> str:
    blocks = []
    for record in records:
        lines = []
        for question, answer in record["turns"]:
            lines.append(f"> **{question}**")
            lines += [f"> {line}".rstrip() for line in answer.split("\n")]
            lines.append(">")
        blocks.append("\n".join(lines[:-1]))
    return "\n\n".join(blocks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--program", type=pathlib.Path, default=_ROOT / "build/release/bin/kvasir-cli")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file for figures and answers")
    parser.add_argument("--samples", type=pathlib.Path, help="a Markdown file for the chats and stories")
    options = parser.parse_args()
    figures: Figures = {}
    records: dict[str, Records] = {}
    with tempfile.TemporaryDirectory() as folder:
        model = Model(options.program, options.model, pathlib.Path(folder))
        for part in options.parts:
            measured, records[part] = PARTS[part](model)
            figures.update(measured)
    print(as_markdown(figures))
    if options.out:
        content = {"model": options.model.name, "figures": figures, "answers": records}
        options.out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.samples and "talk" in records:
        options.samples.write_text(samples_as_markdown(records["talk"]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
