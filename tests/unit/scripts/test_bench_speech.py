"""The arithmetic of `make bench-speech`: what was heard and when, the most streams, what a kill cost."""

from __future__ import annotations

import json
import socket
import threading

import numpy as np
import pytest

from scripts import bench_speech
from scripts.speech_bench import wire
from scripts.speech_bench.capacity import Material, Quiet, Search, counted
from scripts.speech_bench.conversations import (
    RATE_HZ,
    TEXTS,
    Channel,
    Conversation,
    SpokenWord,
    Turn,
    noise,
    written,
)
from scripts.speech_bench.heard import Answer, answers, errors, heard, lost, matched
from scripts.speech_bench.kill import Sound, Trial, moments
from scripts.speech_bench.load import Ran, frames


def partial(at_s: float, text: str) -> Answer:
    return Answer(at_s, tuple(text.split()), final=False)


def final(at_s: float, text: str) -> Answer:
    return Answer(at_s, tuple(text.split()), final=True)


def spoken(text: str, ends_s: list[float]) -> tuple[SpokenWord, ...]:
    return tuple(map(SpokenWord, text.split(), ends_s))


def told(at_s: float, **message: str) -> tuple[float, bytes]:
    return at_s, json.dumps(message).encode()


class TestHeard:
    def test_messages_become_answers_and_remarks_do_not(self) -> None:
        came = [told(1, partial="всё"), told(2, error="too much"), told(3, text="Всё верно")]
        assert answers(came) == [partial(1, "все"), final(3, "все верно")]

    def test_a_word_is_there_with_the_first_answer_that_has_it_at_its_place(self) -> None:
        words = heard(
            [partial(1, "да"), partial(2, "дом пять"), partial(3, "дом пять"), final(4, "дом пять шесть")]
        )
        assert [(word.text, word.at_s) for word in words] == [("дом", 2), ("пять", 2), ("шесть", 4)]

    def test_a_phrase_begins_anew_after_each_result(self) -> None:
        words = heard([partial(1, "да"), final(2, "да"), partial(3, ""), partial(4, "да"), final(5, "да")])
        assert [word.at_s for word in words] == [1, 4]

    def test_words_of_a_phrase_that_is_not_finished_count(self) -> None:
        assert [word.text for word in heard([final(1, "да"), partial(2, "спасибо")])] == ["да", "спасибо"]

    def test_words_are_matched_past_those_that_are_wrong_missing_or_too_many(self) -> None:
        said = spoken("какой срок рассмотрения моего заявления", [1, 2, 3, 4, 5])
        words = heard([final(6, "ну какой срок рассмотрение заявления")])
        matches = matched(said, words)
        assert [match.at_s for match in matches] == [6, 6, None, None, 6]
        assert [match.delay_s for match in matches] == [5, 4, float("inf"), float("inf"), 1]
        assert errors(said, words) == 3

    def test_both_spellings_of_a_letter_are_one(self) -> None:
        said = spoken("всё понятно", [1, 2])
        assert errors(said, heard(answers([told(3, text="все понятно")]))) == 0


class TestSearch:
    @pytest.mark.parametrize("carries", [0, 1, 2, 3, 15, 16, 17, 37, 100, 333, 511, 512, 2000])
    def test_it_comes_close_from_below_with_few_runs(self, carries: int) -> None:
        search, runs = Search(16, 512), 0
        while not search.done:
            search.tell(holds=search.next <= carries)
            runs += 1
        found = min(carries, 512)
        assert search.held <= found
        assert found - search.held <= max(2, 0.05 * search.held)
        assert search.held % 2 == 0
        assert runs <= 11


def channel(text: str, ends_s: list[float], seconds: float = 10) -> Channel:
    return Channel(np.zeros(round(seconds * RATE_HZ), np.int16), spoken(text, ends_s))


class TestCounted:
    """Which words of a run are judged."""

    def counted_words(self, *, known: tuple[bool, ...], answer: str) -> dict[str, float]:
        material = Material((channel("раз два три четыре", [1, 3, 5, 8.5]),), ([],), 40)
        ran = Ran([[told(6.0, partial=answer)]], [(2.0, 9.0)], False, 0, 5, 0, 0)
        return {
            match.word.text: match.delay_s for match in counted(ran, material, Quiet((known,), 4, 4, 0, 0, 0), [0])
        }

    def test_those_that_ended_while_all_streams_were_going_and_early_enough(self) -> None:
        found = self.counted_words(known=(True,) * 4, answer="раз два три четыре")
        assert found == {"два": 3, "три": 1}

    def test_not_those_that_are_never_recognised_but_those_that_are_missing_now(self) -> None:
        assert self.counted_words(known=(True, False, True, True), answer="раз") == {"три": float("inf")}


class TestConversations:
    def test_the_written_ones_are_eight_and_both_sides_speak(self) -> None:
        found = written(TEXTS.read_text(encoding="utf-8"))
        assert len(found) == 8
        assert all({turn.side for turn in turns} >= {"caller", "operator"} for turns in found.values())

    def test_a_line_that_is_none_is_named(self) -> None:
        with pytest.raises(ValueError, match="line 2"):
            written("== one\nsomebody: алло\n")

    def test_turns_and_pauses_are_told_apart(self) -> None:
        assert written("# x\n== one\ncaller: да да\n2.5\n") == {"one": [Turn("caller", "да да"), Turn("", "", 2.5)]}

    def test_a_part_goes_round_and_keeps_the_times_of_its_words(self) -> None:
        pcm = np.arange(80_000, dtype=np.int32).astype(np.int16)
        part = Channel(pcm, spoken("раз два три", [2, 5, 9])).part(4.0, 8.0)
        assert [(word.text, word.end_s) for word in part.words] == [("два", 1), ("три", 5)]
        assert part.pcm[0] == pcm[32_000]
        assert part.pcm[-1] == pcm[15_999]
        assert part.seconds == 8

    def test_parts_begin_in_pauses_and_differ(self) -> None:
        one = channel("раз", [5])
        parts = Conversation("x", one, one, (0.0, 2.0, 4.0, 6.0)).parts(10.0, 2)
        assert [pair[0].words[0].end_s for pair in parts] == [5.0, 1.0]

    def test_the_noise_has_its_level(self) -> None:
        sound = noise(16_001, -55.0, np.random.default_rng(1))
        assert len(sound) == 16_001
        assert 20 * np.log10(np.sqrt(np.mean(sound**2)) / 32767) == pytest.approx(-55, abs=0.01)


class TestKill:
    def test_one_word_is_spared_and_no_more(self) -> None:
        whole = ["ваше", "заявление", "на", "рассмотрении"]
        assert lost(whole, whole) == 0
        assert lost(whole, whole[1:]) == 0
        assert lost(whole, whole[2:]) == 1
        assert lost(whole, ["наше", "явление", *whole[2:]]) == 1
        assert lost(whole, []) == 3

    def test_words_told_twice_are_no_words_lost(self) -> None:
        trial = Trial(1.0, ("да", "верно"), ("да", "да", "верно"))
        assert (trial.lost, trial.doubled) == (0, 1)
        assert Trial(1.0, ("да", "верно"), ("да", "верно")).doubled == 0

    def test_moments_are_spread_over_the_speech(self) -> None:
        assert moments(Sound(b"", 1.0, 5.0), 4) == [1.5, 2.5, 3.5, 4.5]


class TestWire:
    def test_sound_is_divided_into_frames(self) -> None:
        sent = frames(channel("", [], 0.1), 40)
        assert [len(one) for one in sent] == [8 + 640, 8 + 640, 8 + 320]

    @pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
    def test_a_frame_tells_its_length(self, size: int) -> None:
        sent = wire.frame(wire.BINARY, bytes(size))
        head = {0: 2, 125: 2, 126: 4, 65_535: 4, 65_536: 10}[size]
        assert len(sent) == head + 4 + size
        assert sent[0] == 0x82
        assert sent[1] & 0x80, "a client masks"

    @pytest.mark.parametrize("size", [0, 125, 126, 65_536])
    @pytest.mark.parametrize("piece", [1, 7, 1000, 1 << 20])
    def test_frames_of_a_server_are_put_together_from_any_pieces(self, size: int, piece: int) -> None:
        masked = wire.frame(wire.TEXT, b"x" * size)
        head = len(masked) - size - 4
        sent = (bytes([masked[0], masked[1] & 0x7F]) + masked[2:head] + b"x" * size) * 2
        incoming = wire.Incoming()
        found = [one for at in range(0, len(sent), piece) for one in incoming.feed(sent[at : at + piece])]
        assert found == [(wire.TEXT, b"x" * size)] * 2

    def test_who_refuses_is_told_from_who_answers(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def refuse() -> None:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")

            answering = threading.Thread(target=refuse)
            answering.start()
            with pytest.raises(ConnectionRefusedError, match="503"):
                wire.connect(listener.getsockname()[1])
            answering.join()


class TestFigures:
    def test_ours_is_divided_by_the_peers(self) -> None:
        figures = {"streams_per_core": 90, "streams_per_core_peer": 40, "partial_latency_p95_ms": 300.0}
        figures |= {"peer.partial_latency_p95_ms": 400.0, "conversations.wer": 0.03}
        assert bench_speech.ratios(figures) == {
            "ratio.streams_per_core": 2.25,
            "ratio.partial_latency_p95_ms": 0.75,
        }

    def test_what_the_issue_asks_for_is_in_the_file_even_when_it_was_not_measured(self) -> None:
        assert set(bench_speech.KEYS) == {
            *("streams_per_core", "streams_per_core_peer", "partial_latency_p95_ms", "wer_free", "error_digits"),
            *("error_yes_no", "error_satisfaction", "false_accept", "wer_cross_engine"),
            *("error_yes_no_cross_engine", "words_lost_on_kill"),
        }
