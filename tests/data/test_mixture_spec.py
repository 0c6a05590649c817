"""A recipe's words about the mixture become shares, floors and limits, or one line of complaint."""

import math

import pytest

from mtl.data.mixture_spec import MixtureSpec, TaskSize, base_shares, check_names, least_units, most_units
from mtl.errors import UserError


def sizes(**records):
    return [TaskSize(name=name, num_records=n, num_examples=n) for name, n in records.items()]


NINE = sizes(
    anli=1_104_934, mnli=392_702, qqp=363_846, squad_v2=130_319, squad_v1=87_599,
    hellaswag=39_905, ccg=38_015, cosmosqa=25_588, commonsenseqa=9_741,
)  # fmt: skip


def test_the_nine_tasks_have_the_shares_of_the_protocol_with_its_cap_and_without():
    capped = base_shares(NINE, MixtureSpec(cap=2**17), temperature=1.0)
    plain = base_shares(NINE, MixtureSpec(), temperature=1.0)
    assert [round(p, 4) for p in capped] == [
        0.1809, 0.1809, 0.1809, 0.1799, 0.1209, 0.0551, 0.0525, 0.0353, 0.0134
    ]  # fmt: skip
    assert [round(p, 3) for p in plain] == [0.504, 0.179, 0.166, 0.059, 0.040, 0.018, 0.017, 0.012, 0.004]


@pytest.mark.parametrize(
    ("temperature", "cap", "expected"),
    [
        (1.0, None, [1 / 5, 4 / 5]),
        (2.0, None, [1 / 3, 2 / 3]),
        (2.0, 225, [2 / 5, 3 / 5]),
        (math.inf, None, [0.5, 0.5]),
    ],
)
def test_shares_follow_capped_sizes_and_temperature(temperature, cap, expected):
    assert base_shares(sizes(a=100, b=400), MixtureSpec(cap=cap), temperature=temperature) == pytest.approx(
        expected
    )


def test_shares_count_records_while_floors_and_limits_count_examples():
    long = TaskSize(name="long", num_records=100, num_examples=250)
    both = [long, *sizes(short=100)]
    spec = MixtureSpec(min_epochs={"long": 0.5}, max_epochs=2.0)
    assert base_shares(both, spec, temperature=1.0) == [0.5, 0.5]
    assert base_shares(both, MixtureSpec(cap=150), temperature=1.0) == [0.5, 0.5]
    assert least_units(both, spec, unit=1) == [125, 0]
    assert most_units(both, spec, unit=1) == [500, 200]


def test_fixed_weights_replace_sizes():
    spec = MixtureSpec(weights={"a": 3, "b": 1})
    assert base_shares(sizes(a=1, b=10**6), spec, temperature=1.0) == [0.75, 0.25]


def test_floors_round_up_and_limits_round_down_from_the_number_as_written():
    spec = MixtureSpec(min_epochs={"a": 0.07}, max_epochs={"a": 0.29})
    assert least_units(sizes(a=100), spec, unit=1) == [7]
    assert most_units(sizes(a=100), spec, unit=1) == [29]
    assert least_units(sizes(a=100), spec, unit=4) == [2]
    assert most_units(sizes(a=100, b=5), spec, unit=4) == [7, math.inf]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"temperature": 0}, "mixture.temperature: 0 must be above 0"),
        ({"temperature": -1.0}, "mixture.temperature: -1.0 must be above 0"),
        ({"temperature": math.nan}, "mixture.temperature: nan must be above 0"),
        ({"temperature": ()}, "mixture.temperature: () must be above 0"),
        ({"temperature": ((0, 2.0), (100, 0.0))}, "must be above 0"),
        ({"temperature": ((0, math.inf), (100, 1.0))}, "use a large number"),
        ({"temperature": ((100, 2.0), (0, 1.0))}, "put its points in order"),
        ({"temperature": ((5, 2.0), (5, 1.0))}, "put its points in order"),
        ({"cap": 0}, "mixture.cap: 0 must be at least 1"),
        ({"block_steps": 0}, "mixture.block: 0 must be at least 1"),
        ({"weights": {"a": 1.0}, "cap": 5}, "mixture.weights: they replace cap and temperature"),
        ({"weights": {"a": 1.0}, "temperature": 2.0}, "mixture.weights: they replace cap and temperature"),
    ],
)
def test_senseless_settings_are_refused(settings, words):
    with pytest.raises(UserError) as caught:
        MixtureSpec(**settings)
    assert words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"min_epochs": {"mnly": 1}}, "mixture.min_epochs: unknown task 'mnly'; did you mean mnli?"),
        ({"max_epochs": {"mnly": 1}}, "mixture.max_epochs: unknown task 'mnly'"),
        ({"weights": {"mnli": 1, "qpq": 1}}, "mixture.weights: unknown task 'qpq'; did you mean qqp?"),
        ({"weights": {"mnli": 1}}, "mixture.weights: no weight for qqp"),
        ({"weights": {"mnli": 1, "qqp": 0}}, "mixture.weights.qqp: 0 must be above zero"),
        (
            {"weights": {"mnli": 1, "qqp": 1e308}},
            "mixture.weights.qqp: 1e+308 must be above zero, and 1e+12 at most",
        ),
        ({"weights": {"mnli": 1, "qqp": math.nan}}, "mixture.weights.qqp: nan must be"),
        ({"weights": {"mnli": 1, "qqp": math.inf}}, "mixture.weights.qqp: inf must be"),
        ({"weights": {"mnli": 1, "qqp": 1e-40}}, "qqp has a share of 1e-40 and would never be drawn"),
        ({"temperature": 0.01}, "qqp has a share of 0 and would never be drawn"),
        ({"min_epochs": {"qqp": -1}}, "mixture.min_epochs: -1 must be a finite number"),
        ({"min_epochs": {"qqp": math.inf}}, "mixture.min_epochs: inf must be a finite number"),
        ({"max_epochs": -1}, "mixture.max_epochs: -1 must be a finite number"),
        ({"max_epochs": math.nan}, "mixture.max_epochs: nan must be a finite number"),
        ({"max_epochs": {"qqp": 0.05}}, "0.05 epochs of the 10 examples of qqp are less than one draw of 1"),
    ],
)
def test_settings_that_do_not_fit_the_tasks_are_refused(settings, words):
    tasks, spec = sizes(mnli=10**6, qqp=10), MixtureSpec(**settings)
    with pytest.raises(UserError) as caught:
        check_names(tasks, spec)
        base_shares(tasks, spec, temperature=spec.schedule[0][1])
        least_units(tasks, spec, unit=1)
        most_units(tasks, spec, unit=1)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_mixture_without_tasks_or_a_task_without_examples_is_refused():
    with pytest.raises(UserError, match="the mixture has no task"):
        check_names([], MixtureSpec())
    with pytest.raises(UserError, match="qqp has no training example"):
        check_names(sizes(mnli=10, qqp=0), MixtureSpec())
