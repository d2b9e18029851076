"""The operator's own speech, watched phrase by phrase (L6: housing 5.4, property 22, labour 7, heritage 3.3,
education 3.5.2).

What is found is a `Slip`: a quiet hint on the operator's own panel, at most one in `hint_every_s`, and a figure in
the call's record; never shown to the caller and never a penalty by itself. Pure: phrases with the times of their
words go in, slips and hints come out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Protocol

from app.domain.cues import GAP, words_of, words_of_cue
from app.domain.facts import Speaker
from app.domain.names_heard import CLASSES
from app.domain.speech_rules import Pace, SpeechRules, WordList
from app.domain.word_forms import stem

JOINED_WITHIN_S = 6.0
"""A phrase that the recogniser cut in two is heard as one when the pause between was shorter."""
TAIL_WORDS = 6
FORMS_FROM = 5
"""Shorter words are found only as they are written: «типа» is not «типу»."""
MEANINGFUL_FROM = 5
NOT_GAP = 1
"""Fewer words than elsewhere may follow a «не» of the list: «не волнуйтесь, я знаю» is not «не знаю»."""
SAID_AGAIN = 3
"""So many words in the same order are dictated once more, and no tautology."""
ANSWERED_WORDS = 2
"""A caller who said as much has taken their turn, and the operator's next sentence stands by itself."""
FORGOTTEN_AFTER_S = 30.0
"""A word said longer ago than this is not repeated, however few words lie between."""
RECENT = 24
"""So many phrases before the one that is looked at can have to do with it."""
OVER_THE_CALLER_WORDS = 3
"""Fewer words while the caller speaks («да», «понимаю Вас») show that one listens and interrupt nobody."""
SLIPS_BEFORE_A_HINT = 2
"""One «ну» is no matter: interjections, fillers and repetitions are hinted at from the second on."""


class HintKind(StrEnum):
    """What is hinted at; the first named is the first said when there are several."""

    STOP_WORD = "stop_word"
    EVASION = "evasion"
    INTERRUPTION = "interruption"
    TOO_FAST = "too_fast"
    TOO_SLOW = "too_slow"
    INTERJECTION = "interjection"
    FILLER = "filler"
    TAUTOLOGY = "tautology"
    SILENCE = "silence"


_ONLY_AS_WRITTEN = re.compile("(?:[аеуя]й|ите)(?:те|сь|тесь)?$")
"""Imperatives: the list may have «слушай» and must not find «слушаю Вас»."""
_FROM_THE_SECOND = frozenset({HintKind.INTERJECTION, HintKind.FILLER, HintKind.TAUTOLOGY})
_ORDER = {kind: place for place, kind in enumerate(HintKind)}


class Said(Protocol):
    """A phrase that was heard: `facts.PhraseHeard`, or what a call keeps of it."""

    @property
    def speaker(self) -> Speaker: ...
    @property
    def operator(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...
    @property
    def words(self) -> tuple[tuple[str, float, float], ...]: ...


@dataclass(frozen=True)
class Slip:
    """`heard` is what was said; `value` is words a minute of a pace, seconds of a silence, else 0; `group` is the
    stop list's."""

    kind: HintKind
    operator: str
    at_s: float
    heard: str = ""
    value: float = 0.0
    group: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Hinted:
    """A hint that was given."""

    kind: HintKind
    at_s: float


@dataclass(frozen=True)
class SpeechFigures:
    """How an operator spoke in one call. `pace` is words a minute of their own speech, 0 when nothing was said."""

    words: int = 0
    speech_s: float = 0.0
    slips: dict[HintKind, int] = field(default_factory=dict)

    @property
    def pace(self) -> float:
        return round(60 * self.words / self.speech_s, 1) if self.speech_s else 0.0


# --- slips ---------------------------------------------------------------------------------------------------


def slips(rules: SpeechRules, before: Sequence[Said], phrase: Said) -> list[Slip]:
    """What is found in this phrase, the gravest first; `before` are the call's phrases before it."""
    own = [one for one in before if _is_of(one, phrase.operator)] if phrase.speaker is Speaker.OPERATOR else []
    pace = _pace(rules, [*own, phrase])[-1:] if own or phrase.speaker is Speaker.OPERATOR else []
    fresh = [one for one in pace if one.at_s == phrase.end_s]
    found = [*_in_words(rules, before[-RECENT:], phrase), *fresh]
    return sorted(found, key=lambda one: _ORDER[one.kind])


def all_slips(rules: SpeechRules, phrases: Sequence[Said]) -> list[Slip]:
    """The slips of a whole conversation."""
    operators = {one.operator for one in phrases if one.speaker is Speaker.OPERATOR}
    paces = [slip for login in operators for slip in _pace(rules, [p for p in phrases if _is_of(p, login)])]
    words = [
        slip for n, one in enumerate(phrases) for slip in _in_words(rules, phrases[max(0, n - RECENT) : n], one)
    ]
    return sorted([*words, *paces], key=lambda slip: slip.at_s)


def _is_of(phrase: Said, operator: str) -> bool:
    return phrase.speaker is Speaker.OPERATOR and phrase.operator == operator


def _in_words(rules: SpeechRules, before: Sequence[Said], phrase: Said) -> list[Slip]:
    if phrase.speaker is Speaker.CALLER:
        return _interrupted(rules, before, phrase)
    own = [one for one in before if _is_of(one, phrase.operator)]
    tail = _tail(own, phrase)
    return [
        *(one for group in rules.stop_words for one in _watched(HintKind.STOP_WORD, group, tail, phrase)),
        *_watched(HintKind.EVASION, rules.evasions, tail, phrase),
        *_interrupting(rules, before, phrase),
        *_watched(HintKind.INTERJECTION, rules.interjections, tail, phrase),
        *_watched(HintKind.FILLER, rules.fillers, tail, phrase),
        *_tautology(rules, before, phrase),
    ]


def _tail(own: Sequence[Said], phrase: Said) -> list[str]:
    """The last words before the phrase, where it goes on from them."""
    if own and 0 <= phrase.start_s - own[-1].end_s <= JOINED_WITHIN_S:
        return words_of(own[-1].text)[-TAIL_WORDS:]
    return []


def _watched(kind: HintKind, group: WordList, tail: list[str], phrase: Said) -> Iterator[Slip]:
    said = [*tail, *words_of(phrase.text)]
    harmless = [found for cue in group.unless for found in _occurrences(cue, said)]
    for cue in group.words:
        for place, end in _occurrences(cue, said):
            # What ended with the phrase before was found then.
            if end > len(tail) and not _excused(place, end, harmless):
                heard = " ".join(said[place:end])
                at = phrase.start_s if place < len(tail) else _time_of(phrase, place - len(tail))
                yield Slip(kind, phrase.operator, at, heard, group=group.id, advice=group.advice)


def _excused(place: int, end: int, harmless: list[tuple[int, int]]) -> bool:
    """The words are part of what is harmless, or it follows them («ГИА, то есть …»)."""
    return any(start <= end + GAP and place < behind for start, behind in harmless)


def _occurrences(cue: str, said: list[str]) -> Iterator[tuple[int, int]]:
    """(First, behind last) wherever the words of a cue stand in their order, at most `GAP` others between two."""
    wanted, place = words_of_cue(cue), 0
    while wanted and place < len(said):
        end = _from(place, wanted, said)
        if end:
            yield place, end
        place = end or place + 1


def _from(place: int, wanted: Sequence[tuple[str, ...]], said: list[str]) -> int:
    if not _is_any(wanted[0], said[place]):
        return 0
    at = place
    for before, word in pairwise(wanted):
        gap = NOT_GAP if before == ("не",) else GAP
        window = range(at + 1, min(at + 2 + gap, len(said)))
        at = next((i for i in window if _is_any(word, said[i])), -1)
        if at < 0:
            return 0
    return at + 1


def _is_any(wanted: tuple[str, ...], said: str) -> bool:
    return any(_alike(one, said) for one in wanted)


def _alike(wanted: str, said: str) -> bool:
    """The marks are those of cues: `да*`, `*вич`, `слушай!`, `помочь~`, `<имя>`."""
    if wanted[0] == "<":
        return CLASSES[wanted[1:-1]].holds(said)
    if wanted[0] == "*":
        return said.endswith(wanted[1:].rstrip("*"))
    if wanted[-1] == "*":
        return said.startswith(wanted[:-1])
    word = wanted.rstrip("!~")
    if word == said:
        return True
    if wanted[-1] == "!" or min(len(word), len(said)) < FORMS_FROM:
        return False
    return not (_ONLY_AS_WRITTEN.search(word) and wanted[-1] != "~") and stem(word) == stem(said)


def _time_of(phrase: Said, place: int) -> float:
    """When the word at `place` was said; the phrase's start where the times of words do not tell."""
    return phrase.words[place][1] if place < len(phrase.words) else phrase.start_s


# --- pace ----------------------------------------------------------------------------------------------------


def _pace(rules: SpeechRules, own: Sequence[Said]) -> list[Slip]:
    """An operator's last phrases of at least `over_s` seconds of speech, judged as a whole with each new phrase.
    What was found wrong is not judged again."""
    pace = rules.pace
    found: list[Slip] = []
    stretch: list[Said] = []
    for one in own if pace.fastest else ():
        stretch.append(one)
        while sum(map(_lasts, stretch[1:])) >= pace.over_s:
            stretch.pop(0)
        if (slip := _of_stretch(pace, stretch)) is not None:
            found.append(slip)
            stretch.clear()
    return found


def _of_stretch(pace: Pace, stretch: Sequence[Said]) -> Slip | None:
    seconds, last = sum(map(_lasts, stretch)), stretch[-1]
    if seconds < pace.over_s:
        return None
    per_minute = round(60 * sum(map(_count, stretch)) / seconds, 1)
    if per_minute > pace.fastest:
        return Slip(HintKind.TOO_FAST, last.operator, last.end_s, value=per_minute, advice=pace.slower)
    if per_minute < pace.slowest:
        return Slip(HintKind.TOO_SLOW, last.operator, last.end_s, value=per_minute, advice=pace.faster)
    return None


def _count(phrase: Said) -> int:
    return len(phrase.words) or len(words_of(phrase.text))


def _lasts(phrase: Said) -> float:
    return max(0.0, phrase.end_s - phrase.start_s)


# --- the same word again -------------------------------------------------------------------------------------

# Words that every second sentence has, and that mean little by themselves.
_COMMON = (
    "который когда чтобы можно нужно будет этого также после перед пожалуйста здравствуйте спасибо хорошо сейчас "
    "вашего нашего такой какой только очень более менее если тогда потом здесь туда сюда должен может могут нибудь "
    "либо через между около кроме вместо всегда просто теперь именно первый второй третий сначала кстати значит "
    "себя свой чтото ктото конечно понятно правильно верно меня тебя вами нами ними него есть быть было были "
    # Who greets, asks and shows that they listen says the same words in every call.
    "добрый доброго понимаю слушаю скажите подскажите "
    # A number is read digit by digit, and a day is said as often as it must be.
    "четыре шесть восемь девять десять двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят "
    "девяносто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот тысяча "
    "понедельник вторник среда четверг пятница суббота воскресенье"
)
_COMMON_STEMS = frozenset(stem(word) for word in _COMMON.split())


def _tautology(rules: SpeechRules, before: Sequence[Said], phrase: Said) -> Iterator[Slip]:
    taut, words = rules.tautology, words_of(phrase.text)
    if not taut.over_words:
        return
    allowed = {stem(word) for text in taut.allowed for word in words_of(text)} | _COMMON_STEMS
    lately = _lately(before, phrase, taut.over_words)
    stream = [*lately, *map(stem, words)]
    for place, word in enumerate(words, start=len(lately)):
        if len(word) < MEANINGFUL_FROM or stream[place] in allowed or _names_somebody(word):
            continue
        # A word said twice in a row is the recogniser's echo, or a stammer.
        earlier = range(max(0, place - taut.over_words), max(0, place - 1))
        if any(stream[one] == stream[place] and not _dictated(stream, one, place) for one in earlier):
            at = _time_of(phrase, place - len(lately))
            yield Slip(HintKind.TAUTOLOGY, phrase.operator, at, word, advice=taut.advice)


def _dictated(stream: list[str], earlier: int, place: int) -> bool:
    """The word stands both times in the same sequence of words."""
    firsts = range(max(0, SAID_AGAIN - 1 - earlier), SAID_AGAIN)
    starts = [(earlier - SAID_AGAIN + 1 + n, place - SAID_AGAIN + 1 + n) for n in firsts]
    return any(
        stream[one : one + SAID_AGAIN] == stream[other : other + SAID_AGAIN]
        for one, other in starts
        if other + SAID_AGAIN <= len(stream)
    )


def _names_somebody(word: str) -> bool:
    """To address the caller by name, and again, is what the orders ask for (education 3.5.5)."""
    return CLASSES["имя"].holds(word) or CLASSES["отчество"].holds(word)


def _lately(before: Sequence[Said], phrase: Said, count: int) -> list[str]:
    """The stems of the operator's last words before the phrase, at most `count`, since the caller's last turn."""
    found: list[str] = []
    for one in reversed(before):
        if one.speaker is Speaker.CALLER and _count(one) >= ANSWERED_WORDS and one.start_s < phrase.start_s:
            break
        if not _is_of(one, phrase.operator):
            continue
        if phrase.start_s - one.end_s > FORGOTTEN_AFTER_S or len(found) >= count:
            break
        found = [*(stem(word) for word in words_of(one.text)), *found]
    return found[-count:]


# --- both at once --------------------------------------------------------------------------------------------


def _interrupting(rules: SpeechRules, before: Sequence[Said], phrase: Said) -> Iterator[Slip]:
    """The operator began while the caller's phrase, known already, was not over."""
    if rules.interruptions and any(_over(phrase, one) for one in before if one.speaker is Speaker.CALLER):
        yield _interruption(rules, phrase)


def _interrupted(rules: SpeechRules, before: Sequence[Said], phrase: Said) -> list[Slip]:
    """The caller's phrase, known only now, was going on when an operator began."""
    if not rules.interruptions:
        return []
    over = [one for one in before if one.speaker is Speaker.OPERATOR and _over(one, phrase)]
    return [_interruption(rules, one) for one in over]


def _interruption(rules: SpeechRules, phrase: Said) -> Slip:
    return Slip(HintKind.INTERRUPTION, phrase.operator, phrase.start_s, phrase.text, advice=rules.interruptions)


def _over(operators: Said, callers: Said) -> bool:
    """Words of the caller both before the operator's first one and, at least two, after it."""
    if _count(operators) < OVER_THE_CALLER_WORDS or not callers.start_s < operators.start_s < callers.end_s:
        return False
    starts = [start for _text, start, _end in callers.words]
    return bool(starts) and starts[0] < operators.start_s and sum(s > operators.start_s for s in starts) > 1


# --- silence, hints, figures ---------------------------------------------------------------------------------


def silence(rules: SpeechRules, operator: str, since_s: float, now_s: float) -> Slip | None:
    """Both have been silent since `since_s`; None while that is not too long, or is not watched."""
    # The call's times are kept to tenths and hundredths of a second: a wait of just the limit is not less.
    lasted = round(now_s - since_s, 1)
    if not rules.pause_s or lasted < rules.pause_s:
        return None
    return Slip(HintKind.SILENCE, operator, now_s, value=lasted, advice=rules.silence_advice)


def choose(
    rules: SpeechRules, found: Sequence[Slip], given: Sequence[Hinted], before: Sequence[Said], now_s: float
) -> Slip | None:
    """The slip to hint at, if any: the gravest of those `found` now. `given` are the hints that the operator had in
    this call, `before` the phrases before."""
    if not found or (given and now_s - given[-1].at_s < rules.hint_every_s):
        return None
    for one in sorted(found, key=lambda slip: _ORDER[slip.kind]):
        if one.advice and (one.kind not in _FROM_THE_SECOND or _again(rules, one, found, given, before)):
            return one
    return None


def _again(
    rules: SpeechRules, slip: Slip, found: Sequence[Slip], given: Sequence[Hinted], before: Sequence[Said]
) -> bool:
    """The same kind of slip came before, and was not hinted at since."""
    last = max((hint.at_s for hint in given if hint.kind is slip.kind), default=-1.0)
    lately = all_slips(rules, before[-RECENT:])
    same = [one for one in (*lately, *found) if (one.kind, one.operator) == (slip.kind, slip.operator)]
    return sum(one.at_s > last for one in same) >= SLIPS_BEFORE_A_HINT


def figures(rules: SpeechRules, phrases: Sequence[Said], operator: str) -> SpeechFigures:
    """How the operator spoke, for the call's record."""
    own = [one for one in phrases if _is_of(one, operator)]
    found = Counter(one.kind for one in all_slips(rules, phrases) if one.operator == operator)
    return SpeechFigures(sum(map(_count, own)), round(sum(map(_lasts, own)), 1), dict(found))
