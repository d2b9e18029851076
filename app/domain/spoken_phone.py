"""A telephone number as Russians say it, in digits: «восемь девятьсот тринадцать двести сорок пять шестьдесят семь
ноль восемь» is +79132456708 (L1, L11).

The same words can mean several numbers: «двадцать один» is 21, or 20 and 1. All readings are made; those stay that
can be called in Russia, the likeliest first: words that belong together are taken together, groups fall where a
number is parted (8, 3, 3, 2, 2). What is proposed is read back to the caller in any case.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count

from app.domain.errors import BadInput
from app.domain.numeral_words import Kind, Piece, Rank, pieces_of
from app.domain.phone_numbers import to_e164

MOST_DIGITS = 11
WHOLE, NATIONAL = 11, 10
LOCAL = {7: 3, 6: 4, 5: 5}
"""Digits of a town's number, and how many of the area code go before them."""
CUTS = {WHOLE: {1, 4, 7, 9}, NATIONAL: {3, 6, 8}, 7: {3, 5}, 6: {2, 4}, 5: {1, 3}}
"""Where the groups of a number begin as it is commonly said."""
MOST_PIECES = 60
"""Words beyond them are not looked at; a number said twice has half of it."""
FEWEST_TWICE, NUMERALS_OF_ONE = 8, 16
"""A number is said in at most so many words, mostly; with more, something was said twice."""
MOST_STEPS, MOST_STEPS_OF_MANY, MOST_STEPS_OF_A_HALF, MOST_CHECKED = 4000, 600, 60, 200
"""What keeps the search short, whatever was heard (50 ms at most, measured)."""
APART, APART_ELSEWHERE, TOGETHER_OVER_A_PAUSE = 1.0, 2.0, 0.5
REPEATED, CORRECTED, ACROSS, WITHOUT_EIGHT, COMPLETED = 1.5, 0.5, 0.3, 0.5, 2.0
"""How unlikely each step makes a reading: «двести тридцать» as 200 and 30 in one breath, where numbers part or
elsewhere; a group over a pause, said twice, corrected, or lying across a place where numbers are parted; ..."""
LIKELY_ENOUGH, SURE = 2.2, 0.9
"""Costs up to which a number is proposed for reading back, and without asking."""


@dataclass(frozen=True)
class Reading:
    """A number that was perhaps said. `digits` are those that were said, `number` is E.164; the lower the `cost`,
    the likelier."""

    number: str
    digits: str
    cost: float

    @property
    def whole(self) -> bool:
        """With the 8 or +7: nothing can follow."""
        return len(self.digits) == WHOLE

    @property
    def local(self) -> bool:
        """A town's number, completed with the area code."""
        return len(self.digits) in LOCAL

    @property
    def sure(self) -> bool:
        """Nothing was taken apart, completed or corrected much: it may be proposed without reading it back."""
        return self.cost <= SURE


@dataclass(frozen=True)
class _Walk:
    """A reading on its way: the groups so far, and after how many digits words were taken apart."""

    groups: tuple[str, ...] = ()
    cost: float = 0.0
    apart: tuple[int, ...] = ()

    @property
    def digits(self) -> str:
        return "".join(self.groups)


def readings(said: str, home: str = "") -> tuple[Reading, ...]:
    """All numbers that `said` can mean, the likeliest first; empty when it means none.

    «,» in `said` is a pause. `home` is a number of the body (E.164), whose area code completes a town's number."""
    pieces = pieces_of(said)[:MOST_PIECES]
    # Who begins anew means the later one; a later one that is no number leaves the earlier.
    for attempt in reversed(_parted(pieces, Kind.AGAIN)):
        runs = [_valid(run, home) for run in _parted(attempt, Kind.OTHER)]
        found = [readings_of_run for readings_of_run in runs if readings_of_run]
        if found:
            return found[-1]
    return ()


@lru_cache(maxsize=512)
def understood(said: str, home: str = "") -> Reading | None:
    """The likeliest number, or None when there is none, or none that is likely enough to be proposed."""
    likeliest = next(iter(readings(said, home)), None)
    return likeliest if likeliest and likeliest.cost <= LIKELY_ENOUGH else None


def with_pauses(words: Iterable[tuple[str, float, float]], pause_s: float = 0.35) -> str:
    """Recognised words, each with its beginning and end in seconds, as `readings` takes them."""
    text: list[str] = []
    ended: float | None = None
    for word, start_s, end_s in words:
        if ended is not None and start_s - ended >= pause_s:
            text.append(",")
        text.append(word)
        ended = end_s
    return " ".join(text)


def has_numerals(said: str, at_least: int = 1) -> bool:
    return sum(piece.kind in (Kind.NUMERAL, Kind.REPEATED) for piece in pieces_of(said)) >= at_least


def _parted(pieces: Sequence[Piece], kind: Kind) -> list[list[Piece]]:
    parts: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece.kind is kind:
            parts.append([])
        else:
            parts[-1].append(piece)
    return [part for part in parts if part]


def _valid(pieces: list[Piece], home: str) -> tuple[Reading, ...]:
    numerals = len(_numerals(pieces, 0, len(pieces)))
    if numerals <= NUMERALS_OF_ONE:
        return _readings_of(pieces, home, MOST_STEPS) or _said_twice(pieces, home)
    return _said_twice(pieces, home) or _readings_of(pieces, home, MOST_STEPS_OF_MANY)


def _said_twice(pieces: list[Piece], home: str) -> tuple[Reading, ...]:
    """The same number once more in other words: «…сорок пять …, четыре пять …»."""
    if len(_numerals(pieces, 0, len(pieces))) < FEWEST_TWICE:
        return ()
    for middle in range(len(pieces) // 3, len(pieces) * 2 // 3 + 1):
        first = _readings_of(pieces[:middle], home, MOST_STEPS_OF_A_HALF)
        if not first:
            continue
        again = {reading.number for reading in _readings_of(pieces[middle:], home, MOST_STEPS_OF_A_HALF)}
        both = tuple(reading for reading in first if reading.number in again)
        if both:
            return both
    return ()


def _readings_of(pieces: list[Piece], home: str, most_steps: int) -> tuple[Reading, ...]:
    plus = any(piece.kind is Kind.PLUS for piece in pieces)
    plain = [piece for piece in pieces if piece.kind is not Kind.PLUS]
    cheapest: dict[str, float] = {}
    for walk in _walks(plain, most_steps):
        digits = walk.digits
        cost = walk.cost + _ill_parted(walk)
        if _possible(digits, plus=plus, home=home):
            cheapest[digits] = min(cost, cheapest.get(digits, cost))
    likely = sorted(cheapest.items(), key=lambda item: item[1])[:MOST_CHECKED]
    made = [reading for digits, cost in likely if (reading := _reading(digits, cost, home))]
    by_number: dict[str, Reading] = {}
    for reading in sorted(made, key=lambda one: one.cost):
        by_number.setdefault(reading.number, reading)
    return tuple(by_number.values())


def _possible(digits: str, *, plus: bool, home: str) -> bool:
    if len(digits) == WHOLE:
        return digits[0] == "7" if plus else digits[0] in "78"
    if plus:
        return False
    # The plan of numbers: 3, 4 and 8 begin area codes, 9 a mobile one.
    return (len(digits) == NATIONAL and digits[0] in "3489") or (bool(home) and len(digits) in LOCAL)


def _reading(digits: str, cost: float, home: str) -> Reading | None:
    national = digits[-NATIONAL:]
    if len(digits) == NATIONAL:
        cost += WITHOUT_EIGHT
    elif len(digits) in LOCAL:
        code = home[2 : 2 + LOCAL[len(digits)]] if home.startswith(("+73", "+74", "+78")) else ""
        national, cost = code + digits, cost + COMPLETED
    try:
        return Reading(to_e164(f"+7{national}"), digits, round(cost, 2))
    except BadInput:
        return None


def _ill_parted(walk: _Walk) -> float:
    """Groups that lie across a place where a number is commonly parted, and words taken apart elsewhere."""
    cuts = CUTS.get(len(walk.digits), set())
    cost, at = 0.0, 0
    for group in walk.groups:
        cost += ACROSS * sum(at < cut < at + len(group) for cut in cuts)
        at += len(group)
    return cost + (APART_ELSEWHERE - APART) * sum(place not in cuts for place in walk.apart)


# --- from words to digits ------------------------------------------------------------------------------------


def _walks(pieces: list[Piece], most_steps: int) -> Iterator[_Walk]:
    """The ways of reading the pieces, the cheapest first, as far as so many steps lead."""
    order = count()
    ahead = [(0.0, next(order), 0, _Walk())]
    for _ in range(most_steps):
        if not ahead:
            return
        _, _, at, walk = heapq.heappop(ahead)
        if at >= len(pieces):
            yield walk
            continue
        for end, further in _steps(pieces, at, walk):
            if sum(map(len, further.groups)) <= MOST_DIGITS:
                heapq.heappush(ahead, (further.cost, next(order), end, further))


def _steps(pieces: list[Piece], at: int, walk: _Walk) -> Iterator[tuple[int, _Walk]]:
    """What can be made of the next words: where each goes on, and the reading then."""
    kind = pieces[at].kind
    if kind in (Kind.CORRECTION, Kind.NOT):
        yield from _corrected(pieces, at, walk)
    elif kind in (Kind.NUMERAL, Kind.REPEATED, Kind.TIMES):
        for end, digits, cost in _groups(pieces, at):
            apart = (len(walk.digits) + len(digits),) if cost >= APART else ()
            yield end, _Walk((*walk.groups, digits), walk.cost + cost, (*walk.apart, *apart))
        for end in _said_before(pieces, at):
            yield end, replace(walk, cost=walk.cost + REPEATED)
    else:
        yield at + 1, walk


def _groups(pieces: list[Piece], at: int) -> Iterator[tuple[int, str, float]]:
    """The groups that can begin at `at`: where each ends, its digits, and its cost; the longest first."""
    many = _many(pieces, at)
    if many is not None:
        yield many
    first = pieces[at]
    if first.kind is Kind.TIMES:
        return
    if first.kind is Kind.REPEATED:
        yield at + 1, str(first.value), APART
        return
    yield from reversed(list(_compounds(pieces, at)))


def _many(pieces: list[Piece], at: int) -> tuple[int, str, float] | None:
    """«три семёрки», «дважды ноль»."""
    if at + 1 >= len(pieces):
        return None
    count, digit = pieces[at], pieces[at + 1]
    counts = count.rank is Rank.UNIT and 2 <= count.value <= 5
    if count.kind is Kind.NUMERAL and digit.kind is Kind.REPEATED and counts:
        return at + 2, str(digit.value) * count.value, 0.0
    single = digit.kind is Kind.REPEATED or (digit.kind is Kind.NUMERAL and digit.rank is Rank.UNIT)
    if count.kind is Kind.TIMES and single:
        return at + 2, str(digit.value) * count.value, 0.0
    return None


def _compounds(pieces: list[Piece], at: int) -> Iterator[tuple[int, str, float]]:
    """«двести», «двести сорок», «двести сорок пять»: the shortest first."""
    if pieces[at].bound:
        return
    value, lowest, cost, end = pieces[at].value, pieces[at].rank, 0.0, at + 1
    while True:
        following, paused = _next(pieces, end)
        joins = following is not None and _joins(value, lowest, pieces[following])
        bound = following is not None and joins and pieces[following].bound
        if not bound:
            # After a pause a new group is as likely as the old one going on.
            yield end, str(value), cost + (APART if joins and not paused else 0.0)
        if following is None or not joins:
            return
        its = pieces[following]
        value = value * 1000 if its.rank is Rank.THOUSAND else value + its.value
        lowest, end = its.rank, following + 1
        cost += TOGETHER_OVER_A_PAUSE if paused else 0.0


def _next(pieces: list[Piece], at: int) -> tuple[int | None, bool]:
    """The numeral that follows within one breath, hesitations passed over, and whether there was a pause."""
    paused = False
    while at < len(pieces) and pieces[at].kind in (Kind.PAUSE, Kind.HESITATION):
        paused = True
        at += 1
    there = at < len(pieces) and pieces[at].kind is Kind.NUMERAL
    return (at if there else None), paused


def _joins(value: int, lowest: Rank, following: Piece) -> bool:
    if following.rank is Rank.THOUSAND:
        return 0 < value < 1000 and (following.bound or value % 10 == 1)
    if lowest is Rank.THOUSAND:
        return following.value > 0
    return lowest > following.rank and lowest in (Rank.TEN, Rank.HUNDRED) and _fits(lowest, following)


def _fits(lowest: Rank, following: Piece) -> bool:
    """«двадцать» takes a unit, «двести» anything lower; neither takes «ноль»."""
    return following.value > 0 and (lowest is Rank.HUNDRED or following.rank is Rank.UNIT)


def _said_before(pieces: list[Piece], at: int) -> Iterator[int]:
    """Where a repetition of the words before `at` ends: «двести сорок пять, двести сорок пять»."""
    here, before = _numerals(pieces, at, len(pieces)), _numerals(pieces, 0, at)
    for length in range(1, min(len(here), len(before)) + 1):
        same = [pieces[n] for n in here[:length]] == [pieces[n] for n in before[-length:]]
        if same and (length > 1 or pieces[at].value >= 10):
            yield here[length - 1] + 1


def _numerals(pieces: list[Piece], start: int, end: int) -> list[int]:
    return [n for n in range(start, end) if pieces[n].kind in (Kind.NUMERAL, Kind.REPEATED, Kind.TIMES)]


# --- corrections ---------------------------------------------------------------------------------------------


def _corrected(pieces: list[Piece], at: int, walk: _Walk) -> Iterator[tuple[int, _Walk]]:
    """«нет, не пять, а шесть» puts 6 where 5 was; «нет, шесть» puts 6 in the place of the last digit; what follows
    may also be the number from the beginning."""
    start = at
    while start < len(pieces) and pieces[start].kind in (Kind.CORRECTION, Kind.PAUSE, Kind.HESITATION, Kind.BUT):
        start += 1
    if start >= len(pieces):
        yield start, walk
        return
    if pieces[start].kind is Kind.NOT:
        yield from _one_for_another(pieces, start + 1, walk)
        return
    if pieces[start].kind not in (Kind.NUMERAL, Kind.REPEATED, Kind.TIMES):
        yield start, walk
        return
    yield start, _Walk((), walk.cost + CORRECTED)
    for end, digits, cost in _groups(pieces, start):
        kept = walk.digits[: -len(digits)]
        if len(digits) <= len(walk.digits):
            yield end, _Walk((*kept, digits), walk.cost + cost + CORRECTED)


def _one_for_another(pieces: list[Piece], at: int, walk: _Walk) -> Iterator[tuple[int, _Walk]]:
    at = _skipped(pieces, at)
    if at >= len(pieces):
        return
    for end, wrong, cost in _groups(pieces, at):
        but = _skipped(pieces, end)
        if but == end or but >= len(pieces):
            continue
        for after, right, more in _groups(pieces, but):
            mended = _mended(walk.digits, wrong, right)
            if mended:
                yield after, _Walk(tuple(mended), walk.cost + cost + more + CORRECTED)


def _mended(digits: str, wrong: str, right: str) -> str:
    """The last group when it was the wrong one, else the only place where it stands; "" when that is not clear."""
    if digits.endswith(wrong):
        return digits[: -len(wrong)] + right
    return digits.replace(wrong, right) if digits.count(wrong) == 1 else ""


def _skipped(pieces: list[Piece], at: int) -> int:
    while at < len(pieces) and pieces[at].kind in (Kind.PAUSE, Kind.HESITATION, Kind.BUT, Kind.CORRECTION):
        at += 1
    return at
