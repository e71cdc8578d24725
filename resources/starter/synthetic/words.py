"""The words that the grammars choose from. Written for this model; nothing here is about a real person."""

GIRLS = """Mia Anna Lena Ruth Clara Nora Ida Ella Greta Amina Zuri Leila Priya Meera Sofia Rosa Elena Ines Maya Tara
Hana Yuki Mei Lin Freya Astrid Sanna Ayo Nia Imani Olga Vera Katya Marta Paula Lucia Carmen Alma Daisy Hazel Ivy Lily
Molly Poppy Ruby Stella Wendy Zoe Alice Beth Cora Dora Edith Fiona Gwen Hilda Iris Jana Kira Luna Mira Nell Odile Petra
Rita Selma Thea Una Vida Willa Yara Zelda Anouk Bela Chiara Dilara Emmy Farah Gita Helle Isla June Kaya Liv Maud Noor""".split()
BOYS = """Tom Ben Sam Max Leo Finn Noah Emil Oskar Jonas Karl Hugo Anton Felix Omar Ali Hassan Karim Ravi Arjun Dev Kofi
Kwame Jabari Tariq Yusuf Ivan Boris Pavel Marco Luca Diego Mateo Pedro Pablo Kenji Hiro Wei Jun Erik Lars Sven Nils Aaron
Adam Billy Charlie Dan Eddie Frank George Harry Isaac Jack Kevin Liam Mark Ned Oliver Peter Quentin Robin Simon Theo Ulf
Victor Walter Yann Zack Arlo Bruno Casper Dario Elias Fabio Gabriel Henrik Idris Jasper Kalle Lorenzo Milo Nico Otto Per
Rafael Stefan Timo Uri Vito Wim""".split()
FAMILY_NAMES = """Baker Hill Stone Rivers Brook Field Wood Marsh Lake Berg Holm Lind Vale Frost Summer Winter Lane Ford
Bell Carter Fisher Hunter Mason Miller Potter Taylor Weaver Wright Novak Silva Costa Rossi Moretti Khan Patel Sato Tanaka
Okafor Mensah Haddad Petrov Larsen Olsen Dubois Moreau Fischer Weber""".split()

TOWNS = """Aldbrook Castel Dorning Eastmere Fernhill Glenrock Harrowby Ivydale Larkford Millstone Northwick Oakham
Pinecrest Ravensford Stillwater Thornbury Underwood Westlake Yarrow Zeeburg Amberley Brindle Cloverfield Driftwood Elmstead
Foxley Greenport Hollybank Inverlee Kingsmoor Lindale Maplewood Newmarsh Rosemount Silverton Tidewell Whitby""".split()
TOWNS += ["Juniper Bay", "Kestrel Point", "Quarry Hill", "Vesper Falls", "Orchard End", "Pebble Beach", "Brindle Cove"]

# job: what such a person does
JOBS = {
    "baker": "bake bread", "teacher": "teach children", "doctor": "look after sick people", "nurse": "care for patients",
    "farmer": "grow vegetables", "gardener": "look after gardens", "carpenter": "build things out of wood",
    "painter": "paint pictures", "musician": "play music", "librarian": "look after books", "cook": "cook meals",
    "driver": "drive a bus", "pilot": "fly planes", "sailor": "sail ships", "fisher": "catch fish",
    "tailor": "sew clothes", "potter": "make bowls and cups", "vet": "help sick animals", "postwoman": "deliver letters",
    "shopkeeper": "run a small shop", "mechanic": "repair cars", "engineer": "design machines", "writer": "write books",
    "photographer": "take photos", "florist": "sell flowers", "beekeeper": "keep bees", "astronomer": "study the stars",
    "clockmaker": "mend clocks", "lighthouse keeper": "look after a lighthouse", "zookeeper": "feed the animals at a zoo",
    "museum guide": "show people around a museum", "train driver": "drive trains", "dentist": "look after teeth",
    "firefighter": "put out fires", "dancer": "dance on a stage", "scientist": "do experiments",
    "shepherd": "look after sheep", "blacksmith": "make things out of iron", "candle maker": "make candles",
    "bookseller": "sell books", "ferry captain": "take people across the water", "cheese maker": "make cheese",
}  # fmt: skip
PETS = [
    "cat",
    "dog",
    "rabbit",
    "parrot",
    "hamster",
    "goldfish",
    "turtle",
    "pony",
    "guinea pig",
    "canary",
    "lizard",
    "hen",
]
PET_NAMES = """Biscuit Shadow Pepper Ginger Snowy Pickles Button Cocoa Patches Nutmeg Whiskers Pebble Mango Domino Scout
Bramble Sunny Toffee Muffin Waffles Dusty Bean Clover Marble Rusty Socks Tofu Ziggy Maple Olive""".split()
COLOURS = ["red", "blue", "green", "yellow", "orange", "purple", "pink", "brown", "black", "white", "grey", "turquoise",
           "golden", "silver"]  # fmt: skip
FOODS = ["pancakes", "tomato soup", "pasta", "rice and beans", "apple pie", "dumplings", "fried fish", "potato salad",
         "vegetable curry", "noodle soup", "cheese sandwiches", "mushroom stew", "roast chicken", "lentil soup", "pizza",
         "omelettes", "bread and butter", "fruit salad", "chocolate cake", "pumpkin pie", "spicy tacos", "porridge",
         "blueberry muffins", "grilled corn", "cucumber salad", "onion soup", "fish stew", "waffles"]  # fmt: skip
DRINKS = ["tea", "coffee", "apple juice", "lemonade", "hot chocolate", "milk", "mint tea", "orange juice", "ginger tea",
          "cold water"]  # fmt: skip
FRUITS = ["apple", "pear", "plum", "orange", "banana", "peach", "lemon", "cherry", "grape", "mango", "melon", "apricot",
          "fig", "kiwi", "strawberry"]  # fmt: skip
VEGETABLES = ["carrot", "potato", "onion", "tomato", "cabbage", "pea", "bean", "pumpkin", "cucumber", "beet", "leek",
              "radish", "turnip", "pepper"]  # fmt: skip
ANIMALS = ["fox", "rabbit", "bear", "hedgehog", "squirrel", "owl", "mouse", "wolf", "deer", "badger", "frog", "turtle",
           "duck", "goose", "crow", "sparrow", "cat", "dog", "goat", "sheep", "pig", "hen", "horse", "donkey", "lion",
           "elephant", "monkey", "giraffe", "otter", "beaver", "mole", "bat", "snail", "bee", "ant", "spider",
           "butterfly", "lizard", "penguin", "seal", "whale", "dolphin", "camel", "zebra", "kangaroo", "swan"]  # fmt: skip
HOBBIES = {  # as in “I like …”: what goes with it
    "reading": "a good book", "painting": "bright colours", "hiking": "long paths in the hills", "cooking": "fresh herbs",
    "gardening": "planting seeds", "swimming": "the cold lake", "cycling": "riding along the river",
    "singing": "old songs", "dancing": "fast music", "fishing": "quiet mornings", "knitting": "warm wool",
    "playing chess": "thinking ahead", "playing the piano": "slow melodies", "playing the guitar": "songs by the fire",
    "drawing": "sketching birds", "baking": "the smell of warm bread", "running": "early mornings",
    "watching birds": "sitting very still", "watching the stars": "dark, clear nights", "collecting stones": "walks on the beach",
    "collecting stamps": "letters from far away", "writing poems": "finding the right word", "camping": "sleeping in a tent",
    "building model ships": "tiny sails and ropes", "playing football": "scoring goals", "sailing": "wind and waves",
    "making pottery": "soft clay", "skating": "smooth ice", "learning languages": "new words", "doing puzzles": "the last piece",
}  # fmt: skip
INSTRUMENTS = ["piano", "guitar", "violin", "flute", "drum", "trumpet", "harp", "cello", "accordion", "clarinet"]
SPORTS = [
    "football",
    "tennis",
    "basketball",
    "volleyball",
    "table tennis",
    "hockey",
    "rowing",
    "climbing",
    "judo",
    "badminton",
]
SEASONS = ["spring", "summer", "autumn", "winter"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December"]  # fmt: skip
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
FEARS = ["spiders", "thunder", "the dark", "deep water", "heights", "snakes", "big dogs", "getting lost", "loud noises",
         "flying"]  # fmt: skip
DREAMS = ["to see the sea", "to write a book", "to open a small café", "to sail around the world", "to learn the violin",
          "to live in the mountains", "to plant a whole forest", "to see the northern lights", "to build a house",
          "to travel by train through many countries", "to have a big garden", "to fly in a balloon"]  # fmt: skip
RELATIVES = ["mother", "father", "sister", "brother", "grandmother", "grandfather", "aunt", "uncle", "cousin"]

# Things that a person can carry, with adjectives that fit.
OBJECTS = {
    "ball": ["red", "round", "old"], "book": ["thick", "old", "new"], "key": ["small", "rusty", "golden"],
    "lamp": ["little", "bright", "old"], "cup": ["blue", "white", "broken"], "hat": ["green", "warm", "funny"],
    "coin": ["shiny", "silver", "old"], "box": ["wooden", "small", "heavy"], "letter": ["long", "secret", "short"],
    "map": ["old", "torn", "large"], "umbrella": ["black", "big", "yellow"], "bell": ["tiny", "loud", "brass"],
    "basket": ["full", "empty", "large"], "kite": ["red", "paper", "new"], "spoon": ["wooden", "silver", "long"],
    "blanket": ["soft", "warm", "blue"], "flute": ["wooden", "small", "old"], "stone": ["smooth", "grey", "round"],
    "feather": ["white", "long", "soft"], "button": ["shiny", "green", "lost"], "scarf": ["red", "long", "woollen"],
    "candle": ["short", "white", "burning"], "rope": ["strong", "long", "old"], "bottle": ["green", "empty", "glass"],
    "mirror": ["small", "round", "dusty"], "clock": ["old", "loud", "tall"], "pencil": ["blue", "short", "sharp"],
    "jar": ["honey", "big", "glass"], "ring": ["golden", "thin", "lost"], "shell": ["pink", "pretty", "tiny"],
    "bucket": ["metal", "full", "red"], "brush": ["soft", "wide", "new"], "bag": ["heavy", "brown", "small"],
    "boat": ["toy", "paper", "small"], "drum": ["small", "loud", "wooden"], "doll": ["old", "pretty", "wooden"],
}  # fmt: skip
PLACES = ["kitchen", "garden", "attic", "cellar", "library", "school", "market", "forest", "beach", "park", "barn",
          "bedroom", "hall", "workshop", "station", "shop", "bakery", "museum", "meadow", "bridge", "harbour", "church",
          "playground", "office"]  # fmt: skip
NATURE = [
    "forest",
    "meadow",
    "valley",
    "mountain",
    "river",
    "lake",
    "island",
    "desert",
    "jungle",
    "hill",
    "swamp",
    "cave",
]
WEATHER = ["sunny", "rainy", "windy", "foggy", "cold", "warm", "snowy", "cloudy", "stormy", "quiet"]
HOUSES = ["a little house with a red roof", "a cottage at the edge of the village", "a tall house by the river",
          "a flat above a bakery", "a wooden hut in the hills", "an old mill", "a boat on the canal",
          "a farmhouse with a big kitchen", "a room under the roof", "a stone house near the harbour"]  # fmt: skip
