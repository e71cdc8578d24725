"""The parts of the recipe that need no PyTorch, against Kvasir's own programs."""
from __future__ import annotations

import json
import math
import pathlib
import re
import tempfile
import unittest

import numpy as np
import support

import export
import generate
from corpus import cleaning
from evaluation import metrics
from gguf import writer
from network.shape import SMOKE_SHAPE, Shape
from synthetic import daily, descriptions, personas, stories, sums, words
from synthetic.voice import Voice, plural, tidy
from text import documents, shards
from text.bpe import SPECIAL_TOKENS, Vocabulary
from training import rows, schedule

VOCABULARY = Vocabulary.read(support.RECIPE / "vocabulary.txt")

TRICKY_TEXT = (
    "It's the year 1234567, isn't it?  Two  spaces\tand a tab.\n\n\n  Lines \r\n end. ÀÉÎ ñandú ß Ωμέγα русский "
    '日本語とカタカナ 한국어 e\u0301 \u200bzero\u00a0width \x01\x02a ½ Ⅳ ² ٣ 🙂🙃 foo_bar --x== "quoted" (a)b c\'d  \u2003wide\u3000'
)


def random_weights(shape: Shape) -> export.Weights:
    """As a checkpoint holds them, without PyTorch."""
    draw = np.random.default_rng(1)
    heads, hidden, width = shape.num_attention_heads, shape.hidden_size, shape.moe_intermediate_size
    experts, shared = shape.n_routed_experts, shape.n_shared_experts * width
    sizes = {"token_embd": (shape.vocab_size, hidden), "output_norm": (hidden,), "output": (shape.vocab_size, hidden)}
    for layer in range(shape.num_hidden_layers):
        block = {
            "attention.attn_norm": (hidden,), "attention.attn_q_a": (shape.q_lora_rank, hidden),
            "attention.attn_q_a_norm": (shape.q_lora_rank,), "attention.attn_q_b": (heads * shape.qk_head_dim, shape.q_lora_rank),
            "attention.attn_kv_a_mqa": (shape.kv_lora_rank + shape.qk_rope_head_dim, hidden), "attention.attn_kv_a_norm": (shape.kv_lora_rank,),
            "attention.attn_k_b": (heads, shape.qk_nope_head_dim, shape.kv_lora_rank),
            "attention.attn_v_b": (heads, shape.v_head_dim, shape.kv_lora_rank),
            "attention.attn_output": (hidden, heads * shape.v_head_dim), "ffn_norm": (hidden,),
        }  # fmt: skip
        if shape.is_dense(layer):
            inner = shape.intermediate_size
            block |= {"ffn.ffn_gate": (inner, hidden), "ffn.ffn_up": (inner, hidden), "ffn.ffn_down": (hidden, inner)}
        else:
            block |= {
                "ffn.ffn_gate_inp": (experts, hidden), "ffn.exp_probs_b": (experts,),
                "ffn.ffn_gate_exps": (experts, width, hidden), "ffn.ffn_up_exps": (experts, width, hidden),
                "ffn.ffn_down_exps": (experts, hidden, width), "ffn.shared.ffn_gate_shexp": (shared, hidden),
                "ffn.shared.ffn_up_shexp": (shared, hidden), "ffn.shared.ffn_down_shexp": (hidden, shared),
            }  # fmt: skip
        sizes |= {f"blocks.{layer}.{name}": size for name, size in block.items()}
    return {name: draw.normal(0, 0.1, size).astype(np.float32) for name, size in sizes.items()}


class WithModel(unittest.TestCase):
    """A model of random weights with the real vocabulary."""

    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls._folder.name)
        cls.model = cls.folder / "random.gguf"
        export.export(cls.model, SMOKE_SHAPE, random_weights(SMOKE_SHAPE), VOCABULARY, writer.TensorType.Q8_0, "test")

    @classmethod
    def tearDownClass(cls):
        cls._folder.cleanup()


class TokenizerTest(WithModel):
    def test_text_becomes_the_ids_that_the_engine_makes_of_it(self):
        made = "\n".join(documents.render(generate.clean(stories.chat(Voice(i)))) for i in range(20))
        held_out = (support.RECIPE / "evaluation" / "held_out.txt").read_text(encoding="utf-8")
        for name, text in {"tricky": TRICKY_TEXT, "made": made, "held out": held_out}.items():
            with self.subTest(name):
                path = self.folder / "text.txt"
                path.write_bytes(text.encode())
                engine = json.loads(support.kvasir_cli("tokenize", "--model", str(self.model), "--file", str(path)))
                self.assertEqual(VOCABULARY.encode(text), engine)

    def test_ids_become_the_text_again(self):
        self.assertEqual(VOCABULARY.decode(VOCABULARY.encode(TRICKY_TEXT)), TRICKY_TEXT)

    def test_every_digit_is_a_token_of_its_own(self):
        self.assertEqual(len(VOCABULARY.encode("1234567890")), 10)

    def test_a_written_vocabulary_is_read_back(self):
        path = self.folder / "vocabulary.txt"
        VOCABULARY.write(path)
        self.assertEqual(Vocabulary.read(path).merges, VOCABULARY.merges)

    def test_conversations_are_written_as_the_template_renders_them(self):
        template = self.folder / "template.jinja"
        template.write_text(documents.CHAT_TEMPLATE, encoding="utf-8")
        messages = [
            documents.system("Be kind."), documents.user("1 + 1?"), documents.assistant("2", "1 + 1 = 2."),
            documents.user("{{ 2 }}\n"), documents.assistant("What do you mean?"),
        ]  # fmt: skip
        # The application keeps reasoning apart; other programs leave it in the content, where the template drops it.
        inline = [
            {**m, "content": f"<think>{m['reasoning']}</think>{m['content']}"} if m.get("reasoning") else m
            for m in messages
        ]
        for given in (messages, inline):
            rendered = support.kvasir_cli(
                "render", "--template", str(template), "--messages", json.dumps(given),
                "--variables", json.dumps({"bos_token": SPECIAL_TOKENS[0]}),
            )  # fmt: skip
            self.assertEqual(documents.render({"messages": messages}), rendered)


class ExportTest(WithModel):
    def test_the_engine_runs_an_exported_model(self):
        values = support.logits(self.model, VOCABULARY.encode("Hello there"), [0, 1])
        self.assertTrue(
            all(len(row) == SMOKE_SHAPE.vocab_size and all(map(math.isfinite, row)) for row in values.values())
        )

    def test_a_chat_goes_by_the_template_of_the_file(self):
        """The program says so where it can't use a template."""
        data = str(self.folder / "data")
        asked = ("ask", "--model", str(self.model), "--private", "--data-dir", data, "--max-tokens", "3", "Hello")
        self.assertEqual(support.run_kvasir_cli(*asked).stderr, "")

    def test_keys_and_tensors_are_those_of_the_shipped_model(self):
        shipped, exported = support.GgufHeader(support.SHIPPED_MODEL), support.GgufHeader(self.model)
        self.assertEqual(
            [(k, t) for k, (t, _) in shipped.keys.items()], [(k, t) for k, (t, _) in exported.keys.items()]
        )

        def kinds(header: support.GgufHeader, layers: int) -> dict:
            of_layers = {
                n: v for n, v in header.tensors.items() if not n.startswith("blk.") or int(n.split(".")[1]) < layers
            }
            return {name: (len(shape), type) for name, (shape, type) in of_layers.items()}

        layers = SMOKE_SHAPE.num_hidden_layers
        self.assertEqual(list(kinds(shipped, layers).items()), list(kinds(exported, layers).items()))

    def test_quantised_blocks_are_within_half_a_step(self):
        values = np.random.default_rng(1).normal(size=(7, 64)).astype(np.float32)
        values[3] = 0
        blocks = np.frombuffer(writer.quantise_q8_0(values), np.uint8).reshape(-1, 34)
        scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        decoded = (blocks[:, 2:].copy().view(np.int8) * scales).reshape(values.shape)
        step = np.repeat(scales, 32, axis=1).reshape(values.shape)
        self.assertTrue(
            np.all(np.abs(decoded - values) <= 0.57 * step)
        )  # a float16 scale is off by up to 127/2048 steps

    def test_the_starter_fits_into_32_mib_with_a_third_in_use(self):
        shape = Shape()
        self.assertLess(shape.parameters() * 34 / 32, 31.5 * 2**20)
        self.assertTrue(1 / 4 < shape.parameters(active=True) / shape.parameters() < 1 / 3)


class GeneratorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = cls.write(job=0, characters=300_000)

    @staticmethod
    def write(job: int, characters: int) -> list[documents.Document]:
        report = generate.Report(*(generate.collections.Counter() for _ in range(3)))
        return list(generate.write_documents(1, job, characters, report))

    def texts(self):
        for document in self.made:
            yield from ([document["text"]] if "text" in document else [m["content"] for m in document["messages"]])

    def test_a_seed_always_writes_the_same(self):
        self.assertEqual(self.write(3, 50_000), self.write(3, 50_000))
        self.assertNotEqual(self.write(3, 50_000), self.write(4, 50_000))

    def test_all_kinds_occur(self):
        self.assertEqual({d["source"] for d in self.made}, set(generate.SHARES))

    def test_nothing_of_a_template_is_left_in_a_text(self):
        odd = re.compile(r"[{}\[\]|]|\S  +\S| [.,!?](\s|$)|\.\.(?!\.)(?<!\.\.\.)|\ba [aeio](?!ne-)\w")
        # “, ...” stands where a row of numbers goes on.
        found = [text for text in self.texts() if odd.search(text.replace(", ...", "").replace(" ...", ""))]
        self.assertEqual(found[:3], [])

    def test_chats_alternate_and_nobody_says_nothing(self):
        for document in self.made:
            roles = [m["role"] for m in document.get("messages", ()) if m["role"] != "system"]
            self.assertEqual(roles, ["user", "assistant"] * (len(roles) // 2))
        self.assertTrue(all(text.strip() for text in self.texts()))

    def test_no_document_occurs_twice(self):
        rendered = [documents.render(document) for document in self.made]
        self.assertEqual(len(set(rendered)), len(rendered))

    def test_every_equation_is_true(self):
        equation = re.compile(r"(\d+) ([-+x/]) (\d+)(?: \+ (\d+))? = (\d+)")
        count = 0
        for seed in range(1000):
            question, steps, answer = Voice(seed).pick(sums._SUMS)(Voice((seed, 1)))
            for a, sign, b, carry, result in equation.findall(f"{steps} {answer}"):
                a, b, carry, result = int(a), int(b), int(carry or 0), int(result)
                value = {"+": a + b + carry, "-": a - b, "x": a * b, "/": a // max(1, b)}[sign]
                self.assertEqual(value, result, (question, steps))
                count += 1
        self.assertGreater(count, 1000)

    def test_steps_lead_to_the_answer(self):
        for seed in range(200):
            question, steps, answer = Voice(seed).pick([sums.plus, sums.minus, sums.times])(Voice((seed, 1)))
            self.assertEqual(metrics.last_number(steps.rstrip(".")), metrics.last_number(answer), question)

    def test_a_persona_can_be_described_in_every_person(self):
        line = "In your free time, you like tea. You are old. You always have time. Your cat is red."
        self.assertEqual(
            descriptions.first_person(line), "In my free time, I like tea. I am old. I always have time. My cat is red."
        )
        self.assertEqual(descriptions.third_person("Mia", "their", "You always have tea."), "Mia always has tea.")
        self.assertEqual(descriptions.third_person("Mia", "their", "Your cat is red."), "Mia's cat is red.")
        self.assertEqual(
            descriptions.third_person("Mia", "their", "In your free time, you like tea."),
            "In their free time, Mia likes tea.",
        )

    def test_every_description_holds_the_facts(self):
        for seed in range(150):
            voice = Voice(seed)
            persona = personas.make(voice, 6)
            text = personas.describe(voice, persona).lower()
            self.assertTrue(
                all(value.lower() in text for key, value in persona.items() if key != "speech"), (persona, text)
            )

    def test_a_persona_answers_with_its_facts(self):
        for seed in range(200):
            voice = Voice(seed)
            persona = personas.make(voice, 6)
            for key in [key for key in personas.FACTS if key in persona and personas.FACTS[key].asks]:
                _, answer = personas.ask(voice, persona, key)
                said = answer["content"].lower()
                does = words.JOBS.get(persona[key], "-") if key == "job" else "-"
                self.assertTrue(persona[key].lower() in said or does in said, (key, persona[key], said))

    def test_passages_hold_what_is_answered_and_not_what_is_not(self):
        for seed in range(150):
            passage = daily.daily(Voice(seed))
            text = passage.text().lower()
            asked = {question for question, _ in passage.answered}
            self.assertFalse(asked & set(passage.unanswered))
            for question, answer in passage.answered:
                told = [
                    w
                    for w in re.findall(r"[a-z]{4,}", answer.lower())
                    if w not in ("found", "because", "lives", "called", "friend", "years")
                ]
                self.assertTrue(all(word in text for word in told), (question, answer, text))

    def test_no_sum_of_the_evaluation_is_trained_on(self):
        kept = generate.evaluation_numbers()
        asked = [m["content"] for d in self.made for m in d.get("messages", ()) if m["role"] == "user"]
        self.assertFalse([question for question in asked if generate.numbers_in(question) in kept])

    def test_words_get_their_plurals_and_articles(self):
        self.assertEqual(
            [plural(w) for w in ("mouse", "cherry", "guinea pig", "brush", "toy")],
            ["mice", "cherries", "guinea pigs", "brushes", "toys"],
        )
        self.assertEqual(
            tidy("a old unicorn has a  unicorn , a one-legged owl and a uncle ."),
            "an old unicorn has a unicorn, a one-legged owl and an uncle.",
        )


class DataTest(unittest.TestCase):
    def test_shards_give_back_what_was_learned_and_what_not(self):
        document = {"messages": [documents.user("Hi!"), documents.assistant("Hello.")]}
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for part in ("b", "a"):
                shard = shards.ShardWriter(folder, f"talk{shards.PART}{part}")
                shard.add(shards.encode(VOCABULARY, document, 100))
                shard.add(shards.encode(VOCABULARY, {"text": part}, 100))
                shard.close()
            self.assertEqual(list(shards.join(folder)), ["talk"])
            shard = shards.Shard(folder, "talk")
            self.assertEqual(len(shard), 4)
            learned = [int(i) for i in shard[2] if i < shards.NOT_LEARNED]
            self.assertEqual(VOCABULARY.decode(learned), "Hello.<｜end▁of▁sentence｜>")
            everything = [int(i) & ~shards.NOT_LEARNED for i in shard[2]]
            self.assertEqual(VOCABULARY.decode(everything), documents.render(document))
            self.assertIn("a", VOCABULARY.decode([int(i) & ~shards.NOT_LEARNED for i in shard[1]]))

    def row_source(self, folder: pathlib.Path, documents_of_group: int = 60) -> rows.RowSource:
        """Documents of 3 to 30 tokens that begin with their own number plus 1000."""
        for group in ("made", "talk"):
            shard = shards.ShardWriter(folder, group)
            for i in range(documents_of_group):
                shard.add([np.array([1000 + i] + [1] * (2 + i * 7 % 28), np.uint16)])
            shard.close()
        return rows.RowSource(folder, pad=0, seed=1)

    def test_rows_begin_with_documents_and_use_each_once_an_epoch(self):
        with tempfile.TemporaryDirectory() as name:
            source = self.row_source(pathlib.Path(name))
            lap = source.next_lap(schedule.Stage(1.0, 63, {"made": 1.0}), 8)
            self.assertEqual(lap.shape, (8, 64))
            self.assertTrue(all(row[0] >= 1000 for row in lap))
            begun = [int(i) for i in lap.flatten() if 1000 <= i < shards.NOT_LEARNED]
            self.assertEqual(len(set(begun)), len(begun))
            while source.cursors["made"].epoch == 0:
                source.next_lap(schedule.Stage(1.0, 63, {"made": 1.0}), 8)
            self.assertEqual(source.cursors["talk"].position, 0)

    def test_hardly_a_row_is_empty_and_none_is_repeated(self):
        with tempfile.TemporaryDirectory() as name:
            source = self.row_source(pathlib.Path(name), documents_of_group=900)
            lap = source.next_lap(schedule.Stage(1.0, 255, {"made": 0.7, "talk": 0.3}), 40)
            self.assertEqual(len({row.tobytes() for row in lap}), 40)
            self.assertLess(float((lap == shards.NOT_LEARNED).mean()), 0.1)

    def test_long_prose_is_taken_from_anywhere(self):
        with tempfile.TemporaryDirectory() as name:
            shard = shards.ShardWriter(pathlib.Path(name), "prose")
            for _ in range(50):
                shard.add([np.arange(1000, dtype=np.uint16)])
            shard.close()
            source = rows.RowSource(pathlib.Path(name), pad=0, seed=1)
            lap = source.next_lap(schedule.Stage(1.0, 99, {"prose": 1.0}), 20)
            self.assertGreater(len(set(lap[:, 0].tolist())), 10)
            self.assertTrue(all(np.all(np.diff(row.astype(int)) == 1) for row in lap))

    def test_rows_go_on_where_a_checkpoint_left_them(self):
        stage = schedule.Stage(1.0, 31, {"made": 0.5, "talk": 0.5})
        with tempfile.TemporaryDirectory() as name:
            source = self.row_source(pathlib.Path(name))
            source.next_lap(stage, 4)
            state = source.state()
            expected = [source.next_lap(stage, 4) for _ in range(5)]
            again = rows.RowSource(pathlib.Path(name), pad=0, seed=1)
            again.restore(state)
            for lap in expected:
                np.testing.assert_array_equal(again.next_lap(stage, 4), lap)

    def test_padding_is_read_but_not_learned(self):
        batch = rows.split(np.array([[5, 6 | shards.NOT_LEARNED, 7, 0 | shards.NOT_LEARNED]], np.uint16))
        self.assertEqual(batch.tokens.tolist(), [[5, 6, 7]])
        self.assertEqual(batch.targets.tolist(), [[6, 7, 0]])
        self.assertEqual(batch.weights.tolist(), [[0, 1, 0]])

    def test_the_schedule_covers_a_run(self):
        for stages in schedule.STAGES.values():
            self.assertEqual(stages[-1].until, 1.0)
            self.assertEqual(sorted(s.until for s in stages), [s.until for s in stages])
            self.assertEqual([schedule.stage_at(stages, p) for p in (0.0, 1.0)], [stages[0], stages[-1]])
        rates = [schedule.learning_rate(p / 100, 1.0) for p in range(101)]
        self.assertEqual((max(rates), rates[50]), (1.0, 1.0))
        self.assertLess(max(rates[0], rates[100]), 0.05)

    def test_overlaps_with_evaluation_are_found(self):
        kept = "The quick brown fox jumps over the lazy dog, and then it sleeps in the sun all day."
        decontaminator = cleaning.Decontaminator([kept])
        self.assertTrue(
            decontaminator.overlaps("So: the QUICK brown fox jumps over the lazy dog and then it sleeps, they say.")
        )
        self.assertFalse(decontaminator.overlaps("The quick brown fox jumps over the lazy dog."))

    def test_answers_are_judged_as_squad_judges_them(self):
        self.assertEqual(metrics.f1("The golden hair.", ["golden hair", "her mother"]), 1.0)
        self.assertAlmostEqual(metrics.f1("long golden hair", ["golden hair"]), 0.8)
        self.assertTrue(metrics.evades("I don't know. The text doesn't say."))
        self.assertFalse(metrics.evades("She said no."))
        self.assertEqual(metrics.last_number("12 + 5 = 1,017."), 1017)


if __name__ == "__main__":
    unittest.main()
