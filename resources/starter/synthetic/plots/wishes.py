"""Plots about what somebody wants to have, to learn or to know."""
from __future__ import annotations

from .. import words
from ..voice import Voice, article, sentence
from .told import Told, tell


def new_skill(voice: Voice, slots: dict) -> Told:
    skill, first, second, advice = voice.pick(
        [
            ("swim", "swallowed a lot of water", "sank like a stone", "Breathe slowly, and move your legs"),
            (
                "fly a kite",
                "let go of the string",
                "got the string caught in a tree",
                "Wait for the wind, and then run",
            ),
            (
                "bake bread",
                "burned it until it was black",
                "forgot the salt",
                "Read the recipe slowly, and take your time",
            ),
            ("whistle", "only blew air", "made a noise like a frog", "Make your lips small and round"),
            ("ride a bicycle", "fell into a hedge", "rolled into a pond", "Look ahead, not at your feet"),
            ("dance", "stepped on everybody's feet", "fell over a chair", "Listen to the music first"),
            (
                "paint",
                "spilled the blue paint",
                "painted a horse that looked like a table",
                "Look at the thing for a long time before you begin",
            ),
            (
                "skate",
                "sat down on the ice with a bump",
                "could not stop and landed in the snow",
                "Bend your knees and lean forward",
            ),
            ("juggle", "dropped all the balls", "broke a cup", "Begin with one ball, then take two"),
            (
                "play the flute",
                "made a terrible squeak",
                "frightened all the birds",
                "Play one note until it is beautiful",
            ),
            ("sew", "pricked a finger", "sewed a sleeve to a pocket", "Make small stitches, one after the other"),
        ]
    )
    slots = {**slots, "skill": skill, "fail1": first, "fail2": second, "advice": advice}
    beats = [
        [
            "{h} decided [that {h_they} wanted|] to learn to {skill}.",
            '{h} saw {o} {skill}. "I want to learn that too!" {h_they} said.',
            "{h} had one big wish: to {skill}.",
        ],
        ["[The first time|On the first day], {h_they} {fail1}.", "{h_They} tried at once, but {h_they} {fail1}."],
        ["[The second time|On the next day], {h_they} {fail2}.", "{h_They} tried again and {fail2}."],
        [
            '[Some laughed.|{o} laughed.] "You will never learn it!" [they|the others] said.',
            '"I can\'t do it," said {h}, and a tear ran down {h_their} cheek.',
            "{h} was so angry that {h_they} wanted to give up.",
        ],
        ["But {f}, {f_a}, had seen everything.", "Then {f_a} named {f} sat down beside {h_them}."],
        ['"{advice}," said {f}. "And don\'t be afraid."', '"I could not do it either at first," said {f}. "{advice}."'],
        [
            "{h} practised [every day|for a whole week|each morning before breakfast].",
            "So {h} tried once more, and once more, and once more.",
        ],
        [
            "And [one morning|at last|after many days], it worked! {h} could {skill}!",
            "Little by little it went better, until one day {h_they} could {skill} [as well as anyone|all alone].",
        ],
        [
            '"Look at me!" [called|shouted] {h}. {f} clapped.',
            "{f} was [very|so] proud of {h_them}.",
            "Now the others wanted to learn it from {h}.",
        ],
    ]
    facts = [
        ["What did {h} want to learn?", "{h} wanted to learn to {skill}."],
        ["What did {f} say?", '{f} said: "{advice}."'],
        ["Did {h} give up?", "No, {h} kept trying. In the end {h_they} could {skill}."],
        ["Did it work in the end?", "Yes, in the end {h} could {skill}."],
    ]
    return tell(voice, beats, slots, "Long Lesson", f"learning to {skill}", "practice", facts)


def magic_thing(voice: Voice, slots: dict) -> Told:
    wish = voice.pick(
        ["a mountain of cake", "a golden house", "a hundred toys", "a new coat for every day", "never to work again"]
    )
    slots = {**slots, "wish": wish, "Wish": sentence(wish)}
    beats = [
        [
            "{h} found a {thing_adjective} {thing} [in the grass|at the river|under a root].",
            "{h} bought an old {thing} at the market for one coin.",
        ],
        [
            '"Rub me, and I give you three wishes," said the {thing}.',
            'When {h_they} cleaned it, the {thing} began to speak: "You have three wishes!"',
        ],
        [
            '"First, I wish for {wish}!" cried {h}. And it came true.',
            '{h} did not think for long. "{Wish}!" {h_they} called, and so it was.',
        ],
        [
            "But soon {h_they} was bored, and nobody came to play.",
            "It was wonderful for a day. Then {h_their} friends stopped coming, because they were envious.",
        ],
        [
            '"Second, I wish to be far away!" [said|shouted] {h}, and at once {h_they} sat on a cold, empty island.',
            "So {h_they} wished to be a king, and sat all alone on a hard throne.",
        ],
        [
            "{h_They} thought of {f}, {f_a}, and of their games.",
            '"What is {f} doing now?" {h_they} wondered. {f}, {f_a}, was {h_their} oldest friend.',
        ],
        [
            '"I wish that everything was as before," {h_they} said softly.',
            'For the third wish {h_they} needed no time at all: "I want to go home."',
        ],
        [
            "The {thing} [shone once more|laughed], and {h} was [at home|in {h_their} own bed].",
            "And the {thing} became a very common {thing}.",
        ],
        ['{f} was already waiting at the door. "Shall we play?"', "{h} ran to {f} as fast as {h_they} could."],
    ]
    facts = [
        ["What did {h} find?", "{h} found a magic {thing}."],
        ["How many wishes did {h} have?", "{h} had three wishes."],
        ["What was the first wish?", "The first wish was {wish}."],
        ["What was the last wish?", "The last wish was to go home, and to have everything as before."],
    ]
    return tell(voice, beats, slots, f"Magic {slots['thing'].title()}", f"a magic {slots['thing']}", "content", facts)


def exchange(voice: Voice, slots: dict) -> Told:
    """Each gives something if they get something: the last one gives for a kind word."""
    goods = voice.some([t for t in words.OBJECTS if t != slots["thing"]], 3)
    givers = voice.some(
        [
            "the miller",
            "the old woman",
            "the fisherman",
            "the king's cook",
            "the shepherd",
            "the smith",
            "the gardener",
        ],
        3,
    )
    wanted = {f"g{i}": article(g) for i, g in enumerate(goods, 1)}
    slots = {**slots, **wanted, **{f"w{i}": w for i, w in enumerate(givers, 1)}, "a_thing": article(slots["thing"])}
    slots.update({f"W{i}": w.capitalize() for i, w in enumerate(givers, 1)})
    beats = [
        ["{h} needed {a_thing} and went to {w1}.", '{h} asked {w1}: "Can I have {a_thing}, please?"'],
        ['"I\'ll give you one," said {w1}, "if you bring me {g1}."', '{W1} said: "Gladly, but first I need {g1}."'],
        [
            'So {h_they} went to {w2}. "You can have {g1} from me," said {w2}, "if you bring me {g2}."',
            "{W2} had {g1}, but wanted {g2} for it.",
        ],
        ["So {h_they} went to {w3}, who had {g2}.", "Tired, {h} came to {w3}."],
        [
            '"And what do you want for it?" asked {h}. {W3} was sad. "Nobody ever [talks to|visits] me."',
            '{W3} said: "I want nothing. Only sit with me for a while."',
        ],
        ["So {h} sat down and told {h_their} best story, and {w3} laughed.", "{h} stayed for an hour and listened."],
        [
            "{h} got {g2}. {W2} gave {h_them} {g1} for it, and {w1} gave {h_them} {a_thing}.",
            "With {g2} {h_they} ran to {w2}, with {g1} to {w1}, and in the evening {h} had {a_thing}.",
        ],
        ["{h} went to visit {w3} again the next Sunday.", "But the best of it was a new friend."],
    ]
    facts = [
        ["What did {h} need?", "{h} needed {a_thing}."],
        ["What did {w1} want?", "{W1} wanted {g1}."],
        ["What did {w2} want?", "{W2} wanted {g2}."],
        ["Who was sad?", "{W3} was sad."],
    ]
    return tell(voice, beats, slots, "Long Exchange", f"somebody who needs {slots['a_thing']}", "kindness", facts)


def far_question(voice: Voice, slots: dict) -> Told:
    question, answer = voice.pick(
        [
            ("where the river goes", "It goes to the sea, and the sea goes everywhere"),
            ("what is behind the mountain", "Another valley, and somebody there asks the same"),
            ("why the moon follows us at night", "It is so far away that it seems to walk with everyone"),
            ("where the birds fly in autumn", "They fly south, where it is warm, and in spring they come home"),
            ("how the stars stay up", "They don't have to stay up. They are so far away that there is no down"),
            ("who makes the wind", "The sun does. It warms the air, and warm air never sits still"),
            ("where the rainbow ends", "It moves when you move, so it never ends"),
        ]
    )
    first, second = voice.some(
        ["fisherman", "owl", "shepherd", "mill wheel", "crow", "ferryman", "snail", "old tree"], 2
    )
    slots = {**slots, "question": question, "answer": answer, "w1": first, "w2": second}
    beats = [
        ["{h} wanted to know {question}.", "{h} asked {h_self} {question}, and nobody could tell {h_them}."],
        [
            "{h_They} packed [bread and cheese|an apple and a blanket] and set off.",
            '"Then I\'ll find out," said {h}, and began to walk.',
        ],
        [
            'First {h_they} asked the {w1}. "I don\'t know," said the {w1}. "I have never left this place."',
            "{h_They} met the {w1}, but the {w1} only shrugged.",
        ],
        [
            'Then {h_they} asked the {w2}. "Why do you want to know?" said the {w2}. "I just do," said {h}.',
            'The {w2} said: "Go on until your feet hurt, and then a little further."',
        ],
        [
            'It got dark, and {h} was [tired|cold]. "Shall I turn back?" {h_they} thought. But {h_they} went on.',
            "For three days {h_they} walked through rain and wind.",
        ],
        ["At last {h_they} came to {f}, {f_a}, who was very wise.", "There sat {f}, {f_a}, in front of a small hut."],
        ['"{answer}," said {f}.', '{f} laughed kindly. "{answer}."'],
        [
            "{h} thought about it for a long time. Then {h_they} thanked {f_them} and went home.",
            '"So simple!" said {h}. "And so beautiful."',
        ],
        [
            'At home, {h_they} told everyone. And the children asked: "And what comes after that?"',
            "From now on, people came to {h} with their questions.",
        ],
    ]
    facts = [
        ["What did {h} want to know?", "{h} wanted to know {question}."],
        ["What was the answer?", "{answer}."],
        ["Who knew the answer?", "{f} knew the answer."],
    ]
    return tell(voice, beats, slots, "Big Question", "a long journey", "thinking", facts)
