"""Measure what is noticed of an operator's speech: `python -m scripts.measure_speech_hints [--misses] [--good]`.

Every written conversation of operators who speak badly (tests/unit/domain/bad_speech) is led through the rules of a
call, phrase by phrase, as the recogniser would finish them. A kind of slip that was found in a turn marked with it
is right, in any other it is false; a mark of which nothing was found is missed. Turns of a wrong pace that follow
one another are one place. `precision` is right / (right + false), `recall` is right / (right + missed). Then the
hints a minute, over these and over the dialogues of operators who speak as they should
(tests/unit/domain/dialogues). `--misses` lists what went wrong in the work set (the blind set is only counted),
`--good` the hints of the good set. All of it stands in `build/bench/speech_hints.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from app.domain import commands as c
from app.domain import facts as f
from app.domain.operators_speech import HintKind, Slip, silence, slips
from scripts.bad_speech import Talk, Timed, bad_talks, timed
from scripts.dialogues import PROJECT, dialogues, listened
from scripts.measure_listening import Score
from scripts.measured_call import OPERATOR, MeasuredCall

JSON = PROJECT / "build" / "bench" / "speech_hints.json"
OF_PACE = frozenset({HintKind.TOO_FAST, HintKind.TOO_SLOW})


@dataclass(frozen=True)
class Found:
    """A slip, and the number of the turn to which it belongs."""

    turn: int
    slip: Slip


class Walk:
    """A conversation as the line hears it: `found` and `hints` are what comes of it."""

    def __init__(self, talk: Talk) -> None:
        self.found: list[Found] = []
        self.hints: list[f.HintGiven] = []
        self._talk = talk
        self._profile = listened(talk.profile)
        self._call = MeasuredCall(self._profile, self._profile.incoming.id)
        self._silent_from_s = 0.0
        # The recogniser tells of a phrase when it is over.
        for number, turn in sorted(enumerate(talk.turns), key=lambda one: one[1].end_s):
            self._wait(number, turn.start_s)
            self._hear(number, turn)

    def _wait(self, number: int, until_s: float) -> None:
        rules = self._profile.speech
        now_s = self._silent_from_s + rules.pause_s
        if rules.pause_s and until_s >= now_s:
            if slip := silence(rules, OPERATOR, self._silent_from_s, now_s):
                self.found.append(Found(number, slip))
            self._order(c.NoticeSilence(), now_s)

    def _hear(self, number: int, turn: Timed) -> None:
        self._silent_from_s = max(self._silent_from_s, turn.end_s)
        operator = OPERATOR if turn.speaker is f.Speaker.OPERATOR else ""
        heard = (turn.speaker, operator, turn.text, turn.start_s, turn.end_s, turn.words)
        found = slips(self._profile.speech, self._call.state.phrases, f.PhraseHeard(*heard))
        self.found += [Found(_turn_of(self._talk, one, number), one) for one in found]
        self._order(c.HearPhrase(*heard), turn.end_s)

    def _order(self, command: c.Command, now_s: float) -> None:
        self.hints += [one for one in self._call.order(command, now_s) if isinstance(one, f.HintGiven)]


def _turn_of(talk: Talk, slip: Slip, heard: int) -> int:
    """An interruption may be known only when the caller's phrase is over: it is of the operator's turn."""
    if slip.kind is not HintKind.INTERRUPTION:
        return heard
    own = (n for n, turn in enumerate(talk.turns) if turn.speaker is f.Speaker.OPERATOR)
    return next(n for n in own if talk.turns[n].start_s == slip.at_s)


# --- what is right ---------------------------------------------------------------------------------------------


def scored(talk: Talk, found: Iterable[Found]) -> dict[HintKind, Score]:
    """By kind. A place is found once, however many slips of its kind it has."""
    by_kind: dict[HintKind, Score] = defaultdict(Score)
    slips_at = {(one.slip.kind, one.turn): one.slip for one in found}
    for kind, turns in _places(talk):
        hit = [n for n in turns if slips_at.pop((kind, n), None)]
        by_kind[kind].right += bool(hit)
        if not hit:
            by_kind[kind].missed.append(_told(talk, kind, turns[0]))
    for (kind, turn), slip in slips_at.items():
        by_kind[kind].false.append(f"{_told(talk, kind, turn)} ({slip.heard or slip.value})")
    return by_kind


def _places(talk: Talk) -> Iterator[tuple[HintKind, list[int]]]:
    """(Kind, turns) of whatever was marked."""
    own = [n for n, turn in enumerate(talk.turns) if turn.speaker is f.Speaker.OPERATOR]
    for kind in HintKind:
        marked = [[n] for n in own if kind in talk.turns[n].slips]
        yield from ((kind, place) for place in (_runs(own, marked) if kind in OF_PACE else marked))


def _runs(own: Sequence[int], marked: list[list[int]]) -> list[list[int]]:
    """Turns of the operator that follow one another, as one."""
    runs: list[list[int]] = []
    for [n] in marked:
        if runs and own.index(runs[-1][-1]) + 1 == own.index(n):
            runs[-1].append(n)
        else:
            runs.append([n])
    return runs


def _told(talk: Talk, kind: HintKind, turn: int) -> str:
    return f"{kind}: {talk.name}: {talk.turns[turn].text}"


@dataclass
class Measured:
    """Over several conversations."""

    by_kind: dict[HintKind, Score] = field(default_factory=lambda: {kind: Score() for kind in HintKind})
    hints: list[tuple[Talk, f.HintGiven]] = field(default_factory=list)
    minutes: float = 0.0

    @property
    def all(self) -> Score:
        together = Score()
        for score in self.by_kind.values():
            together.add(score)
        return together

    @property
    def a_minute(self) -> float:
        return len(self.hints) / max(1.0, self.minutes)


def measure(talks: Iterable[Talk]) -> Measured:
    """How well the slips of these conversations are found, and which hints they give cause to."""
    measured = Measured()
    for talk in talks:
        walked = Walk(talk)
        for kind, score in scored(talk, walked.found).items():
            measured.by_kind[kind].add(score)
        measured.hints += [(talk, hint) for hint in walked.hints]
        measured.minutes += talk.minutes
    return measured


def main() -> int:
    options = _options()
    talks = bad_talks()
    sets = {
        "work": measure(one for one in talks if not one.blind),
        "blind": measure(one for one in talks if one.blind),
    }
    good = measure(map(timed, dialogues()))
    for name, measured in sets.items():
        _show(name, measured)
    print()
    for name, measured in {**sets, "good": good}.items():
        minutes = f"{len(measured.hints)} hints in {measured.minutes:.1f} minutes"
        print(f"{name} set: {minutes}, {measured.a_minute:.2f} a minute")
    if options.misses:
        print("\nfalse:\n" + "\n".join(sets["work"].all.false))
        print("\nmissed:\n" + "\n".join(sets["work"].all.missed))
    if options.good:
        print(
            "\n" + "\n".join(f"{hint.kind}: {talk.name}: {hint.heard or hint.value}" for talk, hint in good.hints)
        )
    _write({**sets, "good": good})
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.measure_speech_hints", description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list what went wrong in the work set")
    parser.add_argument("--good", action="store_true", help="list the hints of the good set")
    return parser.parse_args()


def _show(name: str, measured: Measured) -> None:
    print(f"\n{name} set")
    print("| | places | false | missed | precision | recall |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row, score in [*measured.by_kind.items(), ("all", measured.all)]:
        counts = f"{score.right + len(score.missed)} | {len(score.false)} | {len(score.missed)}"
        print(f"| {row} | {counts} | {score.precision:.3f} | {score.recall:.3f} |")


def _write(sets: dict[str, Measured]) -> None:
    figures = {
        name: {
            "hints": len(measured.hints),
            "minutes": round(measured.minutes, 1),
            "hints_a_minute": round(measured.a_minute, 3),
            # Nothing is marked in the good set.
            **({} if name == "good" else {**measured.all.figures(), "by_kind": _by_kind(measured)}),
        }
        for name, measured in sets.items()
    }
    JSON.parent.mkdir(parents=True, exist_ok=True)
    JSON.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _by_kind(measured: Measured) -> dict[str, dict[str, float]]:
    return {str(kind): score.figures() for kind, score in measured.by_kind.items()}


if __name__ == "__main__":
    sys.exit(main())
