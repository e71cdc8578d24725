"""The network: multi-head latent attention, and routed experts behind a sigmoid router without auxiliary loss.

It computes what `engine/model/model.cpp` computes; `tests/starter/` compares their logits. Weights are kept in
float32 under the names that GGUF gives them, and are multiplied in the type of the activations.

B rows of T tokens, H heads, D hidden_size.
"""
from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from .experts import GroupedProduct, assign_slots, product_by_loop, routed_ffn
from .shape import Shape


def _matrix(*shape: int, std: float | None = None) -> nn.Parameter:
    """{…, out, in}, drawn so that the products of unit inputs have unit size, or with `std`."""
    return nn.Parameter(torch.randn(*shape) * (std or 1 / math.sqrt(shape[-1])))


def linear(hidden: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return F.linear(hidden, weight.to(hidden.dtype))


def rms_norm(hidden: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    wide = hidden.to(torch.promote_types(hidden.dtype, torch.float32))
    wide = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)
    return (wide * weight.to(wide.dtype)).to(hidden.dtype)


def rotation(shape: Shape, tokens: int) -> torch.Tensor:
    """{T, rope / 2, 2}: cosine and sine for each position and pair, in float64."""
    exponents = torch.arange(0, shape.qk_rope_head_dim, 2, dtype=torch.float64) / shape.qk_rope_head_dim
    angles = torch.arange(tokens, dtype=torch.float64)[:, None] * shape.rope_theta**-exponents
    return torch.stack([angles.cos(), angles.sin()], -1)


def rotate(rows: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
    """rows {B, T, H, rope}: adjacent components are one pair."""
    turn = turn.to(torch.promote_types(rows.dtype, torch.float32))[:, None]
    x, y = rows.to(turn.dtype).unflatten(-1, (-1, 2)).unbind(-1)
    cos, sin = turn.unbind(-1)
    return torch.stack([x * cos - y * sin, x * sin + y * cos], -1).flatten(-2).to(rows.dtype)


class Attention(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        heads, latent = shape.num_attention_heads, shape.kv_lora_rank
        self.attn_norm = nn.Parameter(torch.ones(shape.hidden_size))
        self.attn_q_a = _matrix(shape.q_lora_rank, shape.hidden_size)
        self.attn_q_a_norm = nn.Parameter(torch.ones(shape.q_lora_rank))
        self.attn_q_b = _matrix(heads * shape.qk_head_dim, shape.q_lora_rank)
        self.attn_kv_a_mqa = _matrix(latent + shape.qk_rope_head_dim, shape.hidden_size)
        self.attn_kv_a_norm = nn.Parameter(torch.ones(latent))
        self.attn_k_b = _matrix(heads, shape.qk_nope_head_dim, latent)
        self.attn_v_b = _matrix(heads, shape.v_head_dim, latent)
        self.attn_output = nn.Parameter(torch.zeros(shape.hidden_size, heads * shape.v_head_dim))

    def forward(self, hidden: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
        """{B, T, D} → {B, T, D}; `turn` {T, rope / 2, 2}."""
        shape = self.shape
        rows, tokens, _ = hidden.shape
        heads = shape.num_attention_heads
        normed = rms_norm(hidden, self.attn_norm, shape.rms_norm_eps)

        query = rms_norm(linear(normed, self.attn_q_a), self.attn_q_a_norm, shape.rms_norm_eps)
        query = linear(query, self.attn_q_b).view(rows, tokens, heads, shape.qk_head_dim)
        q_nope, q_rope = query.split([shape.qk_nope_head_dim, shape.qk_rope_head_dim], -1)
        query = torch.cat([q_nope, rotate(q_rope, turn)], -1)

        latent = linear(normed, self.attn_kv_a_mqa)
        latent, k_rope = latent.split([shape.kv_lora_rank, shape.qk_rope_head_dim], -1)
        latent = rms_norm(latent, self.attn_kv_a_norm, shape.rms_norm_eps)
        k_nope = linear(latent, self.attn_k_b.flatten(0, 1)).view(rows, tokens, heads, -1)
        k_rope = rotate(k_rope[:, :, None], turn).expand(-1, -1, heads, -1)
        key = torch.cat([k_nope, k_rope], -1)
        value = linear(latent, self.attn_v_b.flatten(0, 1)).view(rows, tokens, heads, -1)

        attended = attend(query, key, value)
        return linear(attended.reshape(rows, tokens, -1), self.attn_output)


def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Causal attention, scaled by 1/√(key length); all {B, T, H, …}."""
    query, key, value = (part.transpose(1, 2) for part in (query, key, value))
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(query, key, value, is_causal=True).transpose(1, 2)
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    tokens = scores.shape[-1]
    future = torch.ones(tokens, tokens, dtype=torch.bool, device=scores.device).triu(1)
    return (scores.masked_fill(future, -math.inf).softmax(-1) @ value).transpose(1, 2)


class DenseFfn(nn.Module):
    """One gated network: of the leading blocks, or the shared experts of the others (`suffix` "_shexp")."""

    def __init__(self, hidden_size: int, width: int, suffix: str = ""):
        super().__init__()
        self.names = [f"ffn_{part}{suffix}" for part in ("gate", "up", "down")]
        gate, up, down = self.names
        self.register_parameter(gate, _matrix(width, hidden_size))
        self.register_parameter(up, _matrix(width, hidden_size))
        self.register_parameter(down, nn.Parameter(torch.zeros(hidden_size, width)))

    def forward(self, normed: torch.Tensor) -> torch.Tensor:
        gate, up, down = (getattr(self, name) for name in self.names)
        return linear(F.silu(linear(normed, gate)) * linear(normed, up), down)


class RoutedFfn(nn.Module):
    """Routed experts and shared ones. The bias of the router takes part in selection only; it is moved by
    `balance`, not by gradients (arXiv:2408.15664)."""

    def __init__(self, shape: Shape, product: GroupedProduct):
        super().__init__()
        self.shape = shape
        self.product = product
        experts, width, hidden = shape.n_routed_experts, shape.moe_intermediate_size, shape.hidden_size
        self.ffn_gate_inp = _matrix(experts, hidden)
        self.ffn_gate_exps = _matrix(experts, width, hidden)
        self.ffn_up_exps = _matrix(experts, width, hidden)
        # Zero would leave experts without a reason to differ until the first step.
        self.ffn_down_exps = _matrix(experts, hidden, width, std=0.02 / math.sqrt(width))
        self.shared = DenseFfn(hidden, shape.n_shared_experts * width, "_shexp")
        self.register_buffer("exp_probs_b", torch.zeros(experts))
        # Tokens that each expert got since the last `balance`.
        self.register_buffer("load", torch.zeros(experts), persistent=False)

    def forward(self, normed: torch.Tensor) -> torch.Tensor:
        rows = normed.flatten(0, 1)
        wide = rows.to(torch.promote_types(rows.dtype, torch.float32))
        scores = F.linear(wide, self.ffn_gate_inp.to(wide.dtype)).sigmoid()
        with torch.no_grad():
            chosen = (scores + self.exp_probs_b).topk(self.shape.num_experts_per_tok, dim=-1).indices
            slots = assign_slots(chosen, self.shape.n_routed_experts)
            if self.training:
                self.load += slots.tokens_of_expert
        weights = scores.gather(-1, chosen)
        weights = weights / weights.sum(-1, keepdim=True) * self.shape.routed_scaling_factor
        routed = routed_ffn(
            rows, slots, weights, self.ffn_gate_exps, self.ffn_up_exps, self.ffn_down_exps, self.product
        )
        return routed.view_as(normed) + self.shared(normed)

    @torch.no_grad()
    def balance(self, rate: float) -> torch.Tensor:
        """Makes experts that got few tokens a little likelier. Returns the largest load relative to the mean."""
        mean = self.load.mean()
        worst = self.load.max() / mean.clamp(min=1)
        self.exp_probs_b += rate * torch.sign(mean - self.load)
        self.load.zero_()
        return worst


class Block(nn.Module):
    def __init__(self, shape: Shape, layer: int, product: GroupedProduct):
        super().__init__()
        self.eps = shape.rms_norm_eps
        self.attention = Attention(shape)
        self.ffn_norm = nn.Parameter(torch.ones(shape.hidden_size))
        self.ffn = (
            DenseFfn(shape.hidden_size, shape.intermediate_size) if shape.is_dense(layer) else RoutedFfn(shape, product)
        )

    def forward(self, hidden: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
        hidden = hidden + self.attention(hidden, turn)
        return hidden + self.ffn(rms_norm(hidden, self.ffn_norm, self.eps))


class Network(nn.Module):
    def __init__(self, shape: Shape, product: GroupedProduct = product_by_loop):
        super().__init__()
        self.shape = shape
        self.token_embd = _matrix(shape.vocab_size, shape.hidden_size, std=0.5)
        self.blocks = nn.ModuleList(Block(shape, layer, product) for layer in range(shape.num_hidden_layers))
        self.output_norm = nn.Parameter(torch.ones(shape.hidden_size))
        self.output = _matrix(shape.vocab_size, shape.hidden_size, std=0.02 / math.sqrt(shape.hidden_size))
        turn = rotation(shape, shape.max_position_embeddings)
        self.register_buffer("turn", turn, persistent=False)

    def routed(self) -> list[RoutedFfn]:
        return [block.ffn for block in self.blocks if isinstance(block.ffn, RoutedFfn)]

    def forward(self, tokens: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """tokens {B, T} → logits {B, T, vocab}, computed in `dtype`."""
        hidden = F.embedding(tokens, self.token_embd).to(dtype)
        turn = self.turn[: tokens.shape[1]]
        for block in self.blocks:
            hidden = block(hidden, turn)
        return linear(rms_norm(hidden, self.output_norm, self.shape.rms_norm_eps), self.output)

    def loss(
        self, tokens: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor, dtype: torch.dtype
    ) -> torch.Tensor:
        """Sum of the cross entropies of targets {B, T}, each times its weight {B, T}, in nats."""
        logits = self(tokens, dtype).float()
        each = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        return (each * weights.flatten()).sum()
