"""Plots in which somebody looks for something, helps or dares."""
from __future__ import annotations

from .. import words
from ..voice import Voice, sentence
from .told import Told, tell


def lost_thing(voice: Voice, slots: dict) -> Told:
    first, second, last = voice.some(words.PLACES, 3)
    where = voice.pick(
        ["under a bench", "behind a door", "between two stones", "on a shelf", "under some leaves", "in a corner"]
    )
    slots = {**slots, "p1": first, "p2": second, "p3": last, "where": where}
    beats = [
        [
            "{h} could not find {h_their} {thing_adjective} {thing} [anywhere|].",
            "{h} wanted to play with {h_their} {thing}, but it was gone.",
            "{h} woke up and saw that {h_their} {thing_adjective} {thing} was [gone|missing].",
        ],
        [
            '"Oh no!" said {h}. "[Where can it be|Who has seen my {thing}|What shall I do now]?"',
            "{h_They} looked under the bed, but there was [only dust|nothing].",
            "It was a present from {h_their} grandmother, so {h_they} was very sad.",
        ],
        [
            "First {h_they} looked in the {p1}, but the {thing} was not there.",
            "{h} ran to the {p1} and looked [everywhere|in every corner]. Nothing!",
        ],
        [
            "Then {h_they} searched the {p2}. [No {thing}.|It was not there either.|There was only an old shoe.]",
            "In the {p2} {h_they} found [a spider|a coin|some crumbs], but no {thing}.",
        ],
        ["On the way {h_they} met {f}, {f_a}.", "Just then {f} came along. {f} was {f_a} [and a good friend|]."],
        [
            '"Why are you [so sad|looking at the ground]?" asked {f}. "I have lost my {thing}," said {h}.',
            '"Have you seen my {thing}?" asked {h}. {f} [thought for a while|scratched {f_their} head].',
        ],
        [
            '"[When did you last have it|Where did you play yesterday]?" asked {f}. "In the {p3}!" [cried|said] {h}.',
            '"Let us look in the {p3}," said {f}. "You were there yesterday."',
        ],
        [
            "They went there together, and [there it was|there lay the {thing}], {where}[!|.]",
            "So they went to the {p3}. And {where} lay the {thing_adjective} {thing}!",
        ],
        [
            '"[Thank you|Thank you so much], {f}!" said {h}, and [hugged {f_them}|jumped for joy].',
            "{h} was so happy that {h_they} [danced|laughed out loud|gave {f} half of {h_their} bread].",
        ],
    ]
    facts = [
        ["What [did {h} lose|was lost]?", "{h} lost {h_their} {thing_adjective} {thing}."],
        ["Where was the {thing}?", "The {thing} was in the {p3}, {where}."],
        ["Who helped {h}?", "{f} helped {h_them}."],
    ]
    return tell(voice, beats, slots, f"Lost {slots['thing'].title()}", f"a lost {slots['thing']}", "help", facts)


def strange_noise(voice: Voice, slots: dict) -> Told:
    noise, cause = voice.pick(
        [
            ("a long, sad howl", "the wind, which blew across an empty bottle"),
            ("knock, knock, knock", "a branch that tapped on the window"),
            ("a scratching sound", "a tiny mouse that was building a nest"),
            ("a deep grumble", "a hungry stomach"),
            ("a soft ringing", "a little bell on the collar of a cat"),
            ("a splash, again and again", "a leak in the roof above a bucket"),
            ("a creak on the stairs", "an old dog that was looking for a warm place"),
            ("a strange whistle", "the kettle in the kitchen"),
        ]
    )
    slots = {
        **slots,
        "noise": noise,
        "cause": cause,
        "Cause": sentence(cause),
        "spot": voice.pick(["attic", "cellar", "barn", "kitchen", "garden", "hall"]),
    }
    beats = [
        [
            "{h} could not sleep, because there was a noise in the {spot}.",
            "{h} woke up in the middle of the night. Something was in the {spot}!",
        ],
        ["It was {noise}.", "{h} listened: {noise}!"],
        [
            '"A monster!" thought {h}, and pulled the blanket over {h_their} head.',
            "{h} was [so frightened|shaking so much] that {h_their} teeth chattered.",
        ],
        [
            '{h_They} woke {f}, {f_a}. "Did you hear that?"',
            '{f}, {f_a}, was awake too. "What can it be?" {f_they} whispered.',
        ],
        [
            "They took a [lamp|candle] and went, step by step, towards the {spot}.",
            '"Let\'s go and look," said {f}. "Two are braver than one."',
        ],
        ["The noise grew louder. {h} held {f_their} hand.", "The door was open a little. Behind it, something moved."],
        [
            "{h} counted to three and [opened the door|held up the light]. And what was it? {Cause}!",
            "Then they saw it. It was only {cause}!",
        ],
        ["They laughed until their bellies hurt.", '"So that\'s our monster!" said {f}, and they both laughed.'],
    ]
    facts = [
        ["Where did the noise come from?", "It came from the {spot}."],
        ["What was it really?", "It was {cause}."],
        ["Who went along?", "{f} went along."],
    ]
    return tell(voice, beats, slots, "Noise in the Night", "a strange noise", "thinking", facts)


def rescue(voice: Voice, slots: dict) -> Told:
    trap, trick = voice.pick(
        [
            ("had fallen into a deep hole", "threw stones and leaves into the hole until it was possible to climb out"),
            ("was stuck in a hollow tree", "poured water and soap on the bark, so that it became slippery"),
            ("sat on a branch and did not dare to come down", "put a heap of soft hay under the tree"),
            ("was caught in a net", "bit through the rope, one knot after the other"),
            ("stood on a rock in the middle of the river", "laid a long branch across the water"),
            ("was locked in a shed", "pushed a stick through the gap and lifted the bolt"),
        ]
    )
    slots = {**slots, "trap": trap, "trick": trick}
    beats = [
        [
            '{h} heard somebody call: "Help! Help!"',
            "{h} was on the way home when {h_they} heard a small voice.",
            "{h} suddenly stopped. Was somebody crying?",
        ],
        ["It was {f}, {f_a}, who {trap}.", "There was {f}, {f_a}. {f_They} {trap}."],
        [
            '"Don\'t be afraid," [called|said] {h}. "I\'m going to help you."',
            '"How long have you been here?" asked {h}. "Since this morning," said {f}.',
        ],
        [
            "{h} pulled and pulled, but {h_they} was not strong enough.",
            "First {h_they} tried with all {h_their} strength. It was no use.",
        ],
        [
            'Then {o} came by. "[I have no time|That is not my business]," said {o_they}, and walked on.',
            "{h} ran to {o}, but nobody was at home.",
        ],
        [
            '{h} sat down and thought. "If I can\'t be strong, I must be clever."',
            '"Think," {h_they} told {h_self}. "There is always a way."',
        ],
        ["Then {h_they} {trick}.", "At last {h_they} had an idea: {h_they} {trick}."],
        ["{f} was free!", "And it worked! {f} was safe."],
        [
            '"You saved me," said {f}. "I won\'t forget it."',
            "{f} thanked {h_them} a hundred times, and [went home with {h_them}|gave {h_them} a {thing}].",
        ],
    ]
    facts = [
        ["Who needed help?", "{f} needed help."],
        ["What had happened to {f}?", "{f} {trap}."],
        ["How did {h} help?", "{h} {trick}."],
        ["Did {o} help?", "No, {o} did not help."],
    ]
    return tell(voice, beats, slots, "Clever Rescue", "a rescue", "thinking", facts)


def contest(voice: Voice, slots: dict) -> Told:
    event, trick = voice.pick(
        [
            ("race around the lake", "took a short cut"),
            ("cake contest", "put salt into the sugar of the others"),
            ("singing contest", "hid the notes of the others"),
            ("boat race", "made a hole in another boat"),
            ("contest for the biggest pumpkin", "filled a pumpkin with stones"),
            ("snowman contest", "took snow from the others at night"),
        ]
    )
    slots = {
        **slots,
        "event": event,
        "trick": trick,
        "prize": voice.pick(["a golden cup", "a basket of fruit", "a silver bell", "a new hat"]),
    }
    beats = [
        [
            "there was a {event} {in_place}, and {h} wanted to take part.",
            "everyone was excited, because of the {event}. {h} had waited for it all year.",
        ],
        ["The prize was {prize}.", "The winner would get {prize}."],
        ["{o}, {o_a}, wanted to win at any price, and {trick}.", "But {o} did not play fair: {o_they} {trick}."],
        [
            "{h} was [doing well|in front] when {h_they} saw that {f} was in trouble.",
            "In the middle of it, {f}, {f_a}, [fell|began to cry].",
        ],
        [
            "{h} could have won. But {h_they} stopped and helped {f_them}.",
            '"Go on!" said {f}. But {h} stayed. "Friends first," {h_they} said.',
        ],
        [
            "So {o} came first. But somebody had seen everything.",
            "{o} already held {prize} high. Then an old [judge|woman] stood up.",
        ],
        ['"{o} {trick}," the judge said. "That is no way to win."', "{o} turned red, because now everyone knew."],
        ["And {prize} went to {h}, who had helped a friend.", "{h} got {prize}, and shared it with {f}."],
    ]
    facts = [
        ["What was the prize?", "The prize was {prize}."],
        ["Who cheated?", "{o} cheated."],
        ["Who did {h} help?", "{h} helped {f}."],
        ["Who got the prize in the end?", "{h} got the prize."],
    ]
    return tell(voice, beats, slots, event.title(), f"a {event}", "kindness", facts)
