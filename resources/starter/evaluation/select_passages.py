#!/usr/bin/env python3
"""Chose `fairytales.json` from the test split of FairytaleQA: `select_passages.py CORPUS/fairytaleqa`.

Short passages with questions whose answers stand in them (“explicit”, “local”), at most two passages of a tale and three
questions of a passage. For each passage one question of another tale is added, which it does not answer.
"""
from __future__ import annotations

import collections
import json
import pathlib
import random
import sys

_LEFT_OUT = {"alleleiraugh-or-the-many-furred-creature"}  # nothing for children
_LONGEST = 900  # characters
_PASSAGES = 40


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    passages: dict[str, dict] = {}
    per_story: collections.Counter = collections.Counter()
    for line in (folder / "qa.jsonl").read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        text = " ".join(asked["context"].split())
        if asked["split"] != "test" or asked["explicit"] != "explicit" or len(text) > _LONGEST or not text.isascii():
            continue
        if asked["story"] in _LEFT_OUT:
            continue
        if text not in passages:
            if per_story[asked["story"]] == 2 or len(passages) == _PASSAGES:
                continue
            per_story[asked["story"]] += 1
            passages[text] = {"story": asked["story"], "text": text, "questions": []}
        if len(passages[text]["questions"]) < 3:
            answers = sorted({answer.strip() for answer in asked["answers"]})
            passages[text]["questions"].append({"question": asked["question"].strip(), "answers": answers})
    chosen = list(passages.values())
    draw = random.Random(1)
    for passage in chosen:
        others = [p for p in chosen if p["story"] != passage["story"]]
        passage["unanswerable"] = draw.choice(draw.choice(others)["questions"])["question"]
    content = {"source": "FairytaleQA, test split, Apache-2.0", "passages": chosen}
    out = pathlib.Path(__file__).parent / "fairytales.json"
    out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(len(chosen), "passages,", sum(len(p["questions"]) for p in chosen), "questions")


if __name__ == "__main__":
    main()
