"""Customs: what everybody in the world knows: what is done where, what comes of what, where things are."""

from collections.abc import Mapping

ACTIVITIES: Mapping[str, tuple[str, ...]] = {
    "kitchen": (
        "cuts the carrots and boils them in a pot.",
        "takes a pan and fries two eggs.",
        "bakes a cake.",
    ),
    "garden": ("digs a hole and plants a tree.", "waters the flowers.", "cuts the grass."),
    "library": (
        "takes a book from the shelf and reads.",
        "looks for a novel.",
        "reads a newspaper in silence.",
    ),
    "pool": ("jumps into the water and swims.", "dives to the bottom.", "swims to the other side."),
    "school": (
        "writes on the blackboard.",
        "does sums with the class.",
        "raises a hand and answers the teacher.",
    ),
    "station": (
        "buys a ticket and waits for the train.",
        "gets on the train.",
        "looks for the right platform.",
    ),
    "garage": ("changes the wheel of the car.", "fills the engine with oil.", "repairs the brakes."),
    "theatre": ("takes a seat and watches the play.", "claps when the curtain falls.", "bows on the stage."),
    "bathroom": ("brushes the teeth.", "takes a shower.", "washes both hands with soap."),
    "market": ("buys a bag of apples.", "asks for the price of the fish.", "pays for the vegetables."),
    "beach": ("builds a castle of sand.", "lies in the sun.", "collects shells by the sea."),
    "farm": ("milks the cows.", "feeds the hens.", "drives the tractor over the field."),
}
"""What people do where: the endings of a scene."""

OUTCOMES: Mapping[str, tuple[str, str, str]] = {
    "tired": ("has not slept for two days", "worked all night without a rest", "will go to bed early ."),
    "hungry": ("has not eaten since yesterday", "missed both breakfast and lunch", "will have a big meal ."),
    "thirsty": (
        "walked through the desert without water",
        "has a very dry mouth",
        "will drink a glass of water .",
    ),
    "cold": ("stands in the snow without a coat", "is shaking in the icy wind", "will put on warm clothes ."),
    "lost": (
        "does not know the way home",
        "took a wrong turn in a strange town",
        "will ask somebody for the way .",
    ),
    "ill": ("has had a fever for three days", "coughs the whole day", "will see a doctor ."),
    "dirty": ("fell into the mud", "is covered with dust and paint", "will take a bath ."),
    "late": ("woke up an hour after the alarm", "missed the first bus to work", "will hurry to the office ."),
    "poor": ("has no money left in the bank", "cannot pay the rent", "will look for a better job ."),
    "lonely": ("has not talked to anybody for weeks", "misses all old friends", "will call a friend ."),
    "proud": (
        "won the first prize",
        "passed the hardest exam of all",
        "will tell the family the good news .",
    ),
    "bored": ("has nothing to do all day", "has seen every film at home", "will start a new hobby ."),
}
"""Two ways to describe how somebody feels, and what comes of it."""

PLACES: Mapping[str, tuple[str, ...]] = {
    "cupboard": ("cup", "plate", "bowl", "saucer"),
    "drawer": ("spoon", "fork", "knife", "napkin"),
    "toolbox": ("hammer", "saw", "screwdriver", "wrench"),
    "wardrobe": ("coat", "shirt", "dress", "jacket"),
    "bookshelf": ("novel", "dictionary", "atlas", "encyclopedia"),
    "fridge": ("milk", "butter", "yoghurt", "cream"),
    "stable": ("horse", "saddle", "pony", "donkey"),
    "harbour": ("ship", "anchor", "ferry", "sailboat"),
    "bathroom": ("toothbrush", "soap", "towel", "shampoo"),
    "garden": ("rose", "tulip", "hedge", "lawn"),
    "classroom": ("blackboard", "chalk", "pupil", "teacher"),
    "hospital": ("nurse", "surgeon", "patient", "stretcher"),
    "airport": ("plane", "pilot", "runway", "suitcase"),
    "wallet": ("coin", "banknote", "ticket", "receipt"),
    "orchestra": ("violin", "trumpet", "drum", "cello"),
}
"""Where things are found, always."""
