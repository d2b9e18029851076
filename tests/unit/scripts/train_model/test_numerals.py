"""Numbers as they are said, in cases and genders."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.train_model.numerals import cardinal, counted, in_groups, ordinal, telephone


@pytest.mark.parametrize(
    ("number", "case", "gender", "said"),
    [
        (0, "nomn", "masc", "ноль"),
        (2, "nomn", "femn", "две"),
        (21, "accs", "femn", "двадцать одну"),
        (40, "gent", "masc", "сорока"),
        (2541, "gent", "masc", "двух тысяч пятисот сорока одного"),
        (1000, "ablt", "masc", "тысячей"),
        (317, "loct", "masc", "трёхстах семнадцати"),
        (1_002_000, "nomn", "masc", "миллион две тысячи"),
    ],
)
def test_cardinals(number: int, case: str, gender: str, said: str) -> None:
    assert " ".join(cardinal(number, case, gender)) == said


@pytest.mark.parametrize(
    ("number", "case", "gender", "said"),
    [
        (3, "gent", "neut", "третьего"),
        (23, "nomn", "neut", "двадцать третье"),
        (2024, "loct", "masc", "две тысячи двадцать четвёртом"),
        (2000, "gent", "masc", "двухтысячного"),
        (500, "nomn", "masc", "пятисотый"),
        (40, "loct", "femn", "сороковой"),
    ],
)
def test_ordinals(number: int, case: str, gender: str, said: str) -> None:
    assert " ".join(ordinal(number, case, gender)) == said


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="not said"):
        cardinal(1_000_000_000)
    with pytest.raises(ValueError, match="not said"):
        ordinal(10_000)


def test_nouns_follow_their_number() -> None:
    assert [counted(n, "рубль") for n in (1, 2, 5, 11, 21, 112)] == [
        *("рубль", "рубля", "рублей", "рублей", "рубль", "рублей")
    ]
    assert counted(3, "день", "ablt") == "днями"


def test_groups_keep_their_zeros() -> None:
    assert " ".join(in_groups("9138005", (3, 2, 2))) == "девятьсот тринадцать восемьдесят ноль пять"
    assert " ".join(in_groups("00", (2,))) == "ноль ноль"


def test_a_telephone_number_is_the_same_in_every_manner() -> None:
    rng = np.random.default_rng(1)
    said = {" ".join(telephone("89138251476", rng)) for _ in range(30)}
    assert len(said) > 2
    assert all(text.startswith("восемь девят") for text in said)
