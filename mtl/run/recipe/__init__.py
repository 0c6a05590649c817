"""The recipe: one YAML file that says everything about a run, typed and checked before anything starts."""
