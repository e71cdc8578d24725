"""A GGUF file: keys and values, then the tensors' names and shapes, then their data."""
from __future__ import annotations

import enum
import pathlib
import struct
from typing import BinaryIO, NamedTuple, Union

import numpy as np

ALIGNMENT = 32  # bytes; each tensor's data begins at a multiple
Q8_0_COLUMNS = 32  # of one block: a float16 scale and as many int8


class TensorType(enum.IntEnum):
    """As numbered in the format."""

    F32 = 0
    F16 = 1
    Q8_0 = 8


# Whole numbers are written as uint32, in lists as int32; other numbers as float32.
Value = Union[str, bool, int, float, list]


class Tensor(NamedTuple):
    """`shape` as numpy counts, slowest dimension first; the file counts the other way round."""

    name: str
    shape: tuple[int, ...]
    type: TensorType
    data: bytes


def quantise_q8_0(values: np.ndarray) -> bytes:
    """{…, columns} float32, columns a multiple of 32, to blocks of 34 bytes: the largest magnitude becomes ±127."""
    if values.shape[-1] % Q8_0_COLUMNS:
        raise ValueError(f"Rows of {values.shape[-1]} values don't divide into blocks of {Q8_0_COLUMNS}.")
    blocks = values.astype(np.float32).reshape(-1, Q8_0_COLUMNS)
    scales = np.abs(blocks).max(axis=1, keepdims=True) / 127
    inverse = np.divide(1, scales, out=np.zeros_like(scales), where=scales > 0)
    out = np.empty((len(blocks), 2 + Q8_0_COLUMNS), np.uint8)
    out[:, :2] = scales.astype(np.float16).view(np.uint8)
    out[:, 2:] = np.rint(blocks * inverse).astype(np.int8).view(np.uint8)
    return out.tobytes()


def make_tensor(name: str, values: np.ndarray, type: TensorType) -> Tensor:
    values = np.ascontiguousarray(values)
    if type == TensorType.Q8_0:
        data = quantise_q8_0(values)
    else:
        data = values.astype(np.float32 if type == TensorType.F32 else np.float16).tobytes()
    return Tensor(name, values.shape, type, data)


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(value: Value) -> bytes:
    """The type's number, then the value."""
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if all(isinstance(item, str) for item in value):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_text, value))
    return struct.pack("<IIQ", 9, 5, len(value)) + struct.pack(f"<{len(value)}i", *value)


def _pad(file: BinaryIO) -> None:
    file.write(b"\0" * (-file.tell() % ALIGNMENT))


def write(path: pathlib.Path, keys: dict[str, Value], tensors: list[Tensor]) -> None:
    with open(path, "wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)))
        for key, value in keys.items():
            file.write(_text(key) + _value(value))
        offset = 0
        for tensor in tensors:
            dimensions = tensor.shape[::-1]
            file.write(_text(tensor.name) + struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions))
            file.write(struct.pack("<IQ", tensor.type, offset))
            offset += len(tensor.data) + -len(tensor.data) % ALIGNMENT
        for tensor in tensors:
            _pad(file)
            file.write(tensor.data)
        _pad(file)
