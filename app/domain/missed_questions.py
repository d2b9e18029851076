"""Questions that no article answered, gathered by likeness: what the knowledge base lacks (K2: property 33, 35).

A group is led by its first question; one that shares enough of its meaningful words, in any of their forms, joins
it. What was decided leads groups of its own, so that a decision holds for all that is asked in this way later.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.domain.cues import words_of
from app.domain.search_words import STOP_WORDS

ALIKE = 0.5
"""Questions that share half of their words are one question (Jaccard)."""
MOST_WORDS = 12
LONGEST_KEY = 300
REMEMBERED = 10_000

NormalForm = Callable[[str], str]


@dataclass(frozen=True)
class MissedQuestion:
    """`asked` in a call, without personal data; `unit` and `topic` are the call's, "" when unknown."""

    asked: str
    call: str
    at: datetime
    unit: str = ""
    topic: str = ""


@dataclass(frozen=True)
class Decision:
    """A group was closed, or opened again, by whom, when and why; `asked` is how it was put then."""

    key: str
    closed: bool
    reason: str
    by: str
    at: datetime
    asked: str = ""


@dataclass(frozen=True)
class QuestionGroup:
    """Questions that are alike, the oldest first; `closed` when somebody has decided that none is to be written."""

    key: str
    questions: tuple[MissedQuestion, ...]
    closed: Decision | None = None

    @property
    def asked(self) -> str:
        """As it was put last."""
        return self.questions[-1].asked if self.questions else self.closed.asked if self.closed else self.key

    @property
    def last(self) -> datetime | None:
        return self.questions[-1].at if self.questions else None

    @property
    def wordings(self) -> tuple[str, ...]:
        """How it was put, the newest first, each once."""
        return tuple(dict.fromkeys(one.asked for one in reversed(self.questions)))

    @property
    def calls(self) -> tuple[str, ...]:
        """The newest first, each once."""
        return tuple(dict.fromkeys(one.call for one in reversed(self.questions)))

    @property
    def unit(self) -> str:
        """Of most of its calls."""
        return _most(one.unit for one in self.questions)

    @property
    def topic(self) -> str:
        return _most(one.topic for one in self.questions)

    @property
    def since_closed(self) -> int:
        """How often it was asked after it had been closed."""
        return sum(one.at > self.closed.at for one in self.questions) if self.closed else 0


@lru_cache(maxsize=REMEMBERED)
def key_of(asked: str, normal: NormalForm) -> str:
    """The meaningful words of a question in their normal forms, in order of the alphabet."""
    words = words_of(asked)
    telling = [word for word in words if word not in STOP_WORDS and not word.isdigit()]
    forms = dict.fromkeys(normal(word) for word in telling or words)
    return " ".join(sorted(list(forms)[:MOST_WORDS]))[:LONGEST_KEY]


def grouped(
    missed: Iterable[MissedQuestion], decisions: Sequence[Decision], normal: NormalForm
) -> tuple[QuestionGroup, ...]:
    """The groups, the most asked first, then the last asked. The last decision about a key holds."""
    latest = {one.key: one for one in sorted(decisions, key=lambda one: one.at)}
    leaders = _Leaders(latest)
    members: dict[str, list[MissedQuestion]] = {key: [] for key in latest}
    for one in sorted(missed, key=lambda one: one.at):
        key = key_of(one.asked, normal)
        if key:
            members.setdefault(leaders.of(key), []).append(one)
    groups = []
    for key, questions in members.items():
        decision = latest.get(key)
        closed = decision if decision and decision.closed else None
        if questions or closed:
            groups.append(QuestionGroup(key, tuple(questions), closed))
    return tuple(sorted(groups, key=_rank))


def within(group: QuestionGroup, day_from: date, day_to: date, zone: ZoneInfo) -> QuestionGroup:
    """What of the group was asked in these days, both inclusive."""
    asked = (one for one in group.questions if day_from <= one.at.astimezone(zone).date() <= day_to)
    return QuestionGroup(group.key, tuple(asked), group.closed)


class _Leaders:
    """The keys that lead groups, found by their words."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._words: dict[str, frozenset[str]] = {}
        self._with: dict[str, list[str]] = defaultdict(list)
        for key in keys:
            self._lead(key)

    def of(self, key: str) -> str:
        """The leader that is most alike, or the key itself, which then leads."""
        words = frozenset(key.split())
        shared = Counter(leader for word in words for leader in self._with[word])
        best = max(shared, key=lambda one: self._likeness(words, one, shared[one]), default="")
        if best and self._likeness(words, best, shared[best]) >= ALIKE:
            return best
        self._lead(key)
        return key

    def _likeness(self, words: frozenset[str], leader: str, shared: int) -> float:
        return shared / (len(words) + len(self._words[leader]) - shared)

    def _lead(self, key: str) -> None:
        self._words[key] = frozenset(key.split())
        for word in sorted(self._words[key]):
            self._with[word].append(key)


def _most(values: Iterable[str]) -> str:
    counted = Counter(value for value in values if value)
    return counted.most_common(1)[0][0] if counted else ""


def _rank(group: QuestionGroup) -> tuple[int, float]:
    return -len(group.questions), -(group.last.timestamp() if group.last else 0.0)
