"""What turns observations into figures: a fault here would make a good line of a bad one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from app.config import PROJECT
from scripts.figures import Series, cpu_seconds
from scripts.latency_of_panel import Said, Shown, compare


def test_a_word_counts_from_its_end_to_the_first_moment_at_its_place() -> None:
    said = [Said(1000.0, ("какой", "срок"), (1400.0, 1800.0))]
    shown = [Shown(1500.0, False, "какой"), Shown(1900.0, False, "какой сок"), Shown(2100.0, True, "какой срок")]
    words = compare(said, shown)
    assert words.delays_ms == [100.0, 300.0]
    assert (words.by_final, words.missed, words.stalled) == (1, 0, 0)


def test_a_sentence_in_two_phrases_goes_on_where_the_first_ended() -> None:
    said = [Said(1000.0, ("какой", "срок"), (1400.0, 1800.0))]
    shown = [Shown(1500.0, True, "какой"), Shown(1600.0, False, ""), Shown(1950.0, False, "срок")]
    assert compare(said, shown).delays_ms == [100.0, 150.0]


def test_words_of_the_sentence_before_are_not_taken_for_those_of_the_next() -> None:
    said = [Said(1000.0, ("срок",), (1400.0,)), Said(3000.0, ("срок",), (3400.0,))]
    words = compare(said, [Shown(1500.0, False, "срок")])
    assert words.delays_ms == [100.0]
    assert words.missed == 1


def test_a_sentence_that_the_caller_was_late_with_is_left_out() -> None:
    words = compare([Said(1000.0, ("срок",), (1400.0,), stalled=True)], [Shown(1410.0, False, "срок")])
    assert (words.delays_ms, words.stalled) == ([], 1)


def test_percentiles_of_a_series() -> None:
    series = Series("all", tuple(float(n) for n in range(101)))
    assert (series.p50, series.p95) == (50.0, 95.0)
    assert series.as_json() == {"n": 101, "p50_ms": 50.0, "p95_ms": 95.0, "min_ms": 0.0, "max_ms": 100.0}


TELL = """
import json
from scripts.spoken_words import Speaker
spoken = Speaker().say("какой срок рассмотрения моего обращения", voice="ru")
print(json.dumps([spoken.words, spoken.word_ends_s, len(spoken.pcm) / 16000]))
"""


def test_a_spoken_word_ends_before_the_next_and_within_the_sound() -> None:
    # In a process of its own, as its docstring asks: espeak-ng has one callback, and here others speak too.
    told = subprocess.run([sys.executable, "-c", TELL], cwd=PROJECT, capture_output=True, check=True, text=True)
    words, ends, seconds = json.loads(told.stdout)
    assert words == ["какой", "срок", "рассмотрения", "моего", "обращения"]
    assert ends == sorted(ends)
    assert 0.2 < ends[0] < 0.6
    assert ends[-1] == pytest.approx(seconds, abs=0.1)


def test_cpu_of_a_process_is_what_it_says_itself() -> None:
    work = "import time; sum(range(10**7)); print(time.process_time(), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        said = float(child.stdout.readline())
        assert cpu_seconds(child.pid) == pytest.approx(said, abs=0.1)
        child.communicate(b"\n")
