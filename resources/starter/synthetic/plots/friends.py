"""Plots about friends: strangers, quarrels, presents and winters."""
from __future__ import annotations

from ..voice import Voice
from .told import Told, tell


def scary_stranger(voice: Voice, slots: dict) -> Told:
    slots = {
        **slots,
        "spot": voice.pick(["the cave", "the old tower", "the house on the hill", "the dark wood", "the far shore"]),
        "gift": voice.pick(["a warm soup", "honey bread", "a song", "a bowl of berries", "hot chocolate"]),
    }
    beats = [
        [
            "{h} heard that somebody [new|strange] had moved into {spot}.",
            'everybody was talking about {spot}. "Somebody lives there now," they whispered.',
        ],
        [
            '"It has [huge teeth|glowing eyes|a terrible voice]," said {o}.',
            '"Don\'t go there," said {o}. "[It eats children|It is dangerous|Nobody comes back]!"',
        ],
        [
            "But {h} [was curious|wanted to know more], and [in the evening|after lunch] {h_they} went there.",
            "{h} was afraid, but {h_they} went to look all the same.",
        ],
        [
            "{h_Their} heart was beating fast. {h_They} knocked.",
            "The door creaked. Inside it was dark.",
            "A twig cracked under {h_their} foot, and {h_they} stood very still.",
        ],
        ['"Who is there?" asked a [deep|quiet|sad] voice.', '"Please don\'t run away," said a voice.'],
        ["It was {f}, {f_a}.", 'Out came {f_a}. "My name is {f}," said {f_they}.'],
        [
            "{f} was not wicked at all. {f_They} was only lonely, because nobody had ever [visited|talked to] {f_them}.",
            '"Everyone runs away from me," said {f}. "I would so much like to have a friend."',
        ],
        [
            "{f} gave {h_them} {gift}, and they talked until [late|the stars came out].",
            "They shared {gift} and laughed a lot.",
        ],
        [
            "The next day {h} told everyone the truth. [Even {o} was ashamed.|{o} went to say sorry.]",
            "The next day {h} took {o} along. Soon all of them were friends.",
        ],
    ]
    facts = [
        ["Who lived in {spot}?", "{f}, {f_a}, lived there."],
        ["Was {f} [wicked|dangerous]?", "No, {f} was only lonely."],
        ["What did they share?", "They shared {gift}."],
        ["Who was afraid of {f}?", "{o} was afraid and told everyone not to go there."],
    ]
    return tell(voice, beats, slots, "Stranger", "a stranger", "looks", facts)


def winter_food(voice: Voice, slots: dict) -> Told:
    food = voice.pick(["nuts", "apples", "corn", "berries", "turnips", "honey", "bread"])
    slots = {**slots, "food": food}
    beats = [
        [
            "{h} began to gather {food} for the winter.",
            "{h} put {food} into a big [bag|basket|box], and another, and another.",
        ],
        [
            '"Why do you work so much?" asked {f}, {f_a}. "[The sun is shining|Come and play]!"',
            "{f}, {f_a}, only lay in the grass and laughed at {h_them}.",
        ],
        ['"Winter is long," said {h}, and went on.', '"First the work, then the play," said {h}.'],
        [
            "Then the snow came. It lay so high that nobody could [find anything to eat|go out].",
            "Soon it was cold, and the ground was as hard as stone.",
        ],
        [
            "One night there was a knock at the door. It was {f}, thin and cold.",
            "{f} had nothing left. At last {f_they} knocked at {h_their} door.",
        ],
        ['"I was wrong," said {f}. "[Can you help me|May I come in]?"', '"I\'m so hungry," said {f} quietly.'],
        [
            "{h} [thought about it|looked at {h_their} {food}]. There was not too much. But {h_they} opened the door wide.",
            '"Come in," said {h}. "There is enough for two."',
        ],
        [
            "They ate {food} by the fire and told each other stories.",
            "All winter long they shared the {food}, and neither was alone.",
        ],
        [
            "In spring, {f} was the first to [work|plant new seeds].",
            "When the snow melted, {f} helped {h_them} [in the fields|to fill the basket again].",
        ],
    ]
    facts = [
        ["What did {h} gather?", "{h} gathered {food}."],
        ["Who came to the door?", "{f} came, cold and hungry."],
        ["What did {h} do?", "{h} let {f} in and shared the {food}."],
        ["When did {f} help?", "{f} helped in spring."],
    ]
    return tell(voice, beats, slots, "Long Winter", "winter", "kindness", facts)


def birthday_gift(voice: Voice, slots: dict) -> Told:
    made = voice.pick(
        [
            "a little boat out of bark",
            "a crown of flowers",
            "a cake with three candles",
            "a scarf out of old wool",
            "a song",
            "a lantern out of paper",
            "a picture of the two of them",
            "a necklace of shells",
        ]
    )
    slots = {**slots, "made": made, "coins": voice.pick(["one coin", "two coins", "no money at all"])}
    beats = [
        [
            "{h} remembered: tomorrow was the birthday of {f}, {f_a}!",
            "{h} wanted to buy a birthday present for {f}, {f_a}.",
        ],
        ["{h_They} looked into {h_their} purse, but there was {coins} in it.", "But {h_they} had {coins}."],
        [
            "In the shop there was a beautiful {thing}. It was much too expensive.",
            '"That costs ten coins," said {o} in the shop. {h} went out slowly.',
        ],
        ["{h} sat down on a stone and thought.", '"What can I do?" thought {h}. "A friend needs a present."'],
        [
            "Then {h_they} had an idea. {h_They} would make something!",
            '"I can\'t buy anything, but I have two hands," said {h_they}.',
        ],
        [
            "{h} worked [the whole night|until the sun came up], and made {made}.",
            "It took all evening, and in the end there was {made}.",
        ],
        [
            "At the party, the others brought big boxes. {h} was ashamed of {h_their} small gift.",
            "{o} had brought a huge present with a golden ribbon. {h} came last.",
        ],
        [
            'But {f} [held it for a long time|had tears in {f_their} eyes]. "You made this for me?"',
            '"This is the most beautiful present of all," said {f}, "because you made it yourself."',
        ],
    ]
    facts = [
        ["Whose birthday was it?", "It was the birthday of {f}."],
        ["What did {h} make?", "{h} made {made}."],
        ["Why didn't {h} buy a present?", "{h} had {coins}."],
    ]
    return tell(voice, beats, slots, "Birthday Present", "a birthday", "content", facts)


def broken_thing(voice: Voice, slots: dict) -> Told:
    slots = {**slots, "fragile": voice.pick(["vase", "window", "jug", "mirror", "lamp", "teapot", "plate"])}
    beats = [
        [
            "{h} was [playing|running] in the house, and crash! The {fragile} of {f} was broken.",
            "{h} threw a ball too high. It hit the {fragile}, which belonged to {f}, {f_a}.",
        ],
        ["Nobody had seen it.", "{h} looked around. [No one was there.|The house was empty.]"],
        [
            "{h} hid the pieces [under the carpet|in the garden|behind the curtain].",
            "Quickly {h_they} swept up the pieces and hid them.",
        ],
        [
            '"Who broke my {fragile}?" asked {f} in the evening. "[Maybe it was {o}|It was the wind]," said {h}.',
            'In the evening {f} asked about the {fragile}. {h} said: "I think it was {o}."',
        ],
        [
            "But {h} could not [eat|sleep]. {h_Their} heart was heavy.",
            "At night {h} turned from one side to the other.",
        ],
        [
            'In the morning {h_they} went to {f}. "It was me," {h_they} said. "I\'m sorry. I was afraid."',
            "At last {h_they} stood up and told {f} everything.",
        ],
        [
            '{f} was silent for a moment. Then {f_they} smiled. "Thank you for telling me the truth."',
            '"A {fragile} is only a {fragile}," said {f}. "But I\'m glad that you are honest."',
        ],
        [
            "Together they [glued the pieces|made a new one], and {h} said sorry to {o} too.",
            "{h} worked in the garden for a week, and bought a new {fragile}.",
        ],
    ]
    facts = [
        ["What was broken?", "The {fragile} of {f} was broken."],
        ["Who broke [it|the {fragile}]?", "{h} broke it."],
        ["What did {h} do in the end?", "{h} told the truth and said sorry."],
    ]
    return tell(
        voice, beats, slots, f"Broken {slots['fragile'].title()}", f"a broken {slots['fragile']}", "honesty", facts
    )


def quarrel(voice: Voice, slots: dict) -> Told:
    beats = [
        [
            "{h} and {f}, {f_a}, found a {thing_adjective} {thing}.",
            "{h} and {h_their} friend {f}, {f_a}, both saw the {thing_adjective} {thing} at the same time.",
        ],
        ['"It\'s mine! I saw it first!" cried {h}.', '"I need it more than you," said {h}.'],
        [
            '"No, it\'s mine!" said {f}, and pulled at it.',
            '"You always want everything!" said {f}, and they pulled from both sides.',
        ],
        ["They did not talk to each other for [three days|a week].", "Then each went home alone and slammed the door."],
        [
            "{h} had the {thing} now, but it was no fun alone.",
            "{h} ate alone, played alone and looked out of the window.",
        ],
        [
            '"Why are you so quiet?" asked {o}, {o_a}. {h} told {o_them} everything.',
            '{o}, {o_a}, shook {o_their} head. "Is a {thing} worth more than a friend?"',
        ],
        [
            '"Give it away, and you will have more," said {o}.',
            '"One of you must begin," said {o}. "It is not hard: two words."',
        ],
        [
            '{h} took the {thing} to {f}. "I\'m sorry," {h_they} said. "You can have it."',
            '{h} went out, and halfway {h_they} met {f}. "Sorry!" they both said at once.',
        ],
        ['"Let\'s share it," said {f}. "One day you, one day me."', '{f} laughed. "I was coming to say the same!"'],
    ]
    facts = [
        ["What did they quarrel about?", "They quarrelled about a {thing_adjective} {thing}."],
        ["Who gave [good|] advice?", "{o} gave good advice."],
        ["Who did {h} quarrel with?", "{h} quarrelled with {f}."],
    ]
    return tell(voice, beats, slots, "Quarrel", "two friends who quarrel", "honesty", facts)
