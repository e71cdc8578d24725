"""The `deepseek-v3` pre-tokenizer: how text is cut into words before byte-level BPE.

Three expressions are applied one after the other; each cuts every piece that the one before it left, and a match and
the text between matches are pieces of their own. Python's `re` has no classes of Unicode categories, so they are
spelled out from `unicodedata`. `tests/starter/` compares the ids with those of `kvasir-cli tokenize`.
"""
from __future__ import annotations

import re
import sys
import unicodedata

_SPACES = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def _classes() -> dict[str, str]:
    """The insides of character classes for the categories L, M, N, and P with S."""
    groups = {"L": "L", "M": "M", "N": "N", "P": "P", "S": "P"}
    ranges: dict[str, list[list[int]]] = {name: [] for name in "LMNP"}
    for code in range(sys.maxunicode + 1):
        name = groups.get(unicodedata.category(chr(code))[0])
        if name is None:
            continue
        found = ranges[name]
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return {name: "".join(rf"\U{first:08x}-\U{last:08x}" for first, last in found) for name, found in ranges.items()}


def _compile() -> tuple[re.Pattern, re.Pattern, re.Pattern]:
    c = _classes()
    letters, marked, signs = c["L"], c["L"] + c["M"], c["P"]
    numbers = re.compile(f"([{c['N']}]{{1,3}})")
    east_asian = re.compile("([一-龥\u3040-\u309f\u30a0-\u30ff]+)")
    unmatched = f"[^{marked}{signs}{_SPACES}]"
    words = re.compile(
        r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
        f"|[^\r\n{letters}{signs}]?[{marked}]+"
        f"| ?[{signs}]+[\r\n]*"
        f"|[{_SPACES}]*[\r\n]+"
        f"|[{_SPACES}]+(?![^{_SPACES}])"
        f"|[{_SPACES}]+"
        f"|(?:{unmatched}(?![{marked}]))+"
    )
    return numbers, east_asian, words


_NUMBERS, _EAST_ASIAN, _WORDS = _compile()


def split(text: str) -> list[str]:
    """The words of a text. Together they are all of it."""
    words: list[str] = []
    for i, piece in enumerate(_NUMBERS.split(text)):
        if i % 2:
            words.append(piece)
        elif piece:
            for j, part in enumerate(_EAST_ASIAN.split(piece)):
                if j % 2:
                    words.append(part)
                elif part:
                    words.extend(_WORDS.findall(part))
    return words
