#!/usr/bin/env python3
"""Trains the starter model on the shards of `encode.py`.

On a GPU: `train.py --data TOKENS --out RUN --minutes 15`. It saves a checkpoint every few minutes and at the end, and goes
on from the one that it finds in RUN. `--tokens` instead of `--minutes` makes runs repeatable.
"""
from __future__ import annotations

import argparse
import os
import pathlib
import sys
import time
from dataclasses import dataclass
from typing import Iterator

import numpy as np
import torch

from network.experts import choose_product
from network.model import Network
from network.optimizer import make_optimizers
from network.shape import SHAPES
from text.bpe import PAD, SPECIAL_TOKENS
from training.rows import RowSource, prefetched, split
from training.schedule import STAGES, Budget, Stage, learning_rate, stage_at

_BALANCE_RATE = 0.003  # how far the router's bias moves in a step, at the peak learning rate
_BATCHES_OF_LAP = 16
_LOG_EVERY = 20  # steps
EXIT_UNFINISHED = 75
_LARGEST_GRADIENT = 1.0  # norm over all parameters


@dataclass
class Totals:
    """What a run has used up so far, in all its sittings."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0


class Trainer:
    def __init__(self, options: argparse.Namespace):
        torch.manual_seed(options.seed)
        self.options = options
        self.device = torch.device(options.device)
        self.dtype = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        self.stages = STAGES[options.shape]
        self.budget = Budget(options.minutes and options.minutes * 60, options.tokens)
        shape = SHAPES[options.shape]
        self.network = Network(shape, choose_product(self.device)).to(self.device)
        self.optimizers = make_optimizers(self.network, options.learning_rate)
        pad = shape.vocab_size - len(SPECIAL_TOKENS) + SPECIAL_TOKENS.index(PAD)
        self.rows = RowSource(options.data / "train", pad, options.seed)
        self.held_out = RowSource(options.data / "held_out", pad, options.seed)
        self.totals = Totals()
        self.lap_state, self.batches_of_lap = self.rows.state(), 0
        self.loss = self._compiled()

    def _compiled(self):
        """The network's loss as a compiled graph, or as it is where that fails. Tried with a backward pass, which is
        compiled when it is first needed, of the shape that the first stage has."""
        if self.device.type != "cuda" or self.options.no_compile:
            return self.network.loss
        import torch._dynamo

        loss = torch.compile(self.network.loss, dynamic=False)
        context = self.stages[0].context
        tokens = torch.zeros(self.options.micro_tokens // context, context, dtype=torch.int64, device=self.device)
        try:
            loss(tokens, tokens, torch.ones_like(tokens, dtype=torch.float32), self.dtype).backward()
        except Exception as problem:  # of whatever kind: compilers have many
            print(f"Not compiled: {problem}", flush=True)
            loss = self.network.loss
        torch._dynamo.config.suppress_errors = True  # another stage's shape had better be slow than end the run
        self.network.zero_grad(set_to_none=True)
        for ffn in self.network.routed():
            ffn.load.zero_()
        return loss

    @property
    def checkpoint(self) -> pathlib.Path:
        return self.options.out / "checkpoint.pt"

    def save(self) -> None:
        content = {
            "shape": self.options.shape,
            "network": self.network.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "totals": vars(self.totals),
            "lap": self.lap_state,
            "batches_of_lap": self.batches_of_lap,
        }
        self.options.out.mkdir(parents=True, exist_ok=True)
        unfinished = self.checkpoint.with_suffix(".part")
        torch.save(content, unfinished)
        os.replace(unfinished, self.checkpoint)

    def restore(self) -> None:
        content = torch.load(self.checkpoint, map_location="cpu")  # optimizers keep their step counts there
        self.network.load_state_dict(content["network"])
        for optimizer, state in zip(self.optimizers, content["optimizers"]):
            optimizer.load_state_dict(state)
        self.totals = Totals(**content["totals"])
        self.lap_state, self.batches_of_lap = content["lap"], content["batches_of_lap"]
        self.rows.restore(self.lap_state)
        print(f"Going on from step {self.totals.step}.", flush=True)

    def progress(self) -> float:
        return self.budget.progress(self.totals.seconds, self.totals.tokens)

    def batches(self) -> Iterator[tuple[dict, int, np.ndarray]]:
        """Rows of each step, with the state of their lap and their number in it. The stage is that of progress when a
        lap is planned, a few steps ahead; a lap that was begun in another sitting keeps its own."""
        skip, progress = self.batches_of_lap, self.lap_state.get("progress", 0.0)
        while True:
            stage = stage_at(self.stages, progress)
            rows = self.options.batch_tokens // stage.context
            state = {**self.rows.state(), "progress": progress}
            lap = self.rows.next_lap(stage, rows * _BATCHES_OF_LAP)
            for i in range(skip, _BATCHES_OF_LAP):
                yield state, i, lap[i * rows : (i + 1) * rows]
            skip, progress = 0, self.progress()

    def run(self) -> None:
        started, before = time.monotonic(), self.totals.seconds
        saved = logged = time.monotonic()
        logged_tokens, losses = self.totals.tokens, []
        # A thread would plan by a progress that depends on its speed: fine for a budget of time alone.
        batches = self.batches()
        for state, i, rows in prefetched(batches) if self.options.minutes else batches:
            losses.append(self.step(rows))
            self.lap_state, self.batches_of_lap = state, i + 1
            now = time.monotonic()
            self.totals.seconds = before + now - started
            if self.totals.step % _LOG_EVERY == 0:
                mean = float(torch.stack(losses).mean())
                speed = (self.totals.tokens - logged_tokens) / (now - logged)
                self.log(rows.shape[1] - 1, mean, speed)
                logged, logged_tokens, losses = now, self.totals.tokens, []
            if now - saved > self.options.save_every * 60:
                self.save()
                saved = now
            if self.progress() >= 1 or self._has_to_stop(now - started):
                break
        self.save()
        print(f"Held out: {self.evaluate()}", flush=True)

    def _has_to_stop(self, seconds: float) -> bool:
        options = self.options
        if options.stop_after and self.totals.step >= options.stop_after:
            return True
        return bool(options.sitting) and seconds > options.sitting * 60

    def step(self, rows: np.ndarray) -> torch.Tensor:
        """One update. Returns the mean loss of its learned tokens."""
        self.network.train()
        rate = learning_rate(self.progress(), self.options.learning_rate)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        batch = split(rows)
        learned = max(1.0, float(batch.weights.sum()))
        at_once = max(1, self.options.micro_tokens // batch.tokens.shape[1])
        total = torch.zeros((), device=self.device)
        for first in range(0, len(rows), at_once):
            part = [self._to_device(values[first : first + at_once]) for values in batch]
            loss = self.loss(*part, self.dtype) / learned
            loss.backward()
            total += loss.detach()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _LARGEST_GRADIENT)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        balance_rate = _BALANCE_RATE * rate / self.options.learning_rate
        self.worst_load = torch.stack([ffn.balance(balance_rate) for ffn in self.network.routed()]).max()
        self.totals.step += 1
        self.totals.tokens += batch.tokens.size
        return total

    def _to_device(self, values: np.ndarray) -> torch.Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(values))
        if self.device.type == "cuda":
            tensor = tensor.pin_memory()
        return tensor.to(self.device, non_blocking=True)

    def log(self, context: int, loss: float, speed: float) -> None:
        totals = self.totals
        print(
            f"step {totals.step:5d}  {totals.tokens / 1e6:7.1f}M tokens  {self.progress():6.1%}  context {context}  "
            f"loss {loss:.4f}  largest load {float(self.worst_load):.2f}  {speed / 1e3:.1f}k tokens/s",
            flush=True,
        )

    @torch.no_grad()
    def evaluate(self, rows: int = 64) -> dict[str, float]:
        """Mean loss in nats for each group, on documents that were not trained on."""
        self.network.eval()
        context = self.stages[-1].context
        losses = {}
        for group in self.held_out.shards:
            stage = Stage(1.0, context, {group: 1.0})
            batch = split(self.held_out.next_lap(stage, rows * 512 // context or 1))
            total = 0.0
            for i in range(len(batch.tokens)):
                part = [self._to_device(values[i : i + 1]) for values in batch]
                total += float(self.network.loss(*part, self.dtype))
            losses[group] = round(total / max(1.0, float(batch.weights.sum())), 4)
        return losses


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder that encode.py wrote")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--shape", choices=SHAPES, default="starter")
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=float)
    budget.add_argument("--tokens", type=int)
    parser.add_argument("--learning-rate", type=float, default=4e-3)
    parser.add_argument("--batch-tokens", type=int, default=1 << 18, help="of one update")
    parser.add_argument("--micro-tokens", type=int, default=1 << 16, help="computed at a time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--save-every", type=float, default=3, help="minutes")
    parser.add_argument("--sitting", type=float, help="minutes until it stops, to be gone on from by another call")
    parser.add_argument("--stop-after", type=int, help="the same by the number of updates")
    return parser.parse_args()


def main() -> None:
    trainer = Trainer(parse_options())
    parameters = trainer.network.shape.parameters
    print(f"{parameters() / 1e6:.2f}M parameters, {parameters(active=True) / 1e6:.2f}M for a token", flush=True)
    torch.set_float32_matmul_precision("high")  # what is left in float32, such as the router
    if trainer.checkpoint.exists():
        trainer.restore()
    if trainer.progress() < 1:
        trainer.run()
    # Others may wait for it: 0 where the budget is used up.
    sys.exit(0 if trainer.progress() >= 1 else EXIT_UNFINISHED)


if __name__ == "__main__":
    main()
