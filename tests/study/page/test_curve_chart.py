"""A learning curve looks in every chart as the key says."""

import re

from mtl.report.markup import join
from mtl.study.curves import LearningCurve
from mtl.study.page.curves import curves_section


def curve(name: str, where: str) -> LearningCurve:
    return LearningCurve(
        name=name,
        where=where,
        labels=("few", "many"),
        sizes=(10, 20),
        targets=(where,),
        seeds=(0,),
        scores=((50.0,), (60.0,)),
        base=None,
        evidence=None,
        law=None,
    )


def test_a_curve_that_other_charts_lack_keeps_its_style() -> None:
    curves = [curve("mnli", "xnli"), curve("squad", "xnli"), curve("squad", "xquad")]
    page = join(curves_section(curves))
    keys = dict(
        (name, style)
        for style, name in re.findall(r'<line [^>]*class="(line s[^"]+)"></line></svg>([^<]+)</li>', page)
    )
    drawn = re.findall(r'<path [^>]*class="(line s[^"]+)"><title>([^<]+)</title>', page)
    assert len(keys) == len(set(keys.values())) == 2 and len(drawn) == 3
    assert all(keys[name] == style for style, name in drawn)
