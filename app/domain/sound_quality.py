"""What a figure of sound quality means to people (ITU-T G.107, annex B: bands of the E-model)."""

from __future__ import annotations

from enum import StrEnum


class SoundGrade(StrEnum):
    GOOD = "good"  # most are satisfied
    FAIR = "fair"  # some are not
    POOR = "poor"  # many are not: words get lost


def grade_of(mos: float) -> SoundGrade:
    """The band of a mean opinion score 1..4.5."""
    if mos >= 3.6:
        return SoundGrade.GOOD
    return SoundGrade.FAIR if mos >= 3.1 else SoundGrade.POOR
