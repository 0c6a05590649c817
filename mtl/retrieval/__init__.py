"""Sentence embeddings, nearest neighbours and mining."""
