"""The answer of a study, as a page, as tables for papers, and as numbers for programs."""
