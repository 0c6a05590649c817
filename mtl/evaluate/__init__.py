"""From a model's scores to answers, metrics, benchmark tables and submissions."""
