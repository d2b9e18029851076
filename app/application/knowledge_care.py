"""Who cares for the knowledge base, and what it lacks (K2: property 33, 35): a port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.missed_questions import Decision, MissedQuestion
from app.domain.profile import Profile


@dataclass(frozen=True)
class MissedInCall:
    """A question as it stands in the journal, with the caller's name, by which it is masked before it is shown."""

    question: MissedQuestion
    caller: str


@dataclass(frozen=True)
class UnitReview:
    """Somebody has looked a unit's whole part through."""

    unit: str
    by: str
    at: datetime


class KnowledgeCare(Protocol):
    """Unavailable when the database cannot be reached."""

    def missed(self, since: datetime) -> Sequence[MissedInCall]:
        """The questions that no article answered, the newest first, so many as are looked at."""

    def decisions(self, profile: str) -> Sequence[Decision]:
        """By time."""

    def decide(self, profile: str, decision: Decision) -> None: ...

    def owners(self, profile: str) -> Mapping[str, str]:
        """Unit to the login of who answers for its part; a unit without one is not in it."""

    def set_owner(self, profile: str, unit: str, login: str) -> None:
        """`login` "" takes the owner away."""

    def unit_reviews(self, profile: str) -> Mapping[str, UnitReview]:
        """Of each unit the last one."""

    def review_unit(self, profile: Profile, unit: str, *, by: str, at: datetime) -> int:
        """All articles of the unit count as reviewed at `at`, each with a version of its own; how many. Refused
        (`changed_meanwhile`) when somebody else has changed one at the same moment."""
