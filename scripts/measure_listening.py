"""Measure how steps of the script are heard: `python -m scripts.measure_listening [--misses] [--recognised]`.

Every written dialogue (tests/unit/domain/dialogues) is led through the rules of a call, phrase by phrase. A tick in
a turn that was marked with its step is right, any other is false; a step that was fulfilled in a dialogue and never
rightly ticked is missed. `precision` is right / (right + false), `recall` is right / (right + missed). The table is
by profile, `--stages` by stage; `build/bench/listening.json` has all of it. `--misses` lists what went wrong in the
work set (the blind set is only counted). `--recognised` speaks every turn through a telephone to the bundled model
and ticks by what that heard.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.domain import commands as c
from app.domain import facts as f
from app.domain.listening import recurs, ticks
from scripts.dialogues import PROJECT, Dialogue, Place, Turn, dialogues, flow_of, listened
from scripts.measured_call import OPERATOR, MeasuredCall

JSON = PROJECT / "build" / "bench" / "listening.json"
WORDS_A_SECOND = 2.2
BETWEEN_TURNS_S = 0.8

Recognised = Callable[[Dialogue, Turn], str]
"""The words of a turn as they were heard; "" where nothing was."""


@dataclass
class Score:
    """Counts of steps; `false` and `missed` say where."""

    right: int = 0
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        self.right += other.right
        self.false += other.false
        self.missed += other.missed

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + len(self.false))

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + len(self.missed))

    def figures(self) -> dict[str, float]:
        return {
            "steps": self.right + len(self.missed),
            "right": self.right,
            "false": len(self.false),
            "missed": len(self.missed),
            "precision": round(self.precision, 3),
            "recall": round(self.recall, 3),
        }


@dataclass(frozen=True)
class Ticked:
    """A step that was ticked in a turn."""

    turn: int
    place: Place


def ticked(dialogue: Dialogue, heard: Recognised) -> list[Ticked]:
    """What the rules tick while the dialogue is talked."""
    call, at_s = _call(dialogue), 0.0
    found: list[Ticked] = []
    for number, turn in enumerate(dialogue.turns):
        lasts_s = max(0.4, len(turn.text.split()) / WORDS_A_SECOND)
        operator = OPERATOR if turn.speaker is f.Speaker.OPERATOR else ""
        phrase = c.HearPhrase(turn.speaker, operator, heard(dialogue, turn), at_s, at_s + lasts_s)
        at_s += lasts_s + BETWEEN_TURNS_S
        facts = call.order(phrase, at_s)
        found += [Ticked(number, (one.stage, one.step)) for one in facts if isinstance(one, f.StepTicked)]
    return found


def _call(dialogue: Dialogue) -> MeasuredCall:
    return MeasuredCall(listened(dialogue.profile), dialogue.flow)


def scored(dialogue: Dialogue, ticks: Iterable[Ticked]) -> dict[str, Score]:
    """By stage. A step that recurs in a call (a second hold) is judged in each tick of it."""
    by_stage: dict[str, Score] = defaultdict(Score)
    rightly: set[Place] = set()
    for tick in ticks:
        turn = dialogue.turns[tick.turn]
        if tick.place in turn.steps:
            by_stage[tick.place[0]].right += tick.place not in rightly or recurs(tick.place)
            rightly.add(tick.place)
        else:
            by_stage[tick.place[0]].false.append(_told(dialogue, tick.place, turn))
    wanted = {place: turn for turn in reversed(dialogue.turns) for place in turn.steps}
    for place in wanted.keys() - rightly:
        by_stage[place[0]].missed.append(_told(dialogue, place, wanted[place]))
    return by_stage


def _told(dialogue: Dialogue, place: Place, turn: Turn) -> str:
    return f"{dialogue.name}: {'.'.join(place)}: {turn.text}"


@dataclass
class Measured:
    """`by_profile` and `by_stage` by name; `all` together."""

    all: Score = field(default_factory=Score)
    by_profile: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    by_stage: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))


def as_written(_dialogue: Dialogue, turn: Turn) -> str:
    return turn.text


def measure(talked: Iterable[Dialogue], heard: Recognised = as_written) -> Measured:
    """How well the steps of these dialogues are heard."""
    measured = Measured()
    for dialogue in talked:
        for stage, score in scored(dialogue, ticked(dialogue, heard)).items():
            measured.all.add(score)
            measured.by_profile[dialogue.profile].add(score)
            measured.by_stage[stage].add(score)
    return measured


def cost_ms(talked: Iterable[Dialogue]) -> tuple[float, float]:
    """CPU milliseconds that a phrase costs the line: the mean, and the dearest (with words never met before)."""
    spent = []
    for dialogue in talked:
        flow, call = flow_of(dialogue), _call(dialogue).state
        for turn in dialogue.turns:
            phrase = f.PhraseHeard(turn.speaker, OPERATOR, turn.text, 1.0, 2.0)
            begun = time.thread_time()
            ticks(flow, call, phrase)
            spent.append(1000 * (time.thread_time() - begun))
    return sum(spent) / len(spent), max(spent)


def main() -> int:
    options = _options()
    everything = dialogues()
    mean_ms, dearest_ms = cost_ms(everything)
    work, blind = [d for d in everything if not d.blind], [d for d in everything if d.blind]
    heard: Recognised = as_written
    if options.recognised:
        from scripts.spoken_dialogues import recognised

        heard = recognised(everything)
    sets = {"work": measure(work, heard), "blind": measure(blind, heard)}
    for name, measured in sets.items():
        _show(name, measured, stages=options.stages)
    print(f"\na phrase costs {mean_ms:.2f} ms of CPU in the mean, the dearest {dearest_ms:.1f} ms")
    if options.misses:
        print("\nfalse:\n" + "\n".join(sets["work"].all.false))
        print("\nmissed:\n" + "\n".join(sets["work"].all.missed))
    _write("recognised" if options.recognised else "written", sets)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.measure_listening", description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list what went wrong in the work set")
    parser.add_argument("--stages", action="store_true", help="a table by stage, too")
    parser.add_argument("--recognised", action="store_true", help="speak the turns to the bundled model")
    return parser.parse_args()


def _show(name: str, measured: Measured, *, stages: bool) -> None:
    print(f"\n{name} set")
    print("| | steps | false | missed | precision | recall |")
    print("| --- | --- | --- | --- | --- | --- |")
    rows = {**measured.by_profile, **(measured.by_stage if stages else {}), "all": measured.all}
    for row, score in rows.items():
        figures = score.figures()
        counts = " | ".join(str(figures[one]) for one in ("steps", "false", "missed"))
        print(f"| {row} | {counts} | {score.precision:.3f} | {score.recall:.3f} |")


def _write(text: str, sets: dict[str, Measured]) -> None:
    known = json.loads(JSON.read_text(encoding="utf-8")) if JSON.exists() else {}
    known[text] = {
        name: {
            **measured.all.figures(),
            "by_profile": {key: one.figures() for key, one in measured.by_profile.items()},
            "by_stage": {key: one.figures() for key, one in measured.by_stage.items()},
        }
        for name, measured in sets.items()
    }
    JSON.parent.mkdir(parents=True, exist_ok=True)
    JSON.write_text(json.dumps(known, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
