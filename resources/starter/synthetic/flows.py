"""Talks about one thing over several turns: the model asks, is answered, and goes on from what it was told."""
from __future__ import annotations

from text.documents import Document, assistant, user

from . import smalltalk, words
from .voice import Voice, article, plural, sentence

Step = tuple[str, str]  # what the person says, what the model answers
Flow = list[Step]

_CARE = [
    "sleep on the sofa",
    "chase leaves",
    "sit by the window",
    "eat all day",
    "play in the garden",
    "hide under the bed",
    "listen to music",
]
_WHEN = [
    "two weeks ago",
    "last year",
    "in spring",
    "when I was a child",
    "a month ago",
    "last summer",
    "a few days ago",
]
_REASONS_SAD = [
    ("My oldest friend lives abroad now", "a friend who is far away", "You could write a letter, or call"),
    ("I had an argument with my {relative}", "an argument", "Maybe you can talk about it when both of you are calm"),
    ("I lost my job", "losing a job", "Take a little time, and then one small step each day"),
    ("My {pet} died", "losing {a_pet}", "It is all right to be sad for a while"),
    ("Nobody called me on my birthday", "being forgotten", "Perhaps they only mixed up the day"),
    ("I failed an exam", "a failed exam", "You can try again, and you know more now"),
    ("I miss my {relative}", "missing somebody", "Maybe you can call or visit"),
    (
        "I feel alone in the new town",
        "being new in a town",
        "It takes time, and one friendly neighbour is a good start",
    ),
]
_TROUBLES = [
    ("the {object} is broken", "Can it be repaired?"),
    ("I have too much work", "What is the most important thing to do first?"),
    ("my neighbour is loud", "Have you talked to your neighbour?"),
    ("I can't find a present for my {relative}", "What does your {relative} like?"),
    ("the train is late again", "Do you have something to read with you?"),
    ("I can't decide what to cook", "What do you have at home?"),
]

FLOWS: list[Flow] = [
    [
        (
            "I have {a_pet}[ named {pet_name}|. {pet_name} is very sweet].",
            "Oh, {a_pet}! [How old is {pet_name}?|How long have you had {pet_name}?]",
        ),
        (
            "[{age} years.|{age}.|About {age} years.]",
            "[And what does {pet_name} like to do?|{age} years, how nice. What does {pet_name} like best?]",
        ),
        (
            "{pet_name} likes to {care}.",
            "[That sounds like a happy {pet}!|To {care}! That's sweet.] [Do you have a photo of {pet_name}?|Does {pet_name} like other people?|]",
        ),
        ("[What kind of animal do I have|What is my pet called][ again|]?", "You have {a_pet} called {pet_name}."),
    ],
    [
        ("I'm going on [holiday|a trip] [next week|tomorrow|in {month}].", "[How nice|Lovely]! Where are you going?"),
        (
            "To {town}[.|, with my {relative}.]",
            "{town}! [What would you like to do there?|What are you looking forward to?]",
        ),
        (
            "[I want to go {walking}.|Mostly {walking}.|We'd like to go {walking}.]",
            "[That sounds like a good plan.|{Walking} in {town}, that sounds lovely.] [How will you get there?|How long will you stay?]",
        ),
        (
            "[By train|By car|For a week|For three days].",
            "[Have a wonderful time!|Enjoy every day of it!|Then have a good trip!] [And take something warm.|Tell me about it when you are back!|]",
        ),
        ("[Where am I going|Do you remember where I'm going]?", "You are going to {town}."),
    ],
    [
        (
            "[I'm cooking|I'm making|I want to make] {food} [tonight|today|for my {relative}].",
            "[Yummy|Delicious|That sounds good]! Have you made {food} before?",
        ),
        (
            "[No, it's the first time|Yes, many times|Once, but it went wrong].",
            "[What do you need for it?|Do you have everything that you need?]",
        ),
        (
            "I [still need|have to buy] {vegetables} and {vegetables2}.",
            "{Vegetables} and {vegetables2}, [then don't forget them at the market|I see]. [Good luck with the {food}!|I'm sure it will taste good.]",
        ),
        ("What [do|did] I [have|want] to buy?", "You [need|have to buy] {vegetables} and {vegetables2}."),
    ],
    [
        ("[I started|I have started] {hobby} {when}.", "[Oh, nice|Great]! What made you start?"),
        (
            "[My {relative} does it too|A friend showed me|I saw it on television|I was bored].",
            "[That's a good reason.|That's how many people begin.] [Is it difficult?|Are you enjoying it?]",
        ),
        (
            "[It was at first|A little|Not at all|Yes, but I like it].",
            "[Keep going!|Then go on with it.|It gets easier with time.] [I think {hobby} suits you.|What do you like best about {hobby}?]",
        ),
        (
            "{With_it}, [most of all|I think|above all].",
            "[I understand that.|{With_it}! I can imagine.|That sounds nice.]",
        ),
    ],
    [
        (
            "I feel [sad|bad|down|a bit low][ today|].",
            "[I'm sorry to hear that|Oh, I'm sorry]. [What happened?|Do you want to tell me why?]",
        ),
        ("{Sad}.", "[That's hard.|I understand.] {Topic} [can hurt a lot|is not easy]."),
        ("What [can|should] I do?", "{Advice}. [And be kind to yourself.|And I'm here if you want to talk.|]"),
        (
            "[Thank you|Thanks], that helps[ a little|].",
            "[I'm glad.|I'm happy to hear that.] [Things will get better.|Take care of yourself.]",
        ),
    ],
    [
        ("I have a problem: {trouble}.", "[Oh, that's annoying.|I see.] {Trouble_question}"),
        (
            "[Not yet|No|I don't know].",
            "[Then maybe start there.|Perhaps that would be the first step.] [Small steps are best.|What do you think?]",
        ),
        ("[Good idea|You're right|I'll try that]!", "[Good luck!|I hope that it works.|Tell me how it goes.]"),
    ],
    [
        (
            "I'm [reading|writing] a [book|story] about {animals} [in|on] {a_place}.",
            "[Interesting|That sounds interesting]! What happens in it?",
        ),
        (
            "{A_animal} [finds|steals|loses] {a_object}.",
            "[Oh|How exciting]! {A_animal} and {a_object}. [And then?|How does it end?]",
        ),
        (
            "[I don't know yet|I haven't got to the end yet|It's a secret].",
            "[Then it stays exciting!|Tell me when you know!|I hope that it ends well for the {animal}.]",
        ),
        ("What was my [book|story] about?", "It was about {animals}. {A_animal} and {a_object}, if I remember well."),
    ],
    [
        (
            "[Guess what|Do you know what happened]? I [found|bought|got] {a_adjective_object}!",
            "[Really|Oh, nice]! [Where did you find it?|Where did you get it?|Where is it from?]",
        ),
        (
            "In the {place}[.|, yesterday.]",
            "In the {place}! [And what will you do with the {object}?|What is it like?]",
        ),
        (
            "[I'll give it to my {relative}|I'll keep it|It's {colour}].",
            "[That's nice.|Good!] [A {adjective} {object} is something special.|I hope that it brings luck.]",
        ),
        ("Where did I [find|get] the {object}?", "In the {place}."),
    ],
    [
        ("[What do you think|I can't decide]: {food} or {food2}?", "[Hmm|Let me think]. Are you very hungry?"),
        ("[Yes|Very|Yes, very hungry].", "Then {food}, and {food2} [tomorrow|another time]!"),
        ("[Good idea|OK|All right]!", "Enjoy your meal!"),
    ],
    [
        ("[What do you think|I can't decide]: {food} or {food2}?", "[Hmm|Let me think]. Are you very hungry?"),
        ("[Not really|No|Only a little].", "Then {food2}[, just a little|]. You can have {food} tomorrow."),
    ],
    [
        (
            "It's {weather} [today|outside].",
            "[Is it|Really]? [Do you like it when it's {weather}?|What do you do when it's {weather}?]",
        ),
        (
            "[Yes, I love it|No, not really|Then I like {hobby}].",
            "[I see.|I can understand that.] [What is your favourite season?|Which season do you like best?]",
        ),
        ("{Season}.", "[{Season} is nice, too.|Why {season}?|In {season} I would go for long walks.]"),
        ("Because of {season_thing}.", "[Oh yes, {season_thing}!|{Season_thing}, that's a good reason.]"),
    ],
    [
        (
            "I [want|would like] to learn [something new|a new hobby]. [Any ideas|What do you suggest]?",
            "How about {hobby}? Or {hobby2}?",
        ),
        (
            "[I don't like {hobby}|Not {hobby}, please].",
            "Then {hobby2}! [There is {with_it2} in it.|You may like {with_it2}.]",
        ),
        ("[Sounds good|That's an idea|Why not]!", "[Great|Good]! [Start with half an hour a day.|Have fun with it.]"),
    ],
    [
        (
            "[I want|I'd like] to learn [something new|a new hobby]. [Any ideas|What do you suggest]?",
            "How about {hobby}? Or {hobby2}?",
        ),
        (
            "[{Hobby} sounds good|I like {hobby}].",
            "[Great|Good]! [You may like {with_it}.|Do you know somebody who could show you?]",
        ),
        (
            "[Yes, my {relative}|No, nobody].",
            "[Then just try it.|That's a start.] [I'm curious how it goes!|Have fun!]",
        ),
    ],
    [
        (
            "My {relative} is coming [on {day}|tomorrow].",
            "[How nice|Oh, nice]! [What are you going to do?|What will you do together?]",
        ),
        (
            "[We'll go to the {place}|We want to visit the {place}|Maybe the {place}].",
            "The {place}! [Does your {relative} like it there?|That will be nice.] [And what will you eat?|What about the evening?]",
        ),
        ("{Food}[.|, of course.|, I think.]", "{Food}! [Then nothing can go wrong.|Your {relative} will be happy.]"),
        (
            "When is my {relative} coming, do you remember?",
            "[You told me at the start of our talk.|You said it a moment ago]: {day_or}.",
        ),
    ],
    [
        (
            "I work as {a_job}.",
            "[Oh, {a_job}!|That's an interesting job.] [Do you like it?|What is the best part of it?]",
        ),
        (
            "[Yes, because I like to {does}|I get to {does}|Yes, very much].",
            "[It is good to do what you like.|That sounds nice.] [How long have you been {a_job}?|Was it hard to learn?]",
        ),
        (
            "[For {age} years|Since last year|Quite hard].",
            "[Then you know a lot about it.|I see!] [What do you do after work?|I think the world needs {jobs}.]",
        ),
        (
            "[After work I like {hobby}|Mostly {hobby}].",
            "{Hobby}, [after a day of work|how nice]! [That's good for you.|You need that too.]",
        ),
        ("What is my job?", "You are {a_job}."),
    ],
    [
        ("Let's play a game.", "[Good idea|With pleasure]! Let's guess animals. I'm thinking of an animal: {riddle}"),
        ("Is it {a_wrong}?", "No, it isn't {a_wrong}. [Try again!|One more guess!]"),
        ("{A_right}?", "Yes, it is {a_right}! [Well done!|Very good!]"),
    ],
    [
        ("Let's play a game.", "[Good idea|With pleasure]! Let's guess animals. I'm thinking of an animal: {riddle}"),
        ("[I don't know|I give up|Tell me].", "It is {a_right}!"),
    ],
    [
        (
            "I [can't sleep|can't fall asleep].",
            "[I'm sorry|Oh]. [What are you thinking about?|Is there something on your mind?]",
        ),
        (
            "[Tomorrow I start a new job|I have a test tomorrow|Nothing special|I drank too much coffee].",
            "[I see.|That can keep one awake.] [Try to breathe slowly, and count your breaths.|Maybe read a few pages of a quiet book.|Shall I tell you a little story?]",
        ),
        ("[I'll try|Good idea|Thanks].", "[Sleep well|Good night]! [Tomorrow is a new day.|]"),
    ],
]
_RIDDLES = {
    "elephant": "it is big and grey and has a trunk.",
    "giraffe": "it has a very long neck.",
    "bee": "it is small, it can fly, and it makes honey.",
    "penguin": "it is a bird, but it can't fly.",
    "frog": "it is green and jumps into the pond.",
    "snail": "it is very slow and carries its house.",
    "owl": "it sleeps by day and flies at night.",
    "spider": "it has eight legs and makes a web.",
    "hen": "it lives on a farm and lays eggs.",
    "lion": "it has a mane and roars.",
    "sheep": "it gives us wool.",
    "camel": "it lives in the desert and can live long without water.",
    "squirrel": "it climbs trees and hides nuts.",
    "hedgehog": "it is small and has spines.",
    "kangaroo": "it jumps and carries its baby in a pocket.",
    "zebra": "it looks like a horse with stripes.",
    "bat": "it hangs upside down when it sleeps.",
}
_SEASON_THINGS = {
    "spring": ["the flowers", "the fresh air"],
    "summer": ["the sun", "the long evenings"],
    "autumn": ["the coloured leaves", "the wind"],
    "winter": ["the snow", "the quiet days"],
}
_WALKING = ["hiking", "swimming", "sailing", "to the beach", "to the museum", "cycling"]


def _slots(voice: Voice) -> dict[str, str]:
    slots = smalltalk.slots(voice)
    hobby2 = voice.pick([hobby for hobby in words.HOBBIES if hobby != slots["hobby"]])
    adjective = voice.pick(words.OBJECTS[slots["object"]])
    vegetables = voice.some(words.VEGETABLES + words.FRUITS, 2)
    sad, topic, advice = voice.pick(_REASONS_SAD)
    trouble, question = voice.pick(_TROUBLES)
    right = voice.pick(list(_RIDDLES))
    job = voice.pick([job for job in words.JOBS if not job.endswith("woman")])
    walking = voice.pick(_WALKING)
    slots |= {
        "age": str(voice.between(2, 12)),
        "care": voice.pick(_CARE),
        "month": voice.pick(words.MONTHS),
        "when": voice.pick(_WHEN),
        "walking": walking,
        "Walking": sentence(walking if not walking.startswith("to ") else "going " + walking),
        "hobby2": hobby2,
        "with_it2": words.HOBBIES[hobby2],
        "With_it": sentence(slots["with_it"]),
        "vegetables": plural(vegetables[0]),
        "Vegetables": sentence(plural(vegetables[0])),
        "vegetables2": plural(vegetables[1]),
        "a_place": article(voice.pick(words.NATURE)),
        "A_animal": sentence(slots["animal_a"]),
        "adjective": adjective,
        "a_adjective_object": article(f"{adjective} {slots['object']}"),
        "colour": voice.pick(words.COLOURS),
        "job": job,
        "a_job": article(job),
        "jobs": plural(job),
        "does": words.JOBS[job],
        "riddle": _RIDDLES[right],
        "a_right": article(right),
        "A_right": sentence(article(right)),
        "a_wrong": article(voice.pick([animal for animal in _RIDDLES if animal != right])),
    }
    season_thing = voice.pick(_SEASON_THINGS[slots["season"]])
    slots |= {
        "Sad": sentence(sad.format(**slots)),
        "Topic": sentence(topic.format(**slots)),
        "Advice": advice,
        "trouble": trouble.format(**slots),
        "Trouble_question": question.format(**slots),
        "season_thing": season_thing,
        "Season_thing": sentence(season_thing),
    }
    return slots


def talk(voice: Voice) -> list[dict]:
    """The turns of one flow, or of its first part."""
    slots = _slots(voice)
    flow = voice.pick(FLOWS)
    turns: list[dict] = []
    for said, answer in flow[: voice.between(min(2, len(flow)), len(flow))]:
        if "{day_or}" in answer:  # only where a day was named
            day = slots["day"] if slots["day"] in turns[0]["content"] else "tomorrow"
            slots["day_or"] = f"on {day}" if day != "tomorrow" else day
        text = sentence(voice.say(said, **slots))
        if voice.chance(0.1):
            text = text.lower().rstrip(".!")
        turns += [user(text), assistant(sentence(voice.say(answer, **slots)))]
    return turns


def chat(voice: Voice) -> Document:
    turns = smalltalk.greeting(voice) if voice.chance(0.4) else []
    for _ in range(voice.pick([1, 1, 1, 2, 2, 3])):
        turns += talk(voice)
    if voice.chance(0.3):
        turns += smalltalk.parting(voice)
    return {"messages": turns}


KINDS = {"talk": chat}
