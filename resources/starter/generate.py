#!/usr/bin/env python3
"""Writes the synthetic documents: `generate.py --out FOLDER --tokens 300e6`.

The work is cut into jobs, each with a seed of its own, so that the documents do not depend on the number of processes.
A job leaves out documents that it has already written, and answers that have occurred too often in it.
"""
from __future__ import annotations

import argparse
import collections
import json
import multiprocessing
import pathlib
import re
import time
import zlib
from typing import Iterator, NamedTuple

from evaluation import metrics
from synthetic import flows, instructions, mixed, passages, personas, smalltalk, stories, sums
from synthetic.voice import Voice, tidy
from text import documents

GROUP = "made"
# Shares of the documents. Stories are long, sums are short.
SHARES = {
    "story": 0.08,
    "story chat": 0.12,
    "tiny story": 0.03,
    "persona": 0.19,
    "memory": 0.06,
    "small talk": 0.06,
    "talk": 0.08,
    "passage": 0.13,
    "sum": 0.12,
    "instruction": 0.07,
    "mixed": 0.06,
}
KINDS = {
    name: write
    for module in (stories, personas, smalltalk, flows, passages, sums, instructions, mixed)
    for name, write in module.KINDS.items()
}
_CHARACTERS_PER_TOKEN = 4.8  # measured; to know how much to write
_CHARACTERS_OF_JOB = 4_000_000
_SHORT_ANSWER = 25  # characters; “Yes.” may occur as often as it likes
_LARGEST_SHARE = 1 / 500  # of a job's documents that may hold one and the same longer answer


class Report(NamedTuple):
    documents: collections.Counter  # by kind
    characters: collections.Counter  # by kind
    left_out: collections.Counter  # by reason


def clean(document: documents.Document) -> documents.Document:
    if "text" in document:
        return {**document, "text": tidy(document["text"])}
    messages = [{**message, "content": tidy(message["content"])} for message in document["messages"]]
    return {**document, "messages": messages}


def evaluation_numbers() -> set[tuple[str, ...]]:
    """Of the sums that the model is judged by: no other sum has just these."""
    sums_file = pathlib.Path(__file__).parent / "evaluation" / "sums.json"
    return {numbers_in(question) for question, _ in json.loads(sums_file.read_text(encoding="utf-8"))["sums"]}


def numbers_in(text: str) -> tuple[str, ...]:
    return tuple(sorted(re.findall(r"\d+", text)))


def answers(document: documents.Document) -> list[str]:
    return [m["content"] for m in document.get("messages", ()) if m["role"] == "assistant" and m.get("learn", True)]


def write_documents(seed: int, job: int, characters: int, report: Report) -> Iterator[documents.Document]:
    voice = Voice((seed, job))
    seen: set[int] = set()
    said: collections.Counter[str] = collections.Counter()
    kept = evaluation_numbers()
    kinds, shares = list(SHARES), list(SHARES.values())
    written = count = 0
    while written < characters:
        kind = voice.random.choices(kinds, shares)[0]
        document = clean({"source": kind, "group": GROUP, **KINDS[kind](voice)})
        text = documents.render(document)
        key = zlib.crc32(text.encode()) << 32 | zlib.adler32(text.encode())
        long_answers = [answer for answer in answers(document) if len(answer) >= _SHORT_ANSWER]
        most = max(20, count * _LARGEST_SHARE)
        if key in seen:
            report.left_out["written before"] += 1
        elif any(numbers_in(m["content"]) in kept for m in document.get("messages", ()) if m["role"] == "user"):
            report.left_out["a sum of the evaluation"] += 1
        elif any(said[answer] >= most for answer in long_answers):
            report.left_out["an answer that occurs too often"] += 1
        else:
            seen.add(key)
            said.update(long_answers)
            count += 1
            written += len(text)
            report.documents[kind] += 1
            report.characters[kind] += len(text)
            yield document


def run_job(job: tuple[int, int, int, pathlib.Path]) -> Report:
    seed, number, characters, folder = job
    report = Report(collections.Counter(), collections.Counter(), collections.Counter())
    path = folder / f"made-{number:04d}.jsonl.xz"
    documents.write(path, write_documents(seed, number, characters, report), preset=0)
    return report


def diversity(file: pathlib.Path) -> str:
    """Of one job: parts of the n-grams that are different ones, and the longer answer that occurs most."""
    made = list(documents.read(file))
    texts = [documents.render(document) for document in made]
    shares = [f"{n}: {metrics.distinct(texts, n):.3f}" for n in (1, 2, 3, 4)]
    said = collections.Counter(a for document in made for a in answers(document) if len(a) >= _SHORT_ANSWER)
    answer, count = said.most_common(1)[0]
    return f"Distinct n-grams of words in {len(made)} documents: {', '.join(shares)}. “{answer}” occurs {count} times."


def show_samples(seed: int, count: int) -> None:
    report = Report(collections.Counter(), collections.Counter(), collections.Counter())
    made = write_documents(seed, 0, 1 << 40, report)
    for _ in range(count):
        document = next(made)
        print(f"--- {document['source']}")
        for message in document.get("messages", [{"role": "", "content": document.get("text")}]):
            thought = f" <think>{message['reasoning']}</think>" if message.get("reasoning") else ""
            print(f"{message['role'][:1]}|{thought} {message['content']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--tokens", type=float, default=300e6, help="about so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--samples", type=int, help="print so many documents instead")
    options = parser.parse_args()
    if options.samples:
        show_samples(options.seed, options.samples)
        return
    if not options.out:
        parser.error("--out is missing.")
    options.out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    total = int(options.tokens * _CHARACTERS_PER_TOKEN)
    count = max(1, round(total / _CHARACTERS_OF_JOB))
    jobs = [(options.seed, number, total // count, options.out) for number in range(count)]
    with multiprocessing.Pool(options.processes) as pool:
        reports = pool.map(run_job, jobs, chunksize=1)
    made, characters, left_out = (sum(parts, collections.Counter()) for parts in zip(*reports))
    for kind in SHARES:
        print(f"{kind:12s} {made[kind]:9d} documents  {characters[kind] / 1e6:8.1f} MB")
    print(f"Left out: {json.dumps(left_out)}")
    print(diversity(options.out / "made-0000.jsonl.xz"))
    print(f"{sum(characters.values()) / 1e6:.0f} MB in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
