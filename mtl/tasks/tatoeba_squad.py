"""Tatoeba as XTREME-R has it: searched with an encoder that was fine-tuned on SQuAD before."""

from dataclasses import replace

from mtl.tasks.tatoeba import TASK as TATOEBA

TASK = replace(TATOEBA, name="tatoeba_squad", train_on="squad_v1")
