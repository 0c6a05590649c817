"""The model: one encoder of a public checkpoint's shape, one head a task, and attention over flat strips."""
