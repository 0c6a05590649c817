"""Groups hold every pair once, as evenly as can be, in an order that a key decides, and never those of two files."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mtl.data.groups import group_pairs, group_sizes
from mtl.data.records import Located
from mtl.tasks.records import EmbedRecord, GroupRecord


def pairs(*files: int) -> list[Located]:
    """So many pairs in each file."""
    return [
        Located(EmbedRecord(id=f"{file}-{row}", query="q", candidate="c", key=""), f"file{file}:{row}")
        for file, count in enumerate(files)
        for row in range(count)
    ]


def ids(groups: list[Located]) -> list[tuple[str, ...]]:
    records = [one.record for one in groups]
    return [tuple(pair.id for pair in record.pairs) for record in records if isinstance(record, GroupRecord)]


@given(count=st.integers(1, 300), size=st.integers(2, 20))
def test_groups_are_as_few_and_as_even_as_can_be_and_nobody_is_alone(count: int, size: int) -> None:
    sizes = group_sizes(count, size)
    assert sum(sizes) == count
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) >= 2 or count == 1
    assert max(sizes) <= size or (size == 2 and max(sizes) == 3)
    if size > 2:
        assert len(sizes) == -(-count // size) or count == 1


@given(files=st.lists(st.integers(1, 40), min_size=1, max_size=3), size=st.integers(2, 6))
def test_every_pair_is_in_one_group_and_no_group_has_two_files(files: list[int], size: int) -> None:
    rows = pairs(*files)
    groups = list(group_pairs(iter(rows), size))
    members = ids(groups)
    assert sorted(one for group in members for one in group) == sorted(one.record.id for one in rows)
    assert all(len({one.split("-")[0] for one in group}) == 1 for group in members)
    assert [one.where.split(":")[0] for one in groups] == sorted(one.where.split(":")[0] for one in groups)


def test_no_group_has_two_languages_of_a_file() -> None:
    rows = [replace(one, language="fi" if place < 3 else None) for place, one in enumerate(pairs(9))]
    groups = list(group_pairs(iter(rows), 4))
    assert [(one.language, len(own)) for one, own in zip(groups, ids(groups), strict=True)] == [
        ("fi", 3),
        (None, 3),
        (None, 3),
    ]


def test_neighbours_in_the_file_are_parted_the_same_way_every_time() -> None:
    first, again = (ids(list(group_pairs(iter(pairs(40)), 4))) for _ in range(2))
    assert first == again
    rows = [[int(one.split("-")[1]) for one in group] for group in first]
    assert sum(b - a == 1 for group in rows for a, b in zip(group, group[1:], strict=False)) < 10


def test_a_group_stands_where_its_first_pair_stands() -> None:
    for group in group_pairs(iter(pairs(9)), 3):
        assert isinstance(group.record, GroupRecord)
        assert group.where == f"file0:{group.record.pairs[0].id.split('-')[1]}"
