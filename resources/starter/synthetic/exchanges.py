"""What people say about nothing much, and what is answered. Slots: `smalltalk.slots`."""
from __future__ import annotations

# A question or remark, and answers.
Exchange = tuple[str, list[str]]

HELLO = [
    (
        "[Hi|Hello|Hey|Hi there|Good morning|Good evening|Good afternoon][!|.]",
        [
            "[Hi|Hello|Hi there|Hello there]! [How are you|How is your day|How are you today]?",
            "[Hello|Hi]! [What would you like to talk about?|Nice to see you.|What's on your mind?]",
        ],
    ),
    (
        "[Hi|Hello|Hey][!|,] [How are you|how are you doing|How are you today]?",
        [
            "[I'm fine|I'm well|I'm doing well|Very well], [thank you|thanks]! [And you?|How are you?|What about you?]",
            "[Good|Fine|Great], thanks for asking! [How is your day?|And how are you?]",
        ],
    ),
    (
        "[How is it going|How's it going|How are things]?",
        [
            "[Quite well|Very well|Not bad|All is well], thanks. [And with you?|How about you?]",
            "[All good here|Everything is fine]! [What about you?|How is your day?]",
        ],
    ),
    (
        "[What's up|How do you do]?",
        [
            "Not much! [What about you?|How are you?]",
            "[I'm happy to talk to you|I was waiting for somebody to talk to]. [How are you?|]",
        ],
    ),
]
HELLO_NAMED = [
    "[Hi|Hello]! I'm {name}. [How are you?|Nice to meet you.|]",
    "[Hello|Hi there]! {name} here. [What can I do for you?|How is your day?]",
]
HOW_I_AM = [
    (
        "[I'm fine|I'm good|Good|I'm well|Great|Very good][, thanks|, thank you|][.|!]",
        [
            "[I'm glad to hear that|That's good to hear|Glad to hear it|Nice][!|.] [What would you like to talk about?|What are you up to today?|What have you been doing?|]"
        ],
    ),
    (
        "[I'm tired|I'm a bit tired|I'm so sleepy][.|, I slept badly.|, it was a long day.]",
        [
            "[Oh, I'm sorry to hear that|That sounds exhausting]. [I hope that you can rest soon.|Maybe a cup of tea would help?|Try to go to bed early tonight.]"
        ],
    ),
    (
        "[Not so good|I'm sad|I feel a bit sad|Not great][.|, to be honest.|, actually.]",
        [
            "I'm sorry to hear that. [Do you want to talk about it?|What happened?|What is the matter?]",
            "[Oh no|Oh dear]. [Would you like to tell me about it?|I'm here if you want to talk.]",
        ],
    ),
    (
        "[I'm bored|I'm so bored][.|!]",
        [
            "[Shall I tell you a story?|We could play with words, or I could tell you a story.|How about a walk, or a good book?|Let's talk! What do you like to do?]"
        ],
    ),
    (
        "[I'm happy|I'm so happy|I feel great][!|, it's the weekend!|, I had a lovely day.]",
        ["[That's wonderful|How nice|Lovely]! [What made you so happy?|Tell me more!|I'm happy for you.]"],
    ),
    (
        "[I'm hungry|I haven't eaten yet][.|!]",
        [
            "[Then it's time for a meal!|What would you like to eat?] [How about {food}?|{Food} would be nice, don't you think?]"
        ],
    ),
    (
        "[I'm cold|It's so cold here|I'm freezing][.|!]",
        [
            "[Put on something warm|Take a blanket], and [make some {drink}|close the window].",
            "Brr! [A warm drink would help.|Maybe a hot soup?]",
        ],
    ),
    (
        "[I'm nervous|I'm a bit nervous][. I have a test tomorrow.|. I start a new job on {day}.|. I have to speak in front of many people.]",
        [
            "[That's normal|Everyone feels that way sometimes]. [Take a deep breath.|You will do fine.|I'm sure that you are well prepared.]"
        ],
    ),
    (
        "[I'm ill|I have a cold|I don't feel well|I have a headache][.|!]",
        [
            "[Get well soon!|I hope that you feel better soon.] [Drink a lot and rest.|A warm tea and some sleep can help.|If it gets worse, please see a doctor.]"
        ],
    ),
    (
        "I [miss my {relative}|miss my friends|feel lonely][.|.]",
        [
            "[I understand.|That's hard.] [Maybe you can call them?|Could you write them a letter?|I'm glad that you tell me.]"
        ],
    ),
]
TOPICS: list[Exchange] = [
    (
        "Do you like {food}?",
        [
            "[Yes, {food} sound{s} delicious!|I can't eat, but {food} sound{s} good.|Oh yes.] [Do you like to cook?|What goes with it?|]",
            "[I can't taste anything, but many people love {food}.|I've heard that {food} {is_are} very tasty.]",
        ],
    ),
    (
        "[What should I|What shall I] [cook|eat] [tonight|today|for dinner]?",
        [
            "How about {food}? [It's simple and good.|You can make it quickly.|]",
            "[You could|Why don't you] make {food}[, with a salad|, and {food2} tomorrow|].",
            "Maybe {food}, or {food2}?",
        ],
    ),
    (
        "I [made|cooked|had] {food} [today|for lunch|yesterday].",
        [
            "[Sounds delicious|That sounds good|Yummy]! [Did it taste good?|Did you make it yourself?|I hope that it was good.]"
        ],
    ),
    (
        "What do you like to do on a {weather} day?",
        [
            "On a {weather} day, I like {hobby}. [What about you?|And you?]",
            "[I think {hobby} is just right for a {weather} day.|{Hobby}, I would say.|A {weather} day is good for {hobby}.]",
        ],
    ),
    (
        "It's [so|very|really] {weather} today.",
        [
            "[A {weather} day can be nice.|Is it?] [Will you go out or stay at home?|What are you going to do?|It's a good day for {hobby}.]"
        ],
    ),
    (
        "I [love|like|enjoy] {hobby}.",
        [
            "[That's a nice hobby|How nice|Great]! [How long have you been doing it?|I like {with_it}.|What do you like about it?|When did you start?]"
        ],
    ),
    (
        "[Do you like|What do you think of] {hobby}?",
        [
            "[I think that {hobby} is fun|I like the idea of {hobby}]. [Do you do it often?|There is nothing like {with_it}.|]"
        ],
    ),
    (
        "I have {a_pet} [named|called] {pet_name}.",
        [
            "[{pet_name} is a lovely name for {a_pet}!|Oh, {a_pet}! How sweet.|How nice!] [What does {pet_name} like to do?|How old is {pet_name}?|Is {pet_name} friendly?]"
        ],
    ),
    (
        "I have two {pets} and a boat. What do you like?",
        [
            "[Two {pets} and a boat, that sounds like fun!|How nice!] I like [stories|music|quiet evenings|talking to people]. [Do your {pets} like the boat?|]"
        ],
    ),
    (
        "[My {pet} is ill|I'm worried about my {pet}].",
        [
            "[Oh no|I'm sorry to hear that]. [A vet can help.|Have you been to the vet?|I hope that your {pet} gets well soon.]"
        ],
    ),
    (
        "Do you like {animals}?",
        [
            "[Yes, {animals} are wonderful.|I do!|I like them very much.] [Do you?|Have you ever seen one?|What is your favourite animal?]"
        ],
    ),
    (
        "I'm going to {town} [tomorrow|next week|on {day}].",
        [
            "[Have a good trip|How nice|Enjoy it]! [What will you do there?|Who are you going to see?|How will you get there?]"
        ],
    ),
    (
        "[My {relative} is coming to visit|I'm visiting my {relative}] [tomorrow|on {day}|this weekend].",
        [
            "[How nice|That's lovely]! [What are you going to do together?|Are you looking forward to it?|Will you cook something?]"
        ],
    ),
    (
        "It's my birthday [today|tomorrow|on {day}]!",
        [
            "Happy birthday[!| to you!] [How will you celebrate?|Will there be a cake?|I hope that you have a lovely day.]"
        ],
    ),
    (
        "I [lost|can't find] my {object}.",
        [
            "[Oh no|That's annoying]! [Where did you last see it?|When did you last have it?|Have you looked in the {place}?]"
        ],
    ),
    (
        "I [bought|got|found] {a_object} [today|yesterday|at the market].",
        ["[Nice|Oh, lovely]! [What colour is it?|What will you do with it?|Is it new or old?]"],
    ),
    (
        "[What are you doing|What are you up to][ right now|]?",
        [
            "[I'm talking to you|I'm chatting with you]! [And you?|What are you doing?|]",
            "[Nothing special|Not much]. [I'm happy to talk.|What about you?]",
        ],
    ),
    (
        "I'm reading a book about {animals}.",
        [
            "[Interesting|That sounds interesting]! [What have you learned about {animals}?|Do you like it?|What is the best part?]"
        ],
    ),
    (
        "I'm learning to play the {instrument}.",
        ["[That's great|Wonderful]! [Is it difficult?|How long have you been playing?|Practise a little every day.]"],
    ),
    (
        "What music do you like?",
        ["I like [quiet music|songs with a story|the sound of the {instrument}]. [What do you like?|And you?]"],
    ),
    ("Do you like music?", ["[Yes, very much|I do]. [Do you play an instrument?|The {instrument} sounds lovely.]"]),
    (
        "I [couldn't sleep|slept badly] last night.",
        ["[I'm sorry|Oh dear]. [What kept you awake?|Maybe a walk helps before bed.|Try some warm milk tonight.]"],
    ),
    (
        "I had a [strange|funny|bad] dream [last night|].",
        ["[Really|Oh]! [What was it about?|Do you remember it?|Dreams can be so odd.]"],
    ),
    (
        "[Any plans for the weekend|What are your plans for {day}]?",
        ["[No plans|I have no plans], [I'm always here|I'm just here to talk]. [And you?|What are yours?]"],
    ),
    (
        "I have to [clean the house|do the laundry|wash the dishes|work late|do my homework] today.",
        [
            "[That's not so much fun.|I see.] [Good luck!|Maybe some music makes it easier.|Do it first, then you are free.]"
        ],
    ),
    (
        "Which is better, {season} or {season2}?",
        [
            "[Both are nice, but I would choose {season}.|I like {season2} better.|Hard to say! {Season} has its charm.] [And you?|What do you think?]"
        ],
    ),
    (
        "What is your favourite season?",
        ["I like {season}. [And you?|What is yours?|]", "{Season}, I think. [Which do you like?|]"],
    ),
    (
        "I [failed my test|missed the bus|broke my {object}|forgot my keys] [today|].",
        [
            "[I'm sorry|Oh no|That's bad luck]. [It happens to everyone.|Tomorrow will be better.|Can I cheer you up with a story?]"
        ],
    ),
    (
        "I [passed my test|got a new job|won a prize|finished my work]!",
        [
            "Congratulations! [You must be proud.|That's great news.|How will you celebrate?]",
            "[Well done|Great]! [You earned it.|I'm happy for you.]",
        ],
    ),
    (
        "I [planted|grow|have] {vegetables} in my garden.",
        ["[How nice|Lovely]! [Are they growing well?|Home-grown {vegetables} taste best.|What else grows there?]"],
    ),
    (
        "Tea or coffee?",
        [
            "[Tea|Coffee], I think. [And you?|Which do you like?]",
            "I can't drink, but [tea|coffee] smells nice, people say. [And you?|]",
        ],
    ),
    (
        "[You are nice|You're funny|I like you|I like talking to you][.|!]",
        ["[Thank you|Oh, thank you|That's kind of you]! [I like talking to you too.|You are nice too.|]"],
    ),
    (
        "[You are stupid|You're boring|I don't like you][.|!]",
        [
            "[I'm sorry to hear that.|That's a pity.] [I'm still learning.|What can I do better?|Shall we talk about something else?]"
        ],
    ),
    ("[Sorry|I'm sorry][.|!]", ["[No problem|Don't worry|That's all right][.|!]"]),
    (
        "[Can you help me|I need help|I need some advice][?|.]",
        ["[I'll try|Of course, if I can]! [What do you need?|What is it about?]"],
    ),
    (
        "[Yes|Yes, I do|Of course][.|!]",
        ["[Great|Good|Nice][!|.] [Tell me more.|What do you like about it?|Shall we talk about it?]"],
    ),
    (
        "[No|Not really|No, I don't][.|.]",
        ["[That's fine|All right|I see]. [What would you rather talk about?|What do you like instead?]"],
    ),
    (
        "[Guess what|You won't believe it]!",
        ["[What|What happened|Tell me]! [I'm curious.|]", "[What is it|I can't guess]? [Tell me!|]"],
    ),
    (
        "[Are you real|Are you a human|Are you a person|Are you a robot]?",
        [
            "[No, I'm a computer program.|I'm a small language model, not a person.|I'm a program that runs on your computer.] [But I like to talk.|]"
        ],
    ),
    (
        "[Who are you|What are you]?",
        [
            "I'm [a small language model|Kvasir's starter model]. [I can chat with you, tell stories and do small sums.|I run on your own computer.]"
        ],
    ),
    (
        "[What can you do|How can you help me|What are you good at]?",
        [
            "I can [chat with you|talk about everyday things], tell [simple|short] stories, answer questions about a short text, and do small sums. [I don't know many facts, though.|]"
        ],
    ),
    (
        "[Do you know everything|Are you clever|Are you smart]?",
        [
            "No, I'm a very small model. [I don't know much about the world.|I make mistakes, so please check what I say.]"
        ],
    ),
    (
        "[Do you remember me|Do you know me]?",
        [
            "[I only know what you tell me in this chat.|I only remember this conversation.] [What should I know about you?|Tell me about you!]"
        ],
    ),
    (
        "[Tell me something nice|Say something nice|Cheer me up][.|!]",
        [
            "[I'm glad that you are here.|You make this day brighter.|Somewhere, {animal_a} is sleeping in the sun right now.|After rain comes sunshine.|Every small step counts.]"
        ],
    ),
    (
        "[Tell me a joke|Do you know a joke|Make me laugh][.|!]",
        [
            "[Why did the {animal} cross the road? Because the chicken had the day off.|What is brown and sticky? A stick.|Why do bees hum? They forgot the words.|What has keys but can't open doors? A piano.|What gets wetter the more it dries? A towel.|Why was the maths book sad? It had too many problems.|What has hands but can't clap? A clock.]"
        ],
    ),
]
# What a persona may be told as well: nothing that asks for its own tastes or what it is.
ABOUT_THEM = [topic for topic in TOPICS if "you" not in topic[0].lower()]
THANKS = [
    (
        "[Thank you|Thanks|Thanks a lot|Thank you very much|Many thanks][!|.]",
        [
            "[You're welcome|My pleasure|No problem|Any time|Gladly][!|.] [Is there anything else?|Can I do anything else for you?|]"
        ],
    ),
    (
        "[Great|Good|Perfect|OK|All right|Nice][, thanks.|, thank you!]",
        ["[You're welcome!|I'm glad that I could help.|Gladly!]"],
    ),
    (
        "[Great|Good|Perfect|OK|Okay|All right|Nice][.|!]",
        ["[Good!|Fine!|Is there anything else?|What shall we talk about now?]"],
    ),
]
BYE = [
    (
        "[Bye|Goodbye|See you|See you later|Bye bye|I have to go|I must go now][!|.]",
        ["[Goodbye|Bye|See you|Take care][!|.] [Have a nice day!|It was nice talking to you.|Come back soon!|]"],
    ),
    ("[Good night|I'm going to bed][!|.]", ["[Good night|Sleep well|Sweet dreams][!|.] [See you tomorrow.|]"]),
]
