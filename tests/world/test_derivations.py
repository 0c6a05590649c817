"""Derivations are sound: a node follows from its parts, a sentence is one, and the format reads back."""

import re
from pathlib import Path

from mtl.data.formats.ccg_auto import read_ccg_auto
from mtl.world.derivations import Leaf, Node, Tree, draw_sentence, leaves, render
from mtl.world.dice import Dice

TREES = [draw_sentence(Dice("tree", i)) for i in range(400)]


def featureless(category: str) -> str:
    return re.sub(r"\[[a-z]+\]", "", category)


def bracketed(category: str) -> str:
    return f"({category})" if "/" in category or "\\" in category else category


def follows(node: Node) -> bool:
    """Whether a node is its parts put together, by the textbook: X/Y Y, or Y X\\Y, makes X; N makes NP."""
    if len(node.parts) == 1:
        return (node.category, node.parts[0].category) == ("NP", "N")
    left, right = (part.category for part in node.parts)
    if right == ".":
        return node.category == left
    whole = featureless(bracketed(node.category))
    forward = f"{whole}/{featureless(bracketed(right))}" == featureless(left)
    backward = f"{whole}\\{featureless(bracketed(left))}" == featureless(right)
    denied = (left, right) == ("(S[dcl]\\NP)/(S[b]\\NP)", "(S\\NP)\\(S\\NP)") and node.category == left
    return forward or backward or denied


def nodes(tree: Tree) -> list[Node]:
    return [] if isinstance(tree, Leaf) else [tree, *(node for part in tree.parts for node in nodes(part))]


def test_every_node_follows_from_its_parts() -> None:
    for tree in TREES:
        for node in nodes(tree):
            assert follows(node), render(node)
            assert node.head < len(node.parts)


def test_every_sentence_is_a_statement() -> None:
    assert {tree.category for tree in TREES} == {"S[dcl]"}


def test_no_mood_is_mixed_up() -> None:
    """`will` and `does` take a bare verb; a subject alone takes a finite one."""
    for tree in TREES:
        tags = [leaf.category for leaf in leaves(tree)]
        helpers = tags.count("(S[dcl]\\NP)/(S[b]\\NP)")
        assert helpers == sum(tag.startswith(("S[b]", "(S[b]")) for tag in tags)
        assert sum(tag.startswith(("S[dcl]", "(S[dcl]")) for tag in tags) == 1


def test_a_word_may_have_several_tags_as_its_neighbours_want() -> None:
    tags: dict[str, set[str]] = {}
    for tree in TREES:
        for leaf in leaves(tree):
            tags.setdefault(leaf.word, set()).add(leaf.category)
    assert tags["small"] == {"N/N", "S[adj]\\NP"}
    assert {"N", "N/N"} <= set.union(*(tags[name] for name in ("Anna", "Emil", "Noah", "Paul", "Sara")))
    assert len({tag for found in tags.values() for tag in found}) > 15


def test_the_rendered_tree_reads_back(tmp_path: Path) -> None:
    lines = [f"ID=x.{i} PARSER=GOLD NUMPARSE=1\n{render(tree)}\n" for i, tree in enumerate(TREES)]
    (tmp_path / "a.auto").write_text("".join(lines))
    rows = [row for _, row in read_ccg_auto(tmp_path / "a.auto")]
    assert [row["words"] for row in rows] == [tuple(leaf.word for leaf in leaves(tree)) for tree in TREES]
    assert [row["tags"] for row in rows] == [tuple(leaf.category for leaf in leaves(tree)) for tree in TREES]
