#!/usr/bin/env python3
"""Writes a trained network as a GGUF file: `export.py CHECKPOINT VOCABULARY --type q8_0 --out FILE.gguf`."""
from __future__ import annotations

import argparse
import pathlib
from typing import Iterator

import numpy as np

from gguf import writer
from gguf.writer import TensorType
from network.shape import SHAPES, Shape
from text import bpe
from text.bpe import Vocabulary
from text.documents import CHAT_TEMPLATE

NAME = "Kvasir Starter"
ARCHITECTURE = "deepseek2"
_FILE_TYPES = {TensorType.F32: 0, TensorType.F16: 1, TensorType.Q8_0: 7}
_TOKEN_TYPE = {"normal": 1, "control": 3, "user defined": 4}
_SIGMOID_GATING = 2

Weights = dict[str, np.ndarray]


def general_keys(version: str, type: TensorType) -> dict[str, writer.Value]:
    return {
        "general.architecture": ARCHITECTURE,
        "general.alignment": writer.ALIGNMENT,
        "general.name": NAME,
        "general.type": "model",
        "general.version": version,
        "general.license": "mit",
        "general.quantization_version": 2,
        "general.file_type": _FILE_TYPES[type],
    }


def shape_keys(shape: Shape) -> dict[str, writer.Value]:
    keys = {
        "block_count": shape.num_hidden_layers,
        "context_length": shape.max_position_embeddings,
        "embedding_length": shape.hidden_size,
        "feed_forward_length": shape.intermediate_size,
        "attention.head_count": shape.num_attention_heads,
        "attention.head_count_kv": 1,
        "attention.key_length": shape.kv_lora_rank + shape.qk_rope_head_dim,
        "attention.value_length": shape.kv_lora_rank,
        "attention.key_length_mla": shape.qk_head_dim,
        "attention.value_length_mla": shape.v_head_dim,
        "rope.freq_base": shape.rope_theta,
        "rope.dimension_count": shape.qk_rope_head_dim,
        "attention.layer_norm_rms_epsilon": shape.rms_norm_eps,
        "attention.q_lora_rank": shape.q_lora_rank,
        "attention.kv_lora_rank": shape.kv_lora_rank,
        "expert_used_count": shape.num_experts_per_tok,
        "expert_count": shape.n_routed_experts,
        "expert_shared_count": shape.n_shared_experts,
        "expert_feed_forward_length": shape.moe_intermediate_size,
        "leading_dense_block_count": shape.first_k_dense_replace,
        "vocab_size": shape.vocab_size,
        "expert_weights_scale": shape.routed_scaling_factor,
        "expert_weights_norm": True,
        "expert_gating_func": _SIGMOID_GATING,
    }
    return {f"{ARCHITECTURE}.{key}": value for key, value in keys.items()}


def tokenizer_keys(vocabulary: Vocabulary) -> dict[str, writer.Value]:
    ordinary = range(len(vocabulary.tokens))
    kinds = [_TOKEN_TYPE["control" if text in bpe.CONTROL_TOKENS else "user defined"] for text in bpe.SPECIAL_TOKENS]
    printable = [vocabulary.printable(token) for token in ordinary]
    merges = [f"{printable[left]} {printable[right]}" for left, right in vocabulary.merges]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "deepseek-v3",
        "tokenizer.ggml.tokens": printable + list(bpe.SPECIAL_TOKENS),
        "tokenizer.ggml.token_type": [_TOKEN_TYPE["normal"]] * len(ordinary) + kinds,
        "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.bos_token_id": vocabulary.special[bpe.BOS],
        "tokenizer.ggml.eos_token_id": vocabulary.special[bpe.EOS],
        "tokenizer.ggml.padding_token_id": vocabulary.special[bpe.PAD],
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.chat_template": CHAT_TEMPLATE,
    }


def named_weights(shape: Shape, state: Weights) -> Iterator[tuple[str, np.ndarray]]:
    """The tensors in the order of the file, under GGUF's names; `state` is that of `network.model.Network`."""
    yield "token_embd.weight", state["token_embd"]
    yield "output_norm.weight", state["output_norm"]
    yield "output.weight", state["output"]
    for layer in range(shape.num_hidden_layers):
        inner = f"blocks.{layer}."
        of_attention = ("attn_norm", "attn_q_a", "attn_q_a_norm", "attn_q_b", "attn_kv_a_mqa", "attn_kv_a_norm")
        for name in of_attention:
            yield f"blk.{layer}.{name}.weight", state[f"{inner}attention.{name}"]
        # {heads, kv_lora_rank, nope}: the engine takes queries into the latent space.
        yield f"blk.{layer}.attn_k_b.weight", state[f"{inner}attention.attn_k_b"].transpose(0, 2, 1)
        yield f"blk.{layer}.attn_v_b.weight", state[f"{inner}attention.attn_v_b"]
        yield f"blk.{layer}.attn_output.weight", state[f"{inner}attention.attn_output"]
        yield f"blk.{layer}.ffn_norm.weight", state[f"{inner}ffn_norm"]
        if shape.is_dense(layer):
            for part in ("gate", "up", "down"):
                yield f"blk.{layer}.ffn_{part}.weight", state[f"{inner}ffn.ffn_{part}"]
            continue
        yield f"blk.{layer}.ffn_gate_inp.weight", state[f"{inner}ffn.ffn_gate_inp"]
        yield f"blk.{layer}.exp_probs_b.bias", state[f"{inner}ffn.exp_probs_b"]
        for part in ("gate", "up", "down"):
            yield f"blk.{layer}.ffn_{part}_exps.weight", state[f"{inner}ffn.ffn_{part}_exps"]
        for part in ("gate", "up", "down"):
            yield f"blk.{layer}.ffn_{part}_shexp.weight", state[f"{inner}ffn.shared.ffn_{part}_shexp"]


def type_of(name: str, values: np.ndarray, wanted: TensorType) -> TensorType:
    """Norms, biases and the router stay exact: they are small, and they decide much."""
    return TensorType.F32 if values.ndim == 1 or "ffn_gate_inp" in name else wanted


def export(
    path: pathlib.Path, shape: Shape, state: Weights, vocabulary: Vocabulary, type: TensorType, version: str
) -> None:
    if vocabulary.size != shape.vocab_size:
        raise SystemExit(f"The vocabulary has {vocabulary.size} tokens, the network {shape.vocab_size}.")
    keys = {**general_keys(version, type), **shape_keys(shape), **tokenizer_keys(vocabulary)}
    tensors = [
        writer.make_tensor(name, values, type_of(name, values, type)) for name, values in named_weights(shape, state)
    ]
    writer.write(path, keys, tensors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("vocabulary", type=pathlib.Path)
    parser.add_argument("--type", choices=[t.name.lower() for t in TensorType], default="q8_0")
    parser.add_argument("--version", default="1.0")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    import torch  # here: everything else does without it, as the tests do

    checkpoint = torch.load(options.checkpoint, map_location="cpu")
    state = {name: values.float().numpy() for name, values in checkpoint["network"].items()}
    export(
        options.out,
        SHAPES[checkpoint["shape"]],
        state,
        Vocabulary.read(options.vocabulary),
        TensorType[options.type.upper()],
        options.version,
    )
    print(f"{options.out}: {options.out.stat().st_size / 2**20:.2f} MiB")


if __name__ == "__main__":
    main()
