"""Stories of a few sentences, for who asks for a very short one."""
from __future__ import annotations

from .voice import Voice

# One list for each sentence; `{h}` is the hero, `{f}` a friend, as in the plots.
_TINY: list[list[str]] = [
    [
        "{h}, {h_a}, found a {thing_adjective} {thing} {in_place}.",
        '"Whose is it?" {h_they} asked everyone, but nobody knew.',
        '[In the evening|At last] {f} came along and cried: "My {thing}! I looked for it all day!"',
        "[{h} gave it back, and they became friends.|And so {h} found a friend as well.]",
    ],
    [
        "{h}, {h_a}, was afraid of {fear}.",
        '"[I\'ll stay with you|We go together]," said {f}.',
        "Side by side, it was only half as bad.",
        "[The next time, {h} went alone.|Soon {h} was not afraid any more.]",
    ],
    [
        "It was a {weather} day, and {h}, {h_a}, had nothing to do.",
        "So {h_they} painted {a_thing} on the wall.",
        "When {h_they} touched it, it was real.",
        '["Now I need a bigger brush," said {h}.|From then on, {h_they} was never bored again.]',
    ],
    [
        "{h}, {h_a}, planted a seed.",
        "Every day {h_they} watered it, but nothing happened.",
        '"Be patient," said {f}.',
        "[In {season}, there was a little green leaf.|One morning there stood a flower as high as {h}.]",
    ],
    [
        "{h} and {f} wanted to have the last {fruit}.",
        "They [quarrelled|argued] until it got dark.",
        "In the meantime a bird ate it.",
        '["Next time we share," said {h}.|They looked at each other and laughed.]',
    ],
    [
        "Every night {h}, {h_a}, said good night to the moon.",
        'One night the moon answered: "Good night, {h}."',
        "{h} was so surprised that {h_they} forgot to sleep.",
        "[In the morning {h_they} told {f}, who only smiled.|And the moon laughed softly behind a cloud.]",
    ],
    [
        "{h}, {h_a}, built a boat out of paper.",
        "{h_They} put it on the water, and it sailed away.",
        'Far away, {f} found it and read what was written on it: "Hello, whoever you are."',
        "[{f} wrote an answer.|That is how they became friends.]",
    ],
    [
        "{h} was [the smallest|the slowest] {in_place}.",
        "When the {thing} fell into a narrow hole, all the others were too big to get it.",
        "Only {h} [could do it|was small enough].",
        '[After that, nobody laughed at {h_them}.|"It\'s good that we have you," they said.]',
    ],
    [
        "{h}, {h_a}, walked through the rain without an umbrella.",
        "{f} had an umbrella, but no company.",
        '[So they walked together|"Come under mine," said {f}], and both of them stayed dry.',
        "[The rain could have lasted longer.|Since then, they like the rain.]",
    ],
    [
        "{h} wanted to catch the wind in a bag.",
        "{h_They} ran up the hill and held the bag open.",
        "When {h_they} looked inside, it was empty.",
        '["It got away," said {h}, "but it was a lovely run."|But {h_their} hair was full of wind.]',
    ],
    [
        "{h}, {h_a}, heard that {f} was ill.",
        "{h_They} cooked a soup and carried it all the way through the {weather} {place}.",
        "Half of it was spilled.",
        '["It\'s the best half soup of my life," said {f}.|But {f} was well again the next day.]',
    ],
    [
        "{h}, {h_a}, counted the stars every night and never got to the end.",
        '"Why do you do that?" asked {f}.',
        '"[Because then I know that they are all there|Somebody has to do it]," said {h}.',
        "[So {f} sat down and counted the other half.|From then on they counted together.]",
    ],
]


def tell(voice: Voice, slots: dict[str, str]) -> list[str]:
    return [voice.say(sentence, **slots) for sentence in voice.pick(_TINY)]
