"""Choice features: one document a choice (prompt, then choice); the head scores the first token of each."""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from mtl.data.features.example import UNKNOWN_GOLD, Encoded, Example, Shaping
from mtl.data.features.template import Template
from mtl.tasks.records import ChoiceRecord


def encode_choices(records: Sequence[ChoiceRecord], template: Template, shaping: Shaping) -> Encoded:
    """One example a record; a prompt that does not fit loses its front, the choice keeps all its tokens."""
    cuts: Counter[str] = Counter()
    room = shaping.max_length - template.pair_specials
    prompts = template.encode([record.prompt for record in records])
    choices = iter(template.encode([choice for record in records for choice in record.choices]))
    examples = []
    for record, prompt in zip(records, prompts, strict=True):
        documents = []
        for _ in record.choices:
            choice = next(choices)
            cuts["choices cut to max_length"] += len(choice) > room
            choice = choice[:room]
            prompt_room = room - len(choice)
            cuts["prompts cut at the front"] += len(prompt) > prompt_room
            documents.append(template.join(prompt[max(len(prompt) - prompt_room, 0) :], choice))
        starts = accumulate((len(document.tokens) for document in documents[:-1]), initial=0)
        gold = UNKNOWN_GOLD if record.label is None else record.label
        examples.append([Example(documents=tuple(documents), sites=tuple(starts), gold=(gold,))])
    return Encoded(examples=examples, cuts=cuts)
