"""All tables of a study, in the order in which its files hold them."""

from mtl.report.tables import Table
from mtl.study.analysis import Analysis
from mtl.study.leakage import Leakage
from mtl.study.page.closeness import closeness_table
from mtl.study.page.comparison_groups import comparison_groups
from mtl.study.page.comparisons import comparisons_table, whole_of
from mtl.study.page.curves import curves_table
from mtl.study.page.design import cost_table, design_table
from mtl.study.page.effects import effects_table
from mtl.study.page.interactions import interactions_table
from mtl.study.page.leakage import leakage_table
from mtl.study.page.scores import averages_table, has_averages, language_table, scores_table
from mtl.study.page.sources import has_sources, sources_table
from mtl.study.page.spread import spread_table
from mtl.study.results import StudyResults


def all_tables(results: StudyResults, analysis: Analysis, leakage: Leakage) -> list[Table]:
    """What a paper may want."""
    whole = whole_of(results)
    return [
        design_table(results),
        scores_table(results),
        *([averages_table(results)] if has_averages(results) else []),
        *(language_table(results, target) for target in results.languages),
        *([sources_table(results)] if has_sources(results) else []),
        *([closeness_table(analysis.closeness)] if analysis.closeness else []),
        *([spread_table(analysis.spreads)] if analysis.spreads else []),
        *(
            comparisons_table(group.name, group.title, group.findings, whole)
            for group in comparison_groups(analysis)
        ),
        *([interactions_table(analysis.interactions)] if analysis.interactions else []),
        *([curves_table(analysis.curves)] if analysis.curves else []),
        *([effects_table(analysis.effects)] if analysis.effects else []),
        leakage_table(leakage),
        cost_table(results),
    ]
