"""The built-in world: rows of every task in the published formats, so that nothing need be fetched."""
