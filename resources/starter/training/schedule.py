"""How training proceeds: context, learning rate and mixture as functions of progress, which goes from 0 to 1.

Progress is the part of a budget that is used up: of time, on a machine that is lent for so long, or of tokens, where
two runs are to be the same.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Budget:
    """Exactly one of the two is given."""

    seconds: Optional[float] = None
    tokens: Optional[int] = None

    def progress(self, seconds: float, tokens: int) -> float:
        used = seconds / self.seconds if self.seconds else tokens / self.tokens
        return min(1.0, used)


@dataclass(frozen=True)
class Stage:
    until: float  # progress at which the next stage begins
    context: int  # tokens of a row
    mixture: dict[str, float]  # share of the tokens, by group


# What is made for this model teaches it how to talk; prose and people's talk teach it English. There are some 4 and 11
# million tokens of those: with larger shares, a run on a fast machine would see them too often.
_BROAD = {"prose": 0.08, "talk": 0.17, "made": 0.75}
_FINAL = {"prose": 0.05, "talk": 0.10, "made": 0.85}

STAGES = {
    "starter": (
        Stage(0.55, 512, _BROAD),
        Stage(0.70, 2048, _BROAD),
        Stage(0.90, 2048, _FINAL),
        Stage(1.00, 4096, _FINAL),
    ),
    "smoke": (Stage(0.6, 128, _BROAD), Stage(0.9, 256, _FINAL), Stage(1.0, 512, _FINAL)),
}

_WARM_UP = 0.01
_DECAY_FROM = 0.65
_FINAL_RATE = 0.03  # of the peak


def stage_at(stages: tuple[Stage, ...], progress: float) -> Stage:
    return next((stage for stage in stages if progress < stage.until), stages[-1])


def learning_rate(progress: float, peak: float) -> float:
    """Warm-up, a long plateau, then a straight line down."""
    if progress < _WARM_UP:
        return peak * max(progress, 1e-4) / _WARM_UP
    if progress < _DECAY_FROM:
        return peak
    left = (1 - progress) / (1 - _DECAY_FROM)
    return peak * (_FINAL_RATE + (1 - _FINAL_RATE) * left)
