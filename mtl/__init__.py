"""A multi-head multilingual encoder: trained on many tasks, fine-tuned per target, scored zero-shot."""
