"""Routed experts: which token goes to which expert, and the products with their weights.

Tokens are sorted by expert into *slots*, so that one grouped matrix product serves all experts. Each group
begins at a multiple of `SLOT_ALIGNMENT` rows, because the tensor copy engine of the GPU wants 16 bytes; the
number of slots is the same for every batch of a size, so that nothing is compiled twice. No token is ever
dropped: what is trained is exactly what the engine computes.

T tokens, K experts for each, E experts, S slots, D hidden_size, W moe_intermediate_size.
"""
from __future__ import annotations

from typing import Callable, NamedTuple

import torch
import torch.nn.functional as F

SLOT_ALIGNMENT = 8  # rows; 16 bytes of bfloat16 where rows are the inner dimension (gradients of weights)


class Slots(NamedTuple):
    token_of_slot: torch.Tensor  # {S} int64; a slot that is not used names token 0, and nobody reads it
    slot_of_pair: torch.Tensor  # {T, K} int64
    pair_of_slot: torch.Tensor  # {S} int64: token · K + k, of used slots
    used: torch.Tensor  # {S, 1} bool
    group_ends: torch.Tensor  # {E} int32: one past the last slot of each expert; the last one is S
    tokens_of_expert: torch.Tensor  # {E} int64


def assign_slots(experts: torch.Tensor, n_experts: int) -> Slots:
    """`experts` {T, K}: the experts that each token chose."""
    tokens, per_token = experts.shape
    chosen = experts.reshape(-1)
    pairs = chosen.numel()
    slots = (pairs // SLOT_ALIGNMENT + n_experts) * SLOT_ALIGNMENT

    counts = torch.zeros(n_experts, dtype=torch.int64, device=chosen.device)
    counts = counts.scatter_add(0, chosen, torch.ones_like(chosen))
    padded = (counts + SLOT_ALIGNMENT - 1) // SLOT_ALIGNMENT * SLOT_ALIGNMENT
    ends = padded.cumsum(0)
    first_pair = counts.cumsum(0) - counts

    order = torch.argsort(chosen, stable=True)  # pairs by expert
    by_expert = chosen[order]
    rank = torch.arange(pairs, device=chosen.device) - first_pair[by_expert]
    slot = (ends - padded)[by_expert] + rank

    slot_of_pair = torch.empty_like(chosen).scatter(0, order, slot)
    pair_of_slot = torch.zeros(slots, dtype=torch.int64, device=chosen.device).scatter(0, slot, order)
    used = torch.zeros(slots, dtype=torch.bool, device=chosen.device).scatter(
        0, slot, torch.ones_like(slot, dtype=torch.bool)
    )
    # What is left belongs to the last expert: a row in no group would never be written.
    ends = torch.cat([ends[:-1], torch.full_like(ends[-1:], slots)])
    return Slots(
        pair_of_slot // per_token,
        slot_of_pair.view(tokens, per_token),
        pair_of_slot,
        used[:, None],
        ends.to(torch.int32),
        counts,
    )


class _TokensToSlots(torch.autograd.Function):
    """{T, D} → {S, D}. The gradient is a gather too, where indexing would add up atomically."""

    @staticmethod
    def forward(ctx, rows, token_of_slot, slot_of_pair):
        ctx.save_for_backward(slot_of_pair)
        return rows[token_of_slot]

    @staticmethod
    def backward(ctx, gradient):
        (slot_of_pair,) = ctx.saved_tensors
        return gradient[slot_of_pair].sum(1), None, None


class _SlotsToPairs(torch.autograd.Function):
    """{S, D} → {T, K, D}."""

    @staticmethod
    def forward(ctx, rows, slot_of_pair, pair_of_slot, used):
        ctx.save_for_backward(pair_of_slot, used)
        return rows[slot_of_pair]

    @staticmethod
    def backward(ctx, gradient):
        pair_of_slot, used = ctx.saved_tensors
        by_slot = gradient.reshape(-1, gradient.shape[-1])[pair_of_slot]
        return by_slot * used.to(by_slot.dtype), None, None, None


GroupedProduct = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def product_by_loop(rows: torch.Tensor, weights: torch.Tensor, group_ends: torch.Tensor) -> torch.Tensor:
    """rows {S, in} of each group times that expert's weights {E, out, in} → {S, out}. The plain way: it is
    what the fast one is checked against, and it runs everywhere."""
    parts, first = [], 0
    for expert, end in enumerate(group_ends.tolist()):
        parts.append(rows[first:end] @ weights[expert].t())
        first = end
    return torch.cat(parts)


def product_by_kernel(rows: torch.Tensor, weights: torch.Tensor, group_ends: torch.Tensor) -> torch.Tensor:
    """The same in one kernel (PyTorch 2.8 or newer, bfloat16 on a GPU)."""
    grouped_mm = getattr(F, "grouped_mm", None) or torch._grouped_mm
    return grouped_mm(rows, weights.transpose(1, 2), offs=group_ends)


def choose_product(device: torch.device) -> GroupedProduct:
    """The kernel, where this PyTorch and this device have it and it computes the same as the loop."""
    if device.type != "cuda":
        return product_by_loop
    try:
        generator = torch.Generator(device).manual_seed(1)
        options = {"device": device, "dtype": torch.bfloat16, "generator": generator}
        results = []
        rows = torch.randn(192, 64, **options)
        weights = torch.randn(3, 128, 64, **options)
        ends = torch.tensor([64, 72, 192], dtype=torch.int32, device=device)
        for product in (product_by_loop, product_by_kernel):
            inputs = [rows.clone().requires_grad_(), weights.clone().requires_grad_()]
            out = product(*inputs, ends)
            out.float().square().sum().backward()
            results.append([out.detach(), inputs[0].grad, inputs[1].grad])
        for loop, kernel in zip(*results):
            error = (loop.float() - kernel.float()).norm() / loop.float().norm()
            if not error < 0.02:
                raise RuntimeError(f"it differs from the loop by {float(error):.3f}")
    except (RuntimeError, AttributeError, NotImplementedError) as problem:
        print(f"No grouped kernel here, experts are computed one by one: {problem}", flush=True)
        return product_by_loop
    return product_by_kernel


def routed_ffn(
    hidden: torch.Tensor,
    slots: Slots,
    weights: torch.Tensor,
    gate: torch.Tensor,
    up: torch.Tensor,
    down: torch.Tensor,
    product: GroupedProduct,
) -> torch.Tensor:
    """hidden {T, D}, weights {T, K} of the chosen experts, gate and up {E, W, D}, down {E, D, W} → {T, D}."""
    rows = _TokensToSlots.apply(hidden, slots.token_of_slot, slots.slot_of_pair)
    gate_up = torch.cat([gate, up], dim=1).to(hidden.dtype)
    gated, lifted = product(rows, gate_up, slots.group_ends).chunk(2, dim=-1)
    out = product(F.silu(gated) * lifted, down.to(hidden.dtype), slots.group_ends)
    pairs = _SlotsToPairs.apply(out, slots.slot_of_pair, slots.pair_of_slot, slots.used)
    return (pairs * weights[..., None].to(pairs.dtype)).sum(1)
