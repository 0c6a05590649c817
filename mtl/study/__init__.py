"""Experiments as files: arms, one graph of phases, statistics."""
