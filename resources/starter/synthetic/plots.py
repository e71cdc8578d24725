"""The middles of stories. Each plot is a list of beats; a beat is a list of templates of which one is told.

Slots: `{h}` the hero, `{f}` a friend or helper, `{o}` another, each with pronouns (`characters.Character.slots`), and what
`stories.tell` and the plot add.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from . import words
from .voice import Voice, article, sentence


@dataclass
class Told:
    sentences: list[str]
    title: str  # as in “The …”
    about: str  # as in “a story about …”
    moral: str
    facts: list[tuple[str, str]]


Beats = list[list[str]]
Plot = Callable[[Voice, dict], Told]


def _told(voice: Voice, beats: Beats, slots: dict, title: str, about: str, moral: str, facts: Beats) -> Told:
    sentences = [voice.say(beat, **slots) for beat in beats]
    asked = [(voice.say(q, **slots), voice.say(a, **slots)) for q, a in facts]
    return Told([s for s in sentences if s], title, about, moral, asked)


def lost_thing(voice: Voice, slots: dict) -> Told:
    first, second, last = voice.some(words.PLACES, 3)
    where = voice.pick(["under a bench", "behind a door", "between two stones", "on a shelf", "under some leaves", "in a corner"])
    slots = {**slots, "p1": first, "p2": second, "p3": last, "where": where}
    beats = [
        ["{h} could not find {h_their} {thing_adjective} {thing} [anywhere|].", "{h} wanted to play with {h_their} {thing}, but it was gone.",
         "{h} woke up and saw that {h_their} {thing_adjective} {thing} was [gone|missing]."],
        ["\"Oh no!\" said {h}. \"[Where can it be|Who has seen my {thing}|What shall I do now]?\"", "{h_They} looked under the bed, but there was [only dust|nothing].",
         "It was a present from {h_their} grandmother, so {h_they} was very sad."],
        ["First {h_they} looked in the {p1}, but the {thing} was not there.", "{h} ran to the {p1} and looked [everywhere|in every corner]. Nothing!"],
        ["Then {h_they} searched the {p2}. [No {thing}.|It was not there either.|There was only an old shoe.]", "In the {p2} {h_they} found [a spider|a coin|some crumbs], but no {thing}."],
        ["On the way {h_they} met {f}, {f_a}.", "Just then {f} came along. {f} was {f_a} [and a good friend|]."],
        ["\"Why are you [so sad|looking at the ground]?\" asked {f}. \"I have lost my {thing},\" said {h}.", "\"Have you seen my {thing}?\" asked {h}. {f} [thought for a while|scratched {f_their} head]."],
        ["\"[When did you last have it|Where did you play yesterday]?\" asked {f}. \"In the {p3}!\" [cried|said] {h}.", "\"Let us look in the {p3},\" said {f}. \"You were there yesterday.\""],
        ["They went there together, and [there it was|there lay the {thing}], {where}[!|.]", "So they went to the {p3}. And {where} lay the {thing_adjective} {thing}!"],
        ["\"[Thank you|Thank you so much], {f}!\" said {h}, and [hugged {f_them}|jumped for joy].", "{h} was so happy that {h_they} [danced|laughed out loud|gave {f} half of {h_their} bread]."],
    ]  # fmt: skip
    facts = [
        ["What [did {h} lose|was lost]?", "{h} lost {h_their} {thing_adjective} {thing}."],
        ["Where was the {thing}?", "The {thing} was in the {p3}, {where}."],
        ["Who helped {h}?", "{f} helped {h_them}."],
    ]
    return _told(voice, beats, slots, f"Lost {slots['thing'].title()}", f"a lost {slots['thing']}", "help", facts)


def new_skill(voice: Voice, slots: dict) -> Told:
    skill, first, second, advice = voice.pick([
        ("swim", "swallowed a lot of water", "sank like a stone", "Breathe slowly, and move your legs"),
        ("fly a kite", "let go of the string", "got the string caught in a tree", "Wait for the wind, and then run"),
        ("bake bread", "burned it until it was black", "forgot the salt", "Read the recipe slowly, and take your time"),
        ("whistle", "only blew air", "made a noise like a frog", "Make your lips small and round"),
        ("ride a bicycle", "fell into a hedge", "rolled into a pond", "Look ahead, not at your feet"),
        ("dance", "stepped on everybody's feet", "fell over a chair", "Listen to the music first"),
        ("paint", "spilled the blue paint", "painted a horse that looked like a table", "Look at the thing for a long time before you begin"),
        ("skate", "sat down on the ice with a bump", "could not stop and landed in the snow", "Bend your knees and lean forward"),
        ("juggle", "dropped all the balls", "broke a cup", "Begin with one ball, then take two"),
        ("play the flute", "made a terrible squeak", "frightened all the birds", "Play one note until it is beautiful"),
        ("sew", "pricked a finger", "sewed a sleeve to a pocket", "Make small stitches, one after the other"),
    ])  # fmt: skip
    slots = {**slots, "skill": skill, "fail1": first, "fail2": second, "advice": advice}
    beats = [
        ["{h} decided [that {h_they} wanted|] to learn to {skill}.", "{h} saw {o} {skill}. \"I want to learn that too!\" {h_they} said.", "{h} had one big wish: to {skill}."],
        ["[The first time|On the first day], {h_they} {fail1}.", "{h_They} tried at once, but {h_they} {fail1}."],
        ["[The second time|On the next day], {h_they} {fail2}.", "{h_They} tried again and {fail2}."],
        ["[Some laughed.|{o} laughed.] \"You will never learn it!\" [they|the others] said.", "\"I can't do it,\" said {h}, and a tear ran down {h_their} cheek.", "{h} was so angry that {h_they} wanted to give up."],
        ["But {f}, {f_a}, had seen everything.", "Then {f_a} named {f} sat down beside {h_them}."],
        ["\"{advice},\" said {f}. \"And don't be afraid.\"", "\"I could not do it either at first,\" said {f}. \"{advice}.\""],
        ["{h} practised [every day|for a whole week|each morning before breakfast].", "So {h} tried once more, and once more, and once more."],
        ["And [one morning|at last|after many days], it worked! {h} could {skill}!", "Little by little it went better, until one day {h_they} could {skill} [as well as anyone|all alone]."],
        ["\"Look at me!\" [called|shouted] {h}. {f} clapped.", "{f} was [very|so] proud of {h_them}.", "Now the others wanted to learn it from {h}."],
    ]  # fmt: skip
    facts = [
        ["What did {h} want to learn?", "{h} wanted to learn to {skill}."],
        ["What did {f} say?", "{f} said: \"{advice}.\""],
        ["Did {h} give up?", "No, {h} kept trying. In the end {h_they} could {skill}."],
        ["Did it work in the end?", "Yes, in the end {h} could {skill}."],
    ]
    return _told(voice, beats, slots, "Long Lesson", f"learning to {skill}", "practice", facts)


def scary_stranger(voice: Voice, slots: dict) -> Told:
    slots = {**slots, "spot": voice.pick(["the cave", "the old tower", "the house on the hill", "the dark wood", "the far shore"]),
             "gift": voice.pick(["a warm soup", "honey bread", "a song", "a bowl of berries", "hot chocolate"])}  # fmt: skip
    beats = [
        ["{h} heard that somebody [new|strange] had moved into {spot}.", "everybody was talking about {spot}. \"Somebody lives there now,\" they whispered."],
        ["\"It has [huge teeth|glowing eyes|a terrible voice],\" said {o}.", "\"Don't go there,\" said {o}. \"[It eats children|It is dangerous|Nobody comes back]!\""],
        ["But {h} [was curious|wanted to know more], and [in the evening|after lunch] {h_they} went there.", "{h} was afraid, but {h_they} went to look all the same."],
        ["{h_Their} heart was beating fast. {h_They} knocked.", "The door creaked. Inside it was dark.", "A twig cracked under {h_their} foot, and {h_they} stood very still."],
        ["\"Who is there?\" asked a [deep|quiet|sad] voice.", "\"Please don't run away,\" said a voice."],
        ["It was {f}, {f_a}.", "Out came {f_a}. \"My name is {f},\" said {f_they}."],
        ["{f} was not wicked at all. {f_They} was only lonely, because nobody had ever [visited|talked to] {f_them}.", "\"Everyone runs away from me,\" said {f}. \"I would so much like to have a friend.\""],
        ["{f} gave {h_them} {gift}, and they talked until [late|the stars came out].", "They shared {gift} and laughed a lot."],
        ["The next day {h} told everyone the truth. [Even {o} was ashamed.|{o} went to say sorry.]", "The next day {h} took {o} along. Soon all of them were friends."],
    ]  # fmt: skip
    facts = [
        ["Who lived in {spot}?", "{f}, {f_a}, lived there."],
        ["Was {f} [wicked|dangerous]?", "No, {f} was only lonely."],
        ["What did they share?", "They shared {gift}."],
        ["Who was afraid of {f}?", "{o} was afraid and told everyone not to go there."],
    ]
    return _told(voice, beats, slots, "Stranger", "a stranger", "looks", facts)


def winter_food(voice: Voice, slots: dict) -> Told:
    food = voice.pick(["nuts", "apples", "corn", "berries", "turnips", "honey", "bread"])
    slots = {**slots, "food": food}
    beats = [
        ["{h} began to gather {food} for the winter.", "{h} put {food} into a big [bag|basket|box], and another, and another."],
        ["\"Why do you work so much?\" asked {f}, {f_a}. \"[The sun is shining|Come and play]!\"", "{f}, {f_a}, only lay in the grass and laughed at {h_them}."],
        ["\"Winter is long,\" said {h}, and went on.", "\"First the work, then the play,\" said {h}."],
        ["Then the snow came. It lay so high that nobody could [find anything to eat|go out].", "Soon it was cold, and the ground was as hard as stone."],
        ["One night there was a knock at the door. It was {f}, thin and cold.", "{f} had nothing left. At last {f_they} knocked at {h_their} door."],
        ["\"I was wrong,\" said {f}. \"[Can you help me|May I come in]?\"", "\"I'm so hungry,\" said {f} quietly."],
        ["{h} [thought about it|looked at {h_their} {food}]. There was not too much. But {h_they} opened the door wide.", "\"Come in,\" said {h}. \"There is enough for two.\""],
        ["They ate {food} by the fire and told each other stories.", "All winter long they shared the {food}, and neither was alone."],
        ["In spring, {f} was the first to [work|plant new seeds].", "When the snow melted, {f} helped {h_them} [in the fields|to fill the basket again]."],
    ]  # fmt: skip
    facts = [
        ["What did {h} gather?", "{h} gathered {food}."],
        ["Who came to the door?", "{f} came, cold and hungry."],
        ["What did {h} do?", "{h} let {f} in and shared the {food}."],
        ["When did {f} help?", "{f} helped in spring."],
    ]
    return _told(voice, beats, slots, "Long Winter", "winter", "kindness", facts)


def strange_noise(voice: Voice, slots: dict) -> Told:
    noise, cause = voice.pick([
        ("a long, sad howl", "the wind, which blew across an empty bottle"), ("knock, knock, knock", "a branch that tapped on the window"),
        ("a scratching sound", "a tiny mouse that was building a nest"), ("a deep grumble", "a hungry stomach"),
        ("a soft ringing", "a little bell on the collar of a cat"), ("a splash, again and again", "a leak in the roof above a bucket"),
        ("a creak on the stairs", "an old dog that was looking for a warm place"), ("a strange whistle", "the kettle in the kitchen"),
    ])  # fmt: skip
    slots = {**slots, "noise": noise, "cause": cause, "Cause": sentence(cause), "spot": voice.pick(["attic", "cellar", "barn", "kitchen", "garden", "hall"])}
    beats = [
        ["{h} could not sleep, because there was a noise in the {spot}.", "{h} woke up in the middle of the night. Something was in the {spot}!"],
        ["It was {noise}.", "{h} listened: {noise}!"],
        ["\"A monster!\" thought {h}, and pulled the blanket over {h_their} head.", "{h} was [so frightened|shaking so much] that {h_their} teeth chattered."],
        ["{h_They} woke {f}, {f_a}. \"Did you hear that?\"", "{f}, {f_a}, was awake too. \"What can it be?\" {f_they} whispered."],
        ["They took a [lamp|candle] and went, step by step, towards the {spot}.", "\"Let's go and look,\" said {f}. \"Two are braver than one.\""],
        ["The noise grew louder. {h} held {f_their} hand.", "The door was open a little. Behind it, something moved."],
        ["{h} counted to three and [opened the door|held up the light]. And what was it? {Cause}!", "Then they saw it. It was only {cause}!"],
        ["They laughed until their bellies hurt.", "\"So that's our monster!\" said {f}, and they both laughed."],
    ]  # fmt: skip
    facts = [
        ["Where did the noise come from?", "It came from the {spot}."],
        ["What was it really?", "It was {cause}."],
        ["Who went along?", "{f} went along."],
    ]
    return _told(voice, beats, slots, "Noise in the Night", "a strange noise", "thinking", facts)


def birthday_gift(voice: Voice, slots: dict) -> Told:
    made = voice.pick(["a little boat out of bark", "a crown of flowers", "a cake with three candles", "a scarf out of old wool",
                       "a song", "a lantern out of paper", "a picture of the two of them", "a necklace of shells"])  # fmt: skip
    slots = {**slots, "made": made, "coins": voice.pick(["one coin", "two coins", "no money at all"])}
    beats = [
        ["{h} remembered: tomorrow was the birthday of {f}, {f_a}!", "{h} wanted to buy a birthday present for {f}, {f_a}."],
        ["{h_They} looked into {h_their} purse, but there was {coins} in it.", "But {h_they} had {coins}."],
        ["In the shop there was a beautiful {thing}. It was much too expensive.", "\"That costs ten coins,\" said {o} in the shop. {h} went out slowly."],
        ["{h} sat down on a stone and thought.", "\"What can I do?\" thought {h}. \"A friend needs a present.\""],
        ["Then {h_they} had an idea. {h_They} would make something!", "\"I can't buy anything, but I have two hands,\" said {h_they}."],
        ["{h} worked [the whole night|until the sun came up], and made {made}.", "It took all evening, and in the end there was {made}."],
        ["At the party, the others brought big boxes. {h} was ashamed of {h_their} small gift.", "{o} had brought a huge present with a golden ribbon. {h} came last."],
        ["But {f} [held it for a long time|had tears in {f_their} eyes]. \"You made this for me?\"", "\"This is the most beautiful present of all,\" said {f}, \"because you made it yourself.\""],
    ]  # fmt: skip
    facts = [
        ["Whose birthday was it?", "It was the birthday of {f}."],
        ["What did {h} make?", "{h} made {made}."],
        ["Why didn't {h} buy a present?", "{h} had {coins}."],
    ]
    return _told(voice, beats, slots, "Birthday Present", "a birthday", "content", facts)


def rescue(voice: Voice, slots: dict) -> Told:
    trap, trick = voice.pick([
        ("had fallen into a deep hole", "threw stones and leaves into the hole until it was possible to climb out"),
        ("was stuck in a hollow tree", "poured water and soap on the bark, so that it became slippery"),
        ("sat on a branch and did not dare to come down", "put a heap of soft hay under the tree"),
        ("was caught in a net", "bit through the rope, one knot after the other"),
        ("stood on a rock in the middle of the river", "laid a long branch across the water"),
        ("was locked in a shed", "pushed a stick through the gap and lifted the bolt"),
    ])  # fmt: skip
    slots = {**slots, "trap": trap, "trick": trick}
    beats = [
        ["{h} heard somebody call: \"Help! Help!\"", "{h} was on the way home when {h_they} heard a small voice.", "{h} suddenly stopped. Was somebody crying?"],
        ["It was {f}, {f_a}, who {trap}.", "There was {f}, {f_a}. {f_They} {trap}."],
        ["\"Don't be afraid,\" [called|said] {h}. \"I'm going to help you.\"", "\"How long have you been here?\" asked {h}. \"Since this morning,\" said {f}."],
        ["{h} pulled and pulled, but {h_they} was not strong enough.", "First {h_they} tried with all {h_their} strength. It was no use."],
        ["Then {o} came by. \"[I have no time|That is not my business],\" said {o_they}, and walked on.", "{h} ran to {o}, but nobody was at home."],
        ["{h} sat down and thought. \"If I can't be strong, I must be clever.\"", "\"Think,\" {h_they} told {h_self}. \"There is always a way.\""],
        ["Then {h_they} {trick}.", "At last {h_they} had an idea: {h_they} {trick}."],
        ["{f} was free!", "And it worked! {f} was safe."],
        ["\"You saved me,\" said {f}. \"I won't forget it.\"", "{f} thanked {h_them} a hundred times, and [went home with {h_them}|gave {h_them} a {thing}]."],
    ]  # fmt: skip
    facts = [
        ["Who needed help?", "{f} needed help."],
        ["What had happened to {f}?", "{f} {trap}."],
        ["How did {h} help?", "{h} {trick}."],
        ["Did {o} help?", "No, {o} did not help."],
    ]
    return _told(voice, beats, slots, "Clever Rescue", "a rescue", "thinking", facts)


def broken_thing(voice: Voice, slots: dict) -> Told:
    slots = {**slots, "fragile": voice.pick(["vase", "window", "jug", "mirror", "lamp", "teapot", "plate"])}
    beats = [
        ["{h} was [playing|running] in the house, and crash! The {fragile} of {f} was broken.", "{h} threw a ball too high. It hit the {fragile}, which belonged to {f}, {f_a}."],
        ["Nobody had seen it.", "{h} looked around. [No one was there.|The house was empty.]"],
        ["{h} hid the pieces [under the carpet|in the garden|behind the curtain].", "Quickly {h_they} swept up the pieces and hid them."],
        ["\"Who broke my {fragile}?\" asked {f} in the evening. \"[Maybe it was {o}|It was the wind],\" said {h}.", "In the evening {f} asked about the {fragile}. {h} said: \"I think it was {o}.\""],
        ["But {h} could not [eat|sleep]. {h_Their} heart was heavy.", "At night {h} turned from one side to the other."],
        ["In the morning {h_they} went to {f}. \"It was me,\" {h_they} said. \"I'm sorry. I was afraid.\"", "At last {h_they} stood up and told {f} everything."],
        ["{f} was silent for a moment. Then {f_they} smiled. \"Thank you for telling me the truth.\"", "\"A {fragile} is only a {fragile},\" said {f}. \"But I'm glad that you are honest.\""],
        ["Together they [glued the pieces|made a new one], and {h} said sorry to {o} too.", "{h} worked in the garden for a week, and bought a new {fragile}."],
    ]  # fmt: skip
    facts = [
        ["What was broken?", "The {fragile} of {f} was broken."],
        ["Who broke [it|the {fragile}]?", "{h} broke it."],
        ["What did {h} do in the end?", "{h} told the truth and said sorry."],
    ]
    return _told(voice, beats, slots, f"Broken {slots['fragile'].title()}", f"a broken {slots['fragile']}", "honesty", facts)


def magic_thing(voice: Voice, slots: dict) -> Told:
    wish = voice.pick(["a mountain of cake", "a golden house", "a hundred toys", "a new coat for every day", "never to work again"])
    slots = {**slots, "wish": wish, "Wish": sentence(wish)}
    beats = [
        ["{h} found a {thing_adjective} {thing} [in the grass|at the river|under a root].", "{h} bought an old {thing} at the market for one coin."],
        ["\"Rub me, and I give you three wishes,\" said the {thing}.", "When {h_they} cleaned it, the {thing} began to speak: \"You have three wishes!\""],
        ["\"First, I wish for {wish}!\" cried {h}. And it came true.", "{h} did not think for long. \"{Wish}!\" {h_they} called, and so it was."],
        ["But soon {h_they} was bored, and nobody came to play.", "It was wonderful for a day. Then {h_their} friends stopped coming, because they were envious."],
        ["\"Second, I wish to be far away!\" [said|shouted] {h}, and at once {h_they} sat on a cold, empty island.", "So {h_they} wished to be a king, and sat all alone on a hard throne."],
        ["{h_They} thought of {f}, {f_a}, and of their games.", "\"What is {f} doing now?\" {h_they} wondered. {f}, {f_a}, was {h_their} oldest friend."],
        ["\"I wish that everything was as before,\" {h_they} said softly.", "For the third wish {h_they} needed no time at all: \"I want to go home.\""],
        ["The {thing} [shone once more|laughed], and {h} was [at home|in {h_their} own bed].", "And the {thing} became a very common {thing}."],
        ["{f} was already waiting at the door. \"Shall we play?\"", "{h} ran to {f} as fast as {h_they} could."],
    ]  # fmt: skip
    facts = [
        ["What did {h} find?", "{h} found a magic {thing}."],
        ["How many wishes did {h} have?", "{h} had three wishes."],
        ["What was the first wish?", "The first wish was {wish}."],
        ["What was the last wish?", "The last wish was to go home, and to have everything as before."],
    ]
    return _told(voice, beats, slots, f"Magic {slots['thing'].title()}", f"a magic {slots['thing']}", "content", facts)


def quarrel(voice: Voice, slots: dict) -> Told:
    beats = [
        ["{h} and {f}, {f_a}, found a {thing_adjective} {thing}.", "{h} and {h_their} friend {f}, {f_a}, both saw the {thing_adjective} {thing} at the same time."],
        ["\"It's mine! I saw it first!\" cried {h}.", "\"I need it more than you,\" said {h}."],
        ["\"No, it's mine!\" said {f}, and pulled at it.", "\"You always want everything!\" said {f}, and they pulled from both sides."],
        ["They did not talk to each other for [three days|a week].", "Then each went home alone and slammed the door."],
        ["{h} had the {thing} now, but it was no fun alone.", "{h} ate alone, played alone and looked out of the window."],
        ["\"Why are you so quiet?\" asked {o}, {o_a}. {h} told {o_them} everything.", "{o}, {o_a}, shook {o_their} head. \"Is a {thing} worth more than a friend?\""],
        ["\"Give it away, and you will have more,\" said {o}.", "\"One of you must begin,\" said {o}. \"It is not hard: two words.\""],
        ["{h} took the {thing} to {f}. \"I'm sorry,\" {h_they} said. \"You can have it.\"", "{h} went out, and halfway {h_they} met {f}. \"Sorry!\" they both said at once."],
        ["\"Let's share it,\" said {f}. \"One day you, one day me.\"", "{f} laughed. \"I was coming to say the same!\""],
    ]
    facts = [
        ["What did they quarrel about?", "They quarrelled about a {thing_adjective} {thing}."],
        ["Who gave [good|] advice?", "{o} gave good advice."],
        ["Who did {h} quarrel with?", "{h} quarrelled with {f}."],
    ]
    return _told(voice, beats, slots, "Quarrel", "two friends who quarrel", "honesty", facts)


def exchange(voice: Voice, slots: dict) -> Told:
    """Each gives something if they get something: the last one gives for a kind word."""
    goods = voice.some([t for t in words.OBJECTS if t != slots["thing"]], 3)
    givers = voice.some(["the miller", "the old woman", "the fisherman", "the king's cook", "the shepherd", "the smith", "the gardener"], 3)
    wanted = {f"g{i}": article(g) for i, g in enumerate(goods, 1)}
    slots = {**slots, **wanted, **{f"w{i}": w for i, w in enumerate(givers, 1)}, "a_thing": article(slots["thing"])}
    slots.update({f"W{i}": w.capitalize() for i, w in enumerate(givers, 1)})
    beats = [
        ["{h} needed {a_thing} and went to {w1}.", "{h} asked {w1}: \"Can I have {a_thing}, please?\""],
        ["\"I'll give you one,\" said {w1}, \"if you bring me {g1}.\"", "{W1} said: \"Gladly, but first I need {g1}.\""],
        ["So {h_they} went to {w2}. \"You can have {g1} from me,\" said {w2}, \"if you bring me {g2}.\"", "{W2} had {g1}, but wanted {g2} for it."],
        ["So {h_they} went to {w3}, who had {g2}.", "Tired, {h} came to {w3}."],
        ["\"And what do you want for it?\" asked {h}. {W3} was sad. \"Nobody ever [talks to|visits] me.\"", "{W3} said: \"I want nothing. Only sit with me for a while.\""],
        ["So {h} sat down and told {h_their} best story, and {w3} laughed.", "{h} stayed for an hour and listened."],
        ["{h} got {g2}. {W2} gave {h_them} {g1} for it, and {w1} gave {h_them} {a_thing}.", "With {g2} {h_they} ran to {w2}, with {g1} to {w1}, and in the evening {h} had {a_thing}."],
        ["{h} went to visit {w3} again the next Sunday.", "But the best of it was a new friend."],
    ]  # fmt: skip
    facts = [
        ["What did {h} need?", "{h} needed {a_thing}."],
        ["What did {w1} want?", "{W1} wanted {g1}."],
        ["What did {w2} want?", "{W2} wanted {g2}."],
        ["Who was sad?", "{W3} was sad."],
    ]
    return _told(voice, beats, slots, "Long Exchange", f"somebody who needs {slots['a_thing']}", "kindness", facts)


def far_question(voice: Voice, slots: dict) -> Told:
    question, answer = voice.pick([
        ("where the river goes", "It goes to the sea, and the sea goes everywhere"), ("what is behind the mountain", "Another valley, and somebody there asks the same"),
        ("why the moon follows us at night", "It is so far away that it seems to walk with everyone"), ("where the birds fly in autumn", "They fly south, where it is warm, and in spring they come home"),
        ("how the stars stay up", "They don't have to stay up. They are so far away that there is no down"),
        ("who makes the wind", "The sun does. It warms the air, and warm air never sits still"), ("where the rainbow ends", "It moves when you move, so it never ends"),
    ])  # fmt: skip
    first, second = voice.some(["fisherman", "owl", "shepherd", "mill wheel", "crow", "ferryman", "snail", "old tree"], 2)
    slots = {**slots, "question": question, "answer": answer, "w1": first, "w2": second}
    beats = [
        ["{h} wanted to know {question}.", "{h} asked {h_self} {question}, and nobody could tell {h_them}."],
        ["{h_They} packed [bread and cheese|an apple and a blanket] and set off.", "\"Then I'll find out,\" said {h}, and began to walk."],
        ["First {h_they} asked the {w1}. \"I don't know,\" said the {w1}. \"I have never left this place.\"", "{h_They} met the {w1}, but the {w1} only shrugged."],
        ["Then {h_they} asked the {w2}. \"Why do you want to know?\" said the {w2}. \"I just do,\" said {h}.", "The {w2} said: \"Go on until your feet hurt, and then a little further.\""],
        ["It got dark, and {h} was [tired|cold]. \"Shall I turn back?\" {h_they} thought. But {h_they} went on.", "For three days {h_they} walked through rain and wind."],
        ["At last {h_they} came to {f}, {f_a}, who was very wise.", "There sat {f}, {f_a}, in front of a small hut."],
        ["\"{answer},\" said {f}.", "{f} laughed kindly. \"{answer}.\""],
        ["{h} thought about it for a long time. Then {h_they} thanked {f_them} and went home.", "\"So simple!\" said {h}. \"And so beautiful.\""],
        ["At home, {h_they} told everyone. And the children asked: \"And what comes after that?\"", "From now on, people came to {h} with their questions."],
    ]  # fmt: skip
    facts = [
        ["What did {h} want to know?", "{h} wanted to know {question}."],
        ["What was the answer?", "{answer}."],
        ["Who knew the answer?", "{f} knew the answer."],
    ]
    return _told(voice, beats, slots, "Big Question", "a long journey", "thinking", facts)


def contest(voice: Voice, slots: dict) -> Told:
    event, trick = voice.pick([
        ("race around the lake", "took a short cut"), ("cake contest", "put salt into the sugar of the others"), ("singing contest", "hid the notes of the others"),
        ("boat race", "made a hole in another boat"), ("contest for the biggest pumpkin", "filled a pumpkin with stones"),
        ("snowman contest", "took snow from the others at night"),
    ])  # fmt: skip
    slots = {**slots, "event": event, "trick": trick, "prize": voice.pick(["a golden cup", "a basket of fruit", "a silver bell", "a new hat"])}
    beats = [
        ["there was a {event} {in_place}, and {h} wanted to take part.", "everyone was excited, because of the {event}. {h} had waited for it all year."],
        ["The prize was {prize}.", "The winner would get {prize}."],
        ["{o}, {o_a}, wanted to win at any price, and {trick}.", "But {o} did not play fair: {o_they} {trick}."],
        ["{h} was [doing well|in front] when {h_they} saw that {f} was in trouble.", "In the middle of it, {f}, {f_a}, [fell|began to cry]."],
        ["{h} could have won. But {h_they} stopped and helped {f_them}.", "\"Go on!\" said {f}. But {h} stayed. \"Friends first,\" {h_they} said."],
        ["So {o} came first. But somebody had seen everything.", "{o} already held {prize} high. Then an old [judge|woman] stood up."],
        ["\"{o} {trick},\" the judge said. \"That is no way to win.\"", "{o} turned red, because now everyone knew."],
        ["And {prize} went to {h}, who had helped a friend.", "{h} got {prize}, and shared it with {f}."],
    ]
    facts = [
        ["What was the prize?", "The prize was {prize}."],
        ["Who cheated?", "{o} cheated."],
        ["Who did {h} help?", "{h} helped {f}."],
        ["Who got the prize in the end?", "{h} got the prize."],
    ]
    return _told(voice, beats, slots, event.title(), f"a {event}", "kindness", facts)


PLOTS: list[Plot] = [
    lost_thing, new_skill, scary_stranger, winter_food, strange_noise, birthday_gift, rescue, broken_thing,
    magic_thing, quarrel, exchange, far_question, contest,
]  # fmt: skip
