"""Words and supertags come from the leaves of a derivation; a derivation that is not whole is refused."""

from pathlib import Path

import pytest

from mtl.data.formats.ccg_auto import read_ccg_auto
from mtl.errors import UserError

ID = "ID=wsj_0001.2 PARSER=GOLD NUMPARSE=1"
TREE = (
    "(<T S[dcl] 0 2> (<T S[dcl] 1 2> (<T NP 0 1> (<L N NNP NNP Ann N>) ) (<T S[dcl]\\NP 0 2> "
    "(<L (S[dcl]\\NP)/NP VBZ VBZ is (S[dcl]\\NP_87)/NP_88>) (<T NP 1 2 {join.01:ARG1}> "
    "(<L NP[nb]/N DT DT the NP[nb]_29/N_29>) (<L N NN NN a)b N {x.01:rel} [ARG0]>) ) ) ) (<L . . . . .>) )"
)


def write(folder: Path, *lines: str) -> Path:
    (folder / "a.auto").write_text("".join(f"{line}\n" for line in lines))
    return folder / "a.auto"


def test_the_leaves_give_words_and_tags(tmp_path: Path) -> None:
    ((number, row),) = read_ccg_auto(write(tmp_path, ID, TREE))
    assert number == 2
    assert row["id"] == "wsj_0001.2"
    assert row["words"] == ("Ann", "is", "the", "a)b", ".")
    assert row["tags"] == ("N", "(S[dcl]\\NP)/NP", "NP[nb]/N", "N", ".")
    assert row["pos"] == ("NNP", "VBZ", "DT", "NN", ".")


@pytest.mark.parametrize("cut", range(1, len(TREE) - 1, 7))
def test_a_derivation_that_is_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(UserError, match=r"a.auto:4: not a derivation; expected CCGbank's AUTO format"):
        list(read_ccg_auto(write(tmp_path, ID, TREE, ID, TREE[:cut])))


def test_a_leaf_with_a_field_too_few_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a.auto:2: not a derivation"):
        list(read_ccg_auto(write(tmp_path, ID, TREE.replace("NNP NNP Ann", "NNP Ann"))))


@pytest.mark.parametrize("lines", [(TREE,), (ID, TREE, TREE), ("Ann is the one .",)])
def test_a_derivation_without_its_id_is_refused(tmp_path: Path, lines: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match=rf"a.auto:{len(lines)}: no ID line stands before"):
        list(read_ccg_auto(write(tmp_path, *lines)))
