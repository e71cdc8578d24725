"""Muon for matrices, AdamW for the rest.

Muon (Jordan et al., 2024) takes the momentum of a matrix and replaces its singular values by about one; scaled as in
arXiv:2502.16982, its updates are as large as AdamW's, so that both share one learning rate.
"""
from __future__ import annotations

import torch
from torch import nn

from .model import Network

_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # a quintic that takes (0, 1] near 1 in five steps
_STEPS = 5


def orthogonalised(matrices: torch.Tensor) -> torch.Tensor:
    """{…, m, n} with the same singular vectors and singular values between about 0.7 and 1.2."""
    dtype = torch.bfloat16 if matrices.is_cuda else torch.float32
    x = matrices.to(dtype)
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.transpose(-1, -2)
    x = x / (x.flatten(-2).norm(dim=-1)[..., None, None] + 1e-7)
    a, b, c = _NEWTON_SCHULZ
    for _ in range(_STEPS):
        gram = x @ x.transpose(-1, -2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.transpose(-1, -2) if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Parameters of two dimensions, or of three where the first counts matrices (heads, experts)."""

    def __init__(self, parameters, lr: float, momentum: float = 0.95, weight_decay: float = 0.1):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                momentum = state["momentum"].lerp_(parameter.grad, 1 - group["momentum"])
                ahead = parameter.grad.lerp(momentum, group["momentum"])  # Nesterov's
                update = orthogonalised(ahead) * (0.2 * max(parameter.shape[-2:]) ** 0.5)
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(update, alpha=-group["lr"])


def is_matrix(name: str, parameter: nn.Parameter) -> bool:
    """Tables of tokens and the router are no maps between hidden states: AdamW does better there."""
    return parameter.dim() >= 2 and name not in ("token_embd", "output") and "ffn_gate_inp" not in name


def make_optimizers(network: Network, lr: float) -> list[torch.optim.Optimizer]:
    named = list(network.named_parameters())
    matrices = [parameter for name, parameter in named if is_matrix(name, parameter)]
    others = [parameter for name, parameter in named if not is_matrix(name, parameter)]
    return [Muon(matrices, lr), torch.optim.AdamW(others, lr, betas=(0.9, 0.95), weight_decay=0.0)]
