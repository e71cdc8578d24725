"""What the tests of the starter's recipe share."""
from __future__ import annotations

import json
import os
import pathlib
import struct
import subprocess
import sys
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECIPE = ROOT / "resources" / "starter"
SHIPPED_MODEL = ROOT / "resources" / "models" / "kvasir-starter-0.1.gguf"
sys.path.insert(0, str(RECIPE))

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


def kvasir_cli(*arguments: str) -> str:
    """What the program prints. Its path is in KVASIR_CLI."""
    return run_kvasir_cli(*arguments).stdout


def run_kvasir_cli(*arguments: str) -> subprocess.CompletedProcess:
    command = [os.environ["KVASIR_CLI"], *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True)


class GgufHeader:
    """Keys with their types and values, and tensors with shapes (fastest dimension first) and types, in order."""

    def __init__(self, path: pathlib.Path):
        self._bytes, self._at = path.read_bytes(), 4
        assert self._bytes[:4] == b"GGUF" and self._number("I") == 3
        tensors, keys = self._number("Q"), self._number("Q")
        self.keys: dict[str, tuple[int, Any]] = {}
        for _ in range(keys):
            name, type = self._text(), self._number("I")
            self.keys[name] = (type, self._value(type))
        self.tensors: dict[str, tuple[list[int], int]] = {}
        for _ in range(tensors):
            name = self._text()
            shape = [self._number("Q") for _ in range(self._number("I"))]
            self.tensors[name] = (shape, self._number("I"))
            self._number("Q")

    def _number(self, code: str) -> Any:
        (value,) = struct.unpack_from("<" + code, self._bytes, self._at)
        self._at += struct.calcsize(code)
        return value

    def _text(self) -> str:
        length = self._number("Q")
        self._at += length
        return self._bytes[self._at - length : self._at].decode()

    def _value(self, type: int) -> Any:
        if type == 8:
            return self._text()
        if type == 9:
            inner, count = self._number("I"), self._number("Q")
            return [self._value(inner) for _ in range(count)]
        return self._number(_NUMBERS[type])


def logits(model: pathlib.Path, tokens: list[int], positions: list[int]) -> dict[int, list[float]]:
    """Of the engine's exact path."""
    printed = kvasir_cli("logits", "--model", str(model), "--tokens", ",".join(map(str, tokens)),
                         "--positions", ",".join(map(str, positions)))  # fmt: skip
    return {int(position): values for position, values in json.loads(printed)["logits"].items()}
