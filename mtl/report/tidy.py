"""All numbers as CSV, one a line, for whatever comes next."""

import csv
from io import StringIO

from mtl.report.results import Results

HEADER = ("arm", "seed", "task", "language", "metric", "percent")


def render(results: Results) -> str:
    """Every number of every seed, unrounded; the language `avg` is the mean over languages."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for arm, seeds in results.arms.items():
        for seed, scores in seeds.items():
            for task, by_language in scores.items():
                for language, numbers in by_language.items():
                    for metric, value in numbers.items():
                        writer.writerow((arm, seed, task, language, metric, repr(value)))
    return text.getvalue()
