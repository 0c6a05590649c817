"""Augmentation on text, before the store: copies of training records with words of other languages."""
