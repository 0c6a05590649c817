"""Tables, plots and pages, read from a run's files alone."""
