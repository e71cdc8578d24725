"""The dimensions of a network, under their published names."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """What decides the sizes of all tensors. The defaults are version 1 of the starter model."""

    vocab_size: int = 8192
    hidden_size: int = 320
    num_hidden_layers: int = 8
    first_k_dense_replace: int = 1  # leading blocks with one gated network instead of experts
    intermediate_size: int = 768  # of those
    num_attention_heads: int = 5
    q_lora_rank: int = 128
    kv_lora_rank: int = 96
    qk_nope_head_dim: int = 32
    qk_rope_head_dim: int = 32
    v_head_dim: int = 64
    n_routed_experts: int = 24
    num_experts_per_tok: int = 3
    n_shared_experts: int = 1
    moe_intermediate_size: int = 128
    routed_scaling_factor: float = 1.0
    rope_theta: float = 10000.0
    rms_norm_eps: float = 1e-6
    max_position_embeddings: int = 4096

    @property
    def qk_head_dim(self) -> int:
        return self.qk_nope_head_dim + self.qk_rope_head_dim

    def is_dense(self, layer: int) -> bool:
        return layer < self.first_k_dense_replace

    def attention_parameters(self) -> int:
        """Of one block, without norms."""
        heads = self.num_attention_heads
        query = self.hidden_size * self.q_lora_rank + self.q_lora_rank * heads * self.qk_head_dim
        latent = self.hidden_size * (self.kv_lora_rank + self.qk_rope_head_dim)
        from_latent = self.kv_lora_rank * heads * (self.qk_nope_head_dim + self.v_head_dim)
        return query + latent + from_latent + heads * self.v_head_dim * self.hidden_size

    def expert_parameters(self) -> int:
        return 3 * self.hidden_size * self.moe_intermediate_size

    def parameters(self, active: bool = False) -> int:
        """All weights of matrices; with `active` those that one token is multiplied with, so that the
        table of embeddings, of which it takes a row, is left out."""
        experts = self.num_experts_per_tok if active else self.n_routed_experts
        moe = (experts + self.n_shared_experts) * self.expert_parameters()
        moe += self.hidden_size * self.n_routed_experts
        dense = 3 * self.hidden_size * self.intermediate_size
        tables = (1 if active else 2) * self.vocab_size * self.hidden_size
        return (
            tables
            + self.num_hidden_layers * self.attention_parameters()
            + self.first_k_dense_replace * dense
            + (self.num_hidden_layers - self.first_k_dense_replace) * moe
        )

    def training_flops_per_token(self, context: int) -> int:
        """Forward and backward: six for each active weight, and attention over half the context."""
        pairs = self.num_attention_heads * (self.qk_head_dim + self.v_head_dim) * context // 2
        return 6 * (self.parameters(active=True) + self.num_hidden_layers * pairs)


# Small enough that two CPU cores train it in a minute; every mechanism is there.
SMOKE_SHAPE = Shape(
    hidden_size=64,
    num_hidden_layers=3,
    intermediate_size=128,
    num_attention_heads=2,
    q_lora_rank=32,
    kv_lora_rank=32,
    qk_nope_head_dim=32,
    qk_rope_head_dim=16,
    v_head_dim=32,
    n_routed_experts=8,
    num_experts_per_tok=2,
    moe_intermediate_size=32,
    max_position_embeddings=512,
)

SHAPES = {"starter": Shape(), "smoke": SMOKE_SHAPE}
