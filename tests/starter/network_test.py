"""The network, its training and the whole script, with PyTorch on a CPU: `./dev starter-smoke`."""
from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import support
import torch
import torch.nn.functional as F

import export
from gguf.writer import TensorType
from network.experts import SLOT_ALIGNMENT, assign_slots, product_by_kernel, product_by_loop, routed_ffn
from network.model import Network
from network.optimizer import orthogonalised
from network.shape import SMOKE_SHAPE
from text.bpe import Vocabulary
from text.shards import ShardWriter

VOCABULARY_FILE = support.RECIPE / "vocabulary.txt"


def random_network() -> Network:
    """In float64, with weights that F16 holds exactly, and no zeros that would hide something."""
    torch.manual_seed(1)
    network = Network(SMOKE_SHAPE).double().eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.normal_(1.0 if "norm" in name else 0.0, 0.15)
            parameter.copy_(parameter.half())
        for ffn in network.routed():
            ffn.exp_probs_b.normal_(0, 0.1)
            ffn.exp_probs_b.copy_(ffn.exp_probs_b.float())
    return network


class NetworkTest(unittest.TestCase):
    def test_logits_are_those_of_the_engine(self):
        network = random_network()
        tokens = torch.randint(0, SMOKE_SHAPE.vocab_size, (1, 300))
        with torch.no_grad():
            expected = network(tokens, torch.float64)[0].numpy()
        state = {name: values.float().numpy() for name, values in network.state_dict().items()}
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "network.gguf"
            export.export(path, SMOKE_SHAPE, state, Vocabulary.read(VOCABULARY_FILE), TensorType.F16, "test")
            computed = support.logits(path, tokens[0].tolist(), [0, 1, 63, 64, 200, 299])
        for position, values in computed.items():
            error = np.abs(np.array(values) - expected[position]).max()
            self.assertLess(error, 1e-3 * np.abs(expected[position]).max())

    def test_bfloat16_gives_about_the_same_loss(self):
        network = random_network().float()
        tokens = torch.randint(0, SMOKE_SHAPE.vocab_size, (2, 65))
        arguments = tokens[:, :-1], tokens[:, 1:], torch.ones(2, 64)
        exact = network.loss(*arguments, torch.float32)
        rounded = network.loss(*arguments, torch.bfloat16)
        rounded.backward()
        self.assertLess(abs(float(rounded / exact) - 1), 0.01)
        self.assertTrue(all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters()))

    def test_attention_without_pytorchs_own_is_the_same(self):
        """PyTorch 1.13 has no fused attention; both ways are the same where both are there."""
        if not hasattr(F, "scaled_dot_product_attention"):
            self.skipTest("this PyTorch has only one way")
        network, tokens = random_network(), torch.randint(0, 100, (2, 50))
        fused = network(tokens, torch.float64)
        own = F.scaled_dot_product_attention
        del F.scaled_dot_product_attention
        try:
            torch.testing.assert_close(network(tokens, torch.float64), fused)
        finally:
            F.scaled_dot_product_attention = own


class ExpertsTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(2)
        tokens, experts, width, hidden = 37, 5, 6, 4
        self.inputs = [torch.randn(tokens, hidden, dtype=torch.float64, requires_grad=True)]
        self.inputs.append(torch.rand(tokens, 2, dtype=torch.float64, requires_grad=True))
        for shape in ((experts, width, hidden), (experts, width, hidden), (experts, hidden, width)):
            self.inputs.append(torch.randn(*shape, dtype=torch.float64, requires_grad=True))
        scores = torch.rand(tokens, experts)
        scores[:, 3] = -1  # an expert without a token
        self.chosen = scores.topk(2).indices

    def plain(self, hidden, weights, gate, up, down):
        """Token by token."""
        rows = []
        for token, experts in enumerate(self.chosen.tolist()):
            row = hidden[token]
            rows.append(sum(
                weights[token, k] * (down[e] @ (F.silu(gate[e] @ row) * (up[e] @ row))) for k, e in enumerate(experts)
            ))  # fmt: skip
        return torch.stack(rows)

    def test_outputs_and_gradients_are_those_of_the_plain_way(self):
        slots = assign_slots(self.chosen, 5)
        results = []
        for compute in (self.plain, lambda h, w, *rest: routed_ffn(h, slots, w, *rest, product_by_loop)):
            for tensor in self.inputs:
                tensor.grad = None
            out = compute(*self.inputs)
            (out * torch.arange(out.numel()).view_as(out)).sum().backward()
            results.append([out.detach(), *[tensor.grad.clone() for tensor in self.inputs]])
        for plain, sorted_by_expert in zip(*results):
            torch.testing.assert_close(sorted_by_expert, plain)

    def test_groups_begin_where_the_kernel_wants_them(self):
        slots = assign_slots(self.chosen, 5)
        self.assertTrue(all(end % SLOT_ALIGNMENT == 0 for end in slots.group_ends.tolist()))
        self.assertEqual(int(slots.group_ends[-1]), len(slots.token_of_slot))
        self.assertEqual(int(slots.used.sum()), self.chosen.numel())
        self.assertEqual(slots.tokens_of_expert.tolist(), torch.bincount(self.chosen.flatten(), minlength=5).tolist())

    def test_the_kernel_gets_what_it_asks_for(self):
        """Its rules are PyTorch's: ends in int32 at multiples of 16 bytes, weights {experts, in, out} without a copy."""

        def kernel(rows, weights, offs):
            self.assertEqual(offs.dtype, torch.int32)
            self.assertTrue(all(end % SLOT_ALIGNMENT == 0 for end in offs.tolist()))
            self.assertEqual(weights.stride(1), 1)
            return product_by_loop(rows, weights.transpose(1, 2), offs)

        F.grouped_mm, own = kernel, getattr(F, "grouped_mm", None)
        try:
            slots = assign_slots(self.chosen, 5)
            torch.testing.assert_close(
                routed_ffn(self.inputs[0], slots, *self.inputs[1:], product_by_kernel),
                routed_ffn(self.inputs[0], slots, *self.inputs[1:], product_by_loop),
            )
        finally:
            del F.grouped_mm
            if own:
                F.grouped_mm = own

    def test_muon_makes_singular_values_about_one(self):
        values = torch.linalg.svdvals(orthogonalised(torch.randn(3, 20, 50)))
        self.assertTrue(bool(((values > 0.5) & (values < 1.5)).all()))


class TrainingTest(unittest.TestCase):
    """Rows of a language in which each token decides the next one, mostly."""

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        draw = np.random.default_rng(1)
        follower = draw.permutation(200)
        for part in ("train", "held_out"):
            for group in ("prose", "talk", "made"):
                shard = ShardWriter(self.folder / part, group)
                for _ in range(150):
                    ids = [int(draw.integers(200))]
                    while len(ids) < 120:
                        ids.append(int(follower[ids[-1]]) if draw.random() < 0.9 else int(draw.integers(200)))
                    shard.add([np.array(ids, np.uint16)])
                shard.close()

    def tearDown(self):
        self._folder.cleanup()

    def train(self, run: str, *options: str) -> tuple[dict, str]:
        command = [sys.executable, str(support.RECIPE / "train.py"), "--data", str(self.folder), "--out", str(self.folder / run),
                   "--shape", "smoke", "--batch-tokens", "2048", "--micro-tokens", "1024", *options]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertIn(done.returncode, (0, 75), done.stderr)
        return torch.load(self.folder / run / "checkpoint.pt"), done.stdout

    def test_loss_falls_while_experts_share_the_work(self):
        _, printed = self.train("long", "--tokens", "90000")
        lines = [line.split() for line in printed.splitlines() if line.startswith("step")]
        losses = [float(line[line.index("loss") + 1]) for line in lines]
        loads = [float(line[line.index("load") + 1]) for line in lines]
        self.assertLess(losses[-1], 0.6 * losses[0])
        self.assertLess(loads[-1], 2.0)

    def test_a_run_that_was_interrupted_ends_as_one_that_was_not(self):
        whole, _ = self.train("whole", "--tokens", "16384")
        self.train("parts", "--tokens", "16384", "--stop-after", "3")
        parts, printed = self.train("parts", "--tokens", "16384")
        self.assertIn("Going on from step 3", printed)
        self.assertEqual(whole["totals"]["tokens"], parts["totals"]["tokens"])
        for name, values in whole["network"].items():
            self.assertTrue(torch.equal(values, parts["network"][name]), name)


class ScriptTest(unittest.TestCase):
    def test_the_script_makes_a_model_that_answers(self):
        """All stages with little data; called again after it had to stop."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            corpus, work = folder / "corpus", folder / "work"
            generate = [sys.executable, str(support.RECIPE / "generate.py"), "--processes", "1", "--seed", "9"]
            subprocess.run([*generate, "--out", str(corpus), "--tokens", "20000"], check=True, capture_output=True)
            settings = {"PYTHON": sys.executable, "TOKENS": "60000", "SHAPE": "smoke", "BUDGET": "--tokens 16384", "VERSION": "smoke", "HOLD_OUT": "20",
                        "PART_SIZE": "500K", "TRAIN_OPTIONS": "--batch-tokens 2048 --micro-tokens 2048 --stop-after 5"}  # fmt: skip
            script = [str(support.RECIPE / "train_on_gpu.sh"), str(corpus), str(work)]
            stopped = subprocess.run(script, env={**os.environ, **settings}, capture_output=True, text=True)
            self.assertEqual(stopped.returncode, 75, stopped.stdout + stopped.stderr)
            settings["TRAIN_OPTIONS"] = settings["TRAIN_OPTIONS"].replace("--stop-after 5", "")
            done = subprocess.run(script, env={**os.environ, **settings}, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

            parts = sorted((work / "out").glob("kvasir-starter-smoke.gguf.part-*"))
            self.assertGreater(len(parts), 1)
            model = folder / "kvasir-starter-smoke.gguf"
            model.write_bytes(b"".join(part.read_bytes() for part in parts))
            subprocess.run(["sha256sum", "-c", "--quiet", str(work / "out/sha256.txt")], cwd=folder, check=True)
            support.kvasir_cli("ask", "--model", str(model), "--private", "--data-dir", str(folder / "data"),
                               "--max-tokens", "5", "Hello")  # fmt: skip


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()
