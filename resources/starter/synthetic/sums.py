"""Sums with their steps in `<think>`, and small problems in words."""
from __future__ import annotations

from typing import Callable

from text.documents import Document, assistant, user

from . import smalltalk, words
from .voice import Voice, plural

Sum = tuple[str, str, str]  # question, steps, answer


def _added(a: int, b: int) -> str:
    """Column by column, as at school."""
    steps, carry, place = [], 0, 0
    result = ""
    names = ["ones", "tens", "hundreds", "thousands"]
    while a or b or carry:
        x, y = a % 10, b % 10
        total = x + y + carry
        if a or b:
            carried = f" + {carry}" if carry else ""
            steps.append(
                f"{names[place]}: {x} + {y}{carried} = {total}"
                + (f", write {total % 10}, carry 1" if total > 9 else "")
            )
        result = str(total % 10) + result
        carry, a, b, place = total // 10, a // 10, b // 10, place + 1
    return ". ".join(steps) + f". So {result or 0}."


def _subtracted(a: int, b: int) -> str:
    tens, ones = b // 10 * 10, b % 10
    if not tens or not ones:
        return f"{a} - {b} = {a - b}."
    return f"{b} is {tens} and {ones}. {a} - {tens} = {a - tens}. {a - tens} - {ones} = {a - b}."


def _multiplied(a: int, b: int) -> str:
    if a < 10:
        return f"{b} times {a} is {a * b}."
    tens, ones = a // 10 * 10, a % 10
    if not ones:
        return f"{tens // 10} times {b} is {tens // 10 * b}, so {a} times {b} is {a * b}."
    return f"{a} is {tens} and {ones}. {tens} times {b} is {tens * b}. {ones} times {b} is {ones * b}. {tens * b} + {ones * b} = {a * b}."


def plus(voice: Voice) -> Sum:
    limit = voice.pick([10, 20, 100, 100, 1000, 1000])
    a, b = voice.between(0, limit - 1), voice.between(0, limit - 1)
    steps = f"{a} + {b} = {a + b}." if max(a, b) < 10 else _added(a, b)
    return (
        voice.say(
            [
                "What is {a} [+|plus] {b}?",
                "{a} + {b}",
                "{a} + {b} = ?",
                "[Add|Can you add] {a} and {b}[.|?]",
                "How much is {a} [plus|and|+] {b}?",
                "Calculate {a} + {b}.",
            ],
            a=a,
            b=b,
        ),
        steps,
        f"{a} + {b} = {a + b}",
    )


def minus(voice: Voice) -> Sum:
    limit = voice.pick([10, 20, 100, 100, 1000])
    a, b = sorted((voice.between(0, limit - 1), voice.between(0, min(limit, 100) - 1)), reverse=True)
    return (
        voice.say(
            [
                "What is {a} [-|minus] {b}?",
                "{a} - {b}",
                "{a} - {b} = ?",
                "[Take|Subtract] {b} [away |]from {a}.",
                "How much is {a} [minus|-] {b}?",
            ],
            a=a,
            b=b,
        ),
        _subtracted(a, b),
        f"{a} - {b} = {a - b}",
    )


def times(voice: Voice) -> Sum:
    a, b = voice.pick([(voice.between(1, 10), voice.between(1, 10)), (voice.between(11, 99), voice.between(2, 9))])
    return (
        voice.say(
            [
                "What is {a} [times|x|*] {b}?",
                "{a} x {b}",
                "{a} * {b} = ?",
                "Multiply {a} by {b}.",
                "How much is {a} times {b}?",
            ],
            a=a,
            b=b,
        ),
        _multiplied(a, b),
        f"{a} x {b} = {a * b}",
    )


def divided(voice: Voice) -> Sum:
    a, b = voice.between(1, 12), voice.between(2, 10)
    return (
        voice.say(
            ["What is {c} divided by {b}?", "{c} / {b}", "Divide {c} by {b}.", "How much is {c} [/|divided by] {b}?"],
            c=a * b,
            b=b,
        ),
        f"{b} times {a} is {a * b}. So {a * b} / {b} = {a}.",
        f"{a * b} / {b} = {a}",
    )


def larger(voice: Voice) -> Sum:
    a, b = voice.between(1, 999), voice.between(1, 999)
    if a == b:
        b += 1
    return (
        voice.say(
            ["Which [is larger|is more|number is bigger], {a} or {b}?", "What is [larger|bigger]: {a} or {b}?"],
            a=a,
            b=b,
        ),
        f"{max(a, b)} - {min(a, b)} = {abs(a - b)}, so {max(a, b)} is larger.",
        f"{max(a, b)} is larger than {min(a, b)}.",
    )


def sequence(voice: Voice) -> Sum:
    start, step = voice.between(0, 30), voice.pick([1, 2, 2, 3, 4, 5, 5, 10])
    numbers = [start + step * i for i in range(4)]
    shown = ", ".join(map(str, numbers))
    return (
        voice.say(["What comes next: {s}?", "Continue: {s}, ...", "What is the next number after {s}?"], s=shown),
        f"{numbers[1]} - {numbers[0]} = {step}. {numbers[3]} + {step} = {numbers[3] + step}.",
        f"The next number is {numbers[3] + step}.",
    )


def _named(voice: Voice) -> tuple[str, str, str]:
    girl = voice.chance(0.5)
    return (
        voice.pick(words.GIRLS if girl else words.BOYS),
        "she" if girl else "he",
        plural(voice.pick(words.FRUITS + list(words.OBJECTS))),
    )


def problem_plus(voice: Voice) -> Sum:
    name, they, things = _named(voice)
    a, b = voice.between(2, 60), voice.between(2, 40)
    question = voice.say(
        [
            "{n} has {a} {t}. {They} [gets|buys|finds] {b} more. How many {t} does {n} have now?",
            "There are {a} {t} in a box and {b} {t} on the table. How many are there together?",
            "{n} has {a} {t} and {m} has {b} {t}. How many do they have together?",
            "On Monday {n} found {a} {t}, on Tuesday {b}. How many {t} did {they} find?",
        ],
        n=name,
        they=they,
        They=they.capitalize(),
        a=a,
        b=b,
        t=things,
        m=voice.pick([m for m in words.GIRLS + words.BOYS if m != name]),
    )
    together = (
        "They have"
        if "do they" in question
        else "There are"
        if "There are" in question
        else f"{name} {'found' if 'Tuesday' in question else 'has'}"
    )
    return question, f"{a} + {b} = {a + b}.", f"{together} {a + b} {things}."


def problem_minus(voice: Voice) -> Sum:
    name, they, things = _named(voice)
    a = voice.between(5, 60)
    b = voice.between(1, a - 1)
    question = voice.say(
        [
            "{n} has {a} {t}. {They} [gives away|loses|sells] {b}. How many [are left|{t} does {n} have left]?",
            "There were {a} {t}. {n} took {b} of them. How many are left?",
            "{n} had {a} {t} and gave {b} to a friend. How many {t} are left?",
        ],
        n=name,
        They=they.capitalize(),
        a=a,
        b=b,
        t=things,
    )
    return question, f"{a} - {b} = {a - b}.", f"{a - b} {things} are left." if a - b != 1 else "One is left."


def problem_times(voice: Voice) -> Sum:
    name, they, things = _named(voice)
    a, b = voice.between(2, 12), voice.between(2, 10)
    question = voice.say(
        [
            "{n} has {a} boxes with {b} {t} in each. How many {t} are there?",
            "One bag holds {b} {t}. How many {t} are in {a} bags?",
            "A book costs {b} coins. How many coins do {a} books cost?",
        ],
        n=name,
        a=a,
        b=b,
        t=things,
    )
    if "book costs" in question:
        return question, f"{a} times {b} is {a * b}.", f"{a} books cost {a * b} coins."
    return question, f"{a} times {b} is {a * b}.", f"There are {a * b} {things}."


def problem_share(voice: Voice) -> Sum:
    name, they, things = _named(voice)
    each, among = voice.between(2, 10), voice.between(2, 8)
    return (
        f"{name} shares {each * among} {things} among {among} children. How many does each child get?",
        f"{each * among} / {among} = {each}, because {among} times {each} is {each * among}.",
        f"Each child gets {each} {things}.",
    )


def problem_two_steps(voice: Voice) -> Sum:
    name, they, things = _named(voice)
    a, b = voice.between(5, 40), voice.between(2, 30)
    c = voice.between(1, a + b - 1)
    return (
        f"{name} has {a} {things}. {they.capitalize()} gets {b} more and then gives away {c}. How many does {name} have now?",
        f"First {a} + {b} = {a + b}. Then {a + b} - {c} = {a + b - c}.",
        f"{name} has {a + b - c} {things if a + b - c != 1 else 'left'}.",
    )


def clock(voice: Voice) -> Sum:
    hour, later = voice.between(1, 12), voice.between(1, 11)
    end = (hour + later - 1) % 12 + 1
    steps = f"{hour} + {later} = {hour + later}." + (f" {hour + later} - 12 = {end}." if hour + later > 12 else "")
    return (
        f"It is {hour} o'clock. What time is it in {later} hour{'s' if later > 1 else ''}?",
        steps,
        f"It is {end} o'clock.",
    )


_SUMS: list[Callable[[Voice], Sum]] = [
    plus,
    plus,
    plus,
    minus,
    minus,
    times,
    times,
    divided,
    larger,
    sequence,
    problem_plus,
    problem_minus,
    problem_times,
    problem_share,
    problem_two_steps,
    clock,
]


def turn(voice: Voice) -> list[dict]:
    question, steps, answer = voice.pick(_SUMS)(voice)
    if answer[-1].isdigit() and voice.chance(0.5):
        answer = voice.say(["{a}.", "The answer is {r}.", "It is {r}.", "{r}"], a=answer, r=answer.split(" = ")[-1])
    return [user(question), assistant(answer, steps)]


def only_last_learned(turns: list[dict]) -> list[dict]:
    """Of the sums among these turns: earlier answers stand without their steps, so they are not to be imitated."""
    for message in turns[:-1]:
        if message.get("reasoning"):
            message["learn"] = False
    return turns


def chat(voice: Voice) -> Document:
    """One or several sums. Only the last one shows its steps, as in a chat."""
    turns = smalltalk.greeting(voice) if voice.chance(0.1) else []
    for _ in range(voice.pick([1, 1, 1, 1, 2, 3])):
        turns += turn(voice)
    return {"messages": only_last_learned(turns)}


KINDS = {"sum": chat}
