"""The middles of stories. Each plot is a list of beats; a beat is a list of templates of which one is told.

Slots: `{h}` the hero, `{f}` a friend or helper, `{o}` another, each with pronouns (`characters.Character.slots`), and what
`stories.tell` and the plot add.
"""
from .adventures import contest, lost_thing, rescue, strange_noise
from .friends import birthday_gift, broken_thing, quarrel, scary_stranger, winter_food
from .told import Plot
from .wishes import exchange, far_question, magic_thing, new_skill

PLOTS: list[Plot] = [
    birthday_gift,
    broken_thing,
    contest,
    exchange,
    far_question,
    lost_thing,
    magic_thing,
    new_skill,
    quarrel,
    rescue,
    scary_stranger,
    strange_noise,
    winter_food,
]
