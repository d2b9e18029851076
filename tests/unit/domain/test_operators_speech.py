"""The operator's speech, kind by kind, and what holds of any conversation (L6)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calls import Phrase
from app.domain.facts import Speaker
from app.domain.operators_speech import (
    Hinted,
    HintKind,
    Slip,
    all_slips,
    choose,
    figures,
    silence,
    slips,
)
from app.domain.speech_rules import Pace, SpeechRules, Tautology, WordList

RULES = SpeechRules(
    source=("property 22",),
    pace=Pace(80, 140, 20),
    pause_s=12,
    hint_every_s=20,
    interjections=WordList("interjections", ("ну", "э", "ага"), "Без междометий."),
    fillers=WordList("fillers", ("как бы", "короче"), "Без слов-паразитов."),
    stop_words=(
        WordList("aggression", ("не орите", "вы обязаны"), "Спокойнее."),
        WordList("diminutives", ("справочка", "документик"), "Без уменьшительных."),
        WordList("jargon", ("движуха", "слушай", "типа", "успокойтесь"), "Без жаргона."),
    ),
    evasions=WordList("evasions", ("вопрос взят на контроль", "принято в обработку"), "Назовите срок."),
    tautology=Tautology(12, "Повторяетесь.", ("заявление",)),
    interruptions="Дослушайте.",
)
NOTHING = SpeechRules()


def said(
    text: str,
    start_s: float = 0.0,
    *,
    speaker: Speaker = Speaker.OPERATOR,
    login: str = "anna",
    word_s: float = 0.5,
) -> Phrase:
    """A phrase of equally long words."""
    words = text.split()
    times = tuple((w, start_s + n * word_s, start_s + (n + 1) * word_s) for n, w in enumerate(words))
    operator = login if speaker is Speaker.OPERATOR else ""
    return Phrase(speaker, operator, text, start_s, start_s + len(words) * word_s, times)


def caller(text: str, start_s: float, word_s: float = 0.5) -> Phrase:
    return said(text, start_s, speaker=Speaker.CALLER, word_s=word_s)


def kinds(found: list[Slip]) -> list[HintKind]:
    return [one.kind for one in found]


# --- words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "heard"),
    [
        ("ну я сейчас посмотрю", HintKind.INTERJECTION, "ну"),
        ("Ага, слышу Вас", HintKind.INTERJECTION, "ага"),
        ("это как бы готово", HintKind.FILLER, "как бы"),
        ("короче ждите письма", HintKind.FILLER, "короче"),
        ("не орите на меня", HintKind.STOP_WORD, "не орите"),
        ("не надо орите", HintKind.STOP_WORD, "не надо орите"),
        ("вы обязаны прийти", HintKind.STOP_WORD, "вы обязаны"),
        ("вот справочки готовы", HintKind.STOP_WORD, "справочки"),
        ("слушай сюда", HintKind.STOP_WORD, "слушай"),
        ("типа завтра", HintKind.STOP_WORD, "типа"),
        ("движухой это зовётся", HintKind.STOP_WORD, "движухой"),
        ("вот ваши документики", HintKind.STOP_WORD, "документики"),
        ("ваш вопрос взят на контроль", HintKind.EVASION, "вопрос взят на контроль"),
        ("вопрос уже взят на особый контроль", HintKind.EVASION, "вопрос уже взят на особый контроль"),
        ("Принято в обработку.", HintKind.EVASION, "принято в обработку"),
    ],
)
def test_a_word_of_a_list_is_found(text: str, kind: HintKind, heard: str) -> None:
    (found,) = slips(RULES, (), said(text))
    assert (found.kind, found.heard, found.operator) == (kind, heard, "anna")
    assert found.advice


@pytest.mark.parametrize(
    "text",
    [
        "но это нужно",  # not «ну»
        "эта справка готова",  # not «э», not «справочка»
        "как быстро вы приедете",  # not «как бы»
        "вы не обязаны",  # told with a word between, yet within the gap: see below
        "вопрос на рассмотрении",
        "контроль взят вопрос",
        "слушаю вас внимательно",  # not «слушай»
        "дом по типу такому же",
        "они успокоились",
        "",
    ],
)
def test_other_words_are_not(text: str) -> None:
    expected = ["вы не обязаны"] if text == "вы не обязаны" else []
    assert [one.heard for one in slips(RULES, (), said(text))] == expected


def test_words_of_the_caller_are_the_callers_own_business() -> None:
    assert slips(RULES, (), caller("ну короче не орите", 0)) == []


MARKED = replace(
    NOTHING,
    stop_words=(
        WordList("familiarity", ("женщина!", "голуб*", "*очка"), "По имени."),
        WordList("refusal", ("не знаю", "вы обязаны", "перезвоните|позвоните попозже"), "Иначе.", ("не обязаны",)),
        WordList("terms", ("гиа",), "Поясните.", ("то есть",)),
    ),
    evasions=WordList("evasions", ("ждите ответа",), "Срок.", ("ждите ответа до|через", "до ждите ответа")),
)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("женщина подождите", ["женщина"]),
        ("заявление женщины у нас", []),
        ("голубчик одна минуточка", ["голубчик", "минуточка"]),
        ("позвоните попозже", ["позвоните попозже"]),
        ("перезвоните лучше попозже", ["перезвоните лучше попозже"]),
        ("не очень знаю", ["не очень знаю"]),
        ("не волнуйтесь я знаю", []),
        ("вы не обязаны и не должны", []),
        ("вы не обязаны но вы обязаны", ["вы обязаны"]),
        ("гиа начнётся в мае", ["гиа"]),
        ("гиа то есть аттестация", []),
        ("то есть гиа начнётся в мае", ["гиа"]),
        ("ждите ответа", ["ждите ответа"]),
        ("ждите от нас ответа до пятницы", []),
        ("до пятницы ждите ответа", []),
        ("ждите ответа может быть через неделю", []),
    ],
)
def test_words_have_the_marks_of_cues_and_are_harmless_with_others(text: str, heard: list[str]) -> None:
    assert [one.heard for one in slips(MARKED, (), said(text))] == heard


def test_a_phrase_cut_in_two_is_heard_whole_and_once() -> None:
    first = said("ваш вопрос взят", 10)
    assert slips(RULES, (), first) == []
    (found,) = slips(RULES, (first,), said("на контроль", 13))
    assert (found.kind, found.heard, found.at_s) == (HintKind.EVASION, "вопрос взят на контроль", 13)
    assert slips(RULES, (first,), said("на контроль", 30)) == []
    whole = said("вопрос взят на контроль", 10)
    assert slips(RULES, (whole,), said("спасибо", 13)) == []
    assert slips(RULES, (replace(first, operator="boris"),), said("на контроль", 13)) == []


def test_each_time_counts_and_has_its_time() -> None:
    found = slips(RULES, (), said("ну вот ну", 100))
    assert [one.at_s for one in found] == [100, 101]


def test_the_gravest_comes_first() -> None:
    found = slips(RULES, (), said("ну короче вы обязаны вопрос взят на контроль"))
    assert kinds(found) == [HintKind.STOP_WORD, HintKind.EVASION, HintKind.INTERJECTION, HintKind.FILLER]
    assert found[0].group == "aggression"


def test_rules_that_say_nothing_watch_nothing() -> None:
    talk = [
        said("ну короче вы обязаны " * 20, 0, word_s=0.1),
        caller("да но я говорю", 3),
        said("а я вот сказал", 3.6),
    ]
    assert all_slips(NOTHING, talk) == []
    assert silence(NOTHING, "anna", 0, 1000) is None


# --- pace ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("per_minute", "kind"),
    [
        (60, HintKind.TOO_SLOW),
        (78, HintKind.TOO_SLOW),
        (80, None),
        (110, None),
        (140, None),
        (142, HintKind.TOO_FAST),
        (240, HintKind.TOO_FAST),
    ],
)
def test_the_pace_over_a_stretch_of_speech(per_minute: int, kind: HintKind | None) -> None:
    seconds = 30.0
    count = round(per_minute * seconds / 60)
    text = " ".join(f"слово{n}" for n in range(count))
    phrase = said(text, 5, word_s=seconds / count)
    found = slips(replace(RULES, tautology=Tautology()), (), phrase)
    assert kinds(found) == ([kind] if kind else [])
    if found:
        assert found[0].value == pytest.approx(60 * count / seconds, abs=0.1)
        assert found[0].at_s == phrase.end_s


def test_the_pace_is_of_speech_and_not_of_pauses() -> None:
    """Ten seconds of speech, a minute of listening, ten more: 120 words a minute, not 20."""
    talk = [said(" ".join(f"раз{n}" for n in range(20)), 0), said(" ".join(f"два{n}" for n in range(20)), 70)]
    assert all_slips(RULES, talk) == []
    assert figures(RULES, talk, "anna").pace == 120.0


def test_each_stretch_is_judged_once() -> None:
    hurried = [said(" ".join(f"слово{n}{m}" for m in range(25)), n * 10, word_s=0.2) for n in range(12)]
    live = [slip for n, one in enumerate(hurried) for slip in slips(RULES, hurried[:n], one)]
    assert kinds(live) == [HintKind.TOO_FAST] * 3
    assert live == all_slips(RULES, hurried)


def test_haste_after_calm_words_is_noticed_at_once() -> None:
    """Calm words are forgotten as others follow, and do not dilute these until twenty seconds are full again."""
    calm = [said(" ".join(f"раз{n}{m}" for m in range(11)), n * 10, word_s=0.55) for n in range(3)]
    hurried = [said(" ".join(f"два{n}{m}" for m in range(23)), 40 + n * 10, word_s=0.3) for n in range(3)]
    (found,) = all_slips(RULES, [*calm, *hurried])
    assert (found.kind, found.at_s) == (HintKind.TOO_FAST, hurried[1].end_s)
    assert found.value > 140


def test_a_colleagues_pace_is_a_colleagues() -> None:
    hurried = said(" ".join(f"слово{n}" for n in range(40)), 0, word_s=0.2, login="boris")
    mine = said(" ".join(f"слово{n}" for n in range(59)), 20, word_s=0.2, login="anna")
    assert kinds(all_slips(RULES, [hurried, mine])) == []


# --- repetition ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("решение комиссии выносит решение", ["решение"]),
        ("проверка проверяется проверкой", ["проверкой"]),
        ("заявление подают с копией заявления", []),  # allowed
        ("дом и дом", []),  # short
        ("очень очень жаль", []),
        ("который дом тот который", []),
        ("проверка проверка", []),  # a stammer
        ("марина львовна записала и спасибо марина львовна", []),
        ("двести двадцать два двадцать тридцать двадцать", []),
        ("в среду или раньше среды", []),
        ("проверка раз два три четыре пять шесть семь восемь девять десять одиннадцать проверка", ["проверка"]),
        ("проверка раз два три четыре пять шесть семь восемь девять десять одиннадцать нет проверка", []),
    ],
)
def test_the_same_word_again(text: str, heard: list[str]) -> None:
    found = [one for one in slips(RULES, (), said(text)) if one.kind is HintKind.TAUTOLOGY]
    assert [one.heard for one in found] == heard


@pytest.mark.parametrize(("later_s", "count"), [(2, 1), (29, 1), (31, 0)])
def test_a_word_of_the_phrase_before_is_repeated_for_a_while(later_s: float, count: int) -> None:
    first = said("идёт проверка дома", 0)
    second = said("идёт проверка", first.end_s + later_s)
    found = [one for one in slips(RULES, (first,), second) if one.heard == "проверка"]
    assert len(found) == count


@pytest.mark.parametrize(("answer", "count"), [("да", 1), ("какая проверка", 0)])
def test_after_the_callers_turn_a_sentence_stands_by_itself(answer: str, count: int) -> None:
    before = (said("идёт проверка дома", 0), caller(answer, 2))
    found = [one for one in slips(RULES, before, said("эта проверка плановая", 4)) if one.heard == "проверка"]
    assert len(found) == count


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("буква точка ру ещё раз буква точка ру", []),
        ("точка буква ру ещё раз точка буква ру", []),
        ("ру буква точка ещё раз ру буква точка", []),
        ("буква точка ру ещё раз буква точка ком", ["буква", "точка"]),
    ],
)
def test_what_is_dictated_once_more_is_no_tautology(text: str, heard: list[str]) -> None:
    found = [one for one in slips(RULES, (), said(text)) if one.kind is HintKind.TAUTOLOGY]
    assert [one.heard for one in found] == heard


# --- both at once, and nobody --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "start_s", "is_one"),
    [
        ("подождите я объясню", 12.2, True),
        ("подождите я объясню", 13.4, True),
        ("подождите я объясню", 13.8, False),  # the caller's last word
        ("подождите я объясню", 9.9, False),  # the operator began first
        ("подождите я объясню", 15.5, False),
        ("да понимаю", 12.2, False),  # shows that one listens
    ],
)
def test_who_begins_while_the_caller_speaks(text: str, start_s: float, is_one: bool) -> None:
    told = caller("у меня вот уже неделю нет отопления и воды", 10.0)
    spoken = said(text, start_s)
    expected = [HintKind.INTERRUPTION] if is_one else []
    # Whichever of the two the recogniser finishes first.
    assert kinds(slips(RULES, (told,), spoken)) == expected
    assert kinds(slips(RULES, (spoken,), told)) == expected


def test_an_interruption_is_of_who_interrupted() -> None:
    spoken = said("подождите я объясню", 12.2, login="boris")
    (found,) = slips(RULES, (spoken,), caller("у меня вот уже неделю нет отопления", 10))
    assert (found.operator, found.at_s) == ("boris", 12.2)


@pytest.mark.parametrize(("now_s", "is_one"), [(41.9, False), (42.0, True), (100.0, True)])
def test_a_long_silence(now_s: float, is_one: bool) -> None:
    found = silence(RULES, "anna", 30.0, now_s)
    assert (found is not None) is is_one
    if found:
        assert (found.kind, found.value, found.operator) == (HintKind.SILENCE, round(now_s - 30, 1), "anna")


# --- hints ---------------------------------------------------------------------------------------------------

SLIP = Slip(HintKind.STOP_WORD, "anna", 100.0, "вы обязаны", group="aggression", advice="Спокойнее.")


@pytest.mark.parametrize(("now_s", "given"), [(119.9, False), (120.0, True), (500.0, True)])
def test_at_most_one_hint_in_its_time(now_s: float, given: bool) -> None:
    found = choose(RULES, [SLIP], [Hinted(HintKind.TOO_FAST, 100.0)], (), now_s)
    assert (found == SLIP) is given


@pytest.mark.parametrize(
    ("text", "before", "given", "hinted"),
    [
        ("ну вот", (), (), False),
        ("ну ну", (), (), True),
        ("ну вот", (said("ну да", 0),), (), True),
        ("ну вот", (said("ну да", 0, login="boris"),), (), False),
        ("ну вот", (said("ну да", 0),), (Hinted(HintKind.INTERJECTION, 10.0),), False),
        ("ну вот", (said("ну да", 20),), (Hinted(HintKind.INTERJECTION, 10.0),), True),
        ("ну вот", (said("короче", 20),), (), False),
    ],
)
def test_a_single_small_slip_is_no_matter(
    text: str, before: tuple[Phrase, ...], given: tuple[Hinted, ...], hinted: bool
) -> None:
    phrase = said(text, 60)
    found = slips(RULES, before, phrase)
    assert (choose(RULES, found, given, before, 61) is not None) is hinted


def test_what_has_no_advice_is_counted_and_not_hinted_at() -> None:
    mute = replace(RULES, evasions=WordList("evasions", ("принято в обработку",)))
    found = slips(mute, (), said("принято в обработку"))
    assert kinds(found) == [HintKind.EVASION]
    assert choose(mute, found, (), (), 1) is None


def test_the_gravest_is_hinted_at() -> None:
    found = slips(RULES, (), said("ну ну вы обязаны"))
    chosen = choose(RULES, list(reversed(found)), (), (), 1)
    assert chosen is not None
    assert chosen.kind is HintKind.STOP_WORD


def test_the_figures_of_the_record() -> None:
    talk = [
        said("ну вы обязаны прийти", 0),
        caller("я ну приду", 5),
        said("ну хорошо", 10),
        said("ну", 12, login="boris"),
    ]
    its = figures(RULES, talk, "anna")
    assert (its.words, its.speech_s, its.pace) == (6, 3.0, 120.0)
    assert its.slips == {HintKind.STOP_WORD: 1, HintKind.INTERJECTION: 2}
    assert figures(RULES, talk, "vera") == figures(RULES, [], "anna")
    assert figures(RULES, talk, "vera").pace == 0.0


# --- any conversation ----------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        *("ну", "короче", "вы", "обязаны", "вопрос", "взят", "на", "контроль", "проверка", "проверки"),
        *("как", "бы", "да", "я", "слушаю", "не", "орите", "справочка"),
    ]
)
PHRASES = st.builds(
    lambda words, gap, speaker, login, word_s: (" ".join(words), gap, speaker, login, word_s),
    st.lists(WORDS, min_size=1, max_size=12),
    st.floats(-3, 20),
    st.sampled_from(Speaker),
    st.sampled_from(["anna", "boris"]),
    st.sampled_from([0.2, 0.5, 1.0]),
)


def talk_of(parts: list[tuple[str, float, Speaker, str, float]]) -> list[Phrase]:
    talk: list[Phrase] = []
    at = 5.0
    for text, gap, speaker, login, word_s in parts:
        at = max(0.0, at + gap)
        talk.append(said(text, at, speaker=speaker, login=login, word_s=word_s))
        at = talk[-1].end_s
    return talk


@given(st.lists(PHRASES, max_size=20).map(talk_of))
def test_what_is_found_live_is_what_the_record_says(talk: list[Phrase]) -> None:
    live = [slip for n, one in enumerate(talk) for slip in slips(RULES, talk[:n], one)]
    assert sorted(live, key=repr) == sorted(all_slips(RULES, talk), key=repr)
    for login in ("anna", "boris"):
        counted = figures(RULES, talk, login).slips
        assert sum(counted.values()) == sum(one.operator == login for one in live)


@given(st.lists(PHRASES, max_size=20).map(talk_of))
def test_hints_keep_their_distance(talk: list[Phrase]) -> None:
    given_hints: list[Hinted] = []
    for n, phrase in enumerate(talk):
        chosen = choose(RULES, slips(RULES, talk[:n], phrase), given_hints, talk[:n], phrase.end_s)
        if chosen:
            assert not given_hints or phrase.end_s - given_hints[-1].at_s >= RULES.hint_every_s
            given_hints.append(Hinted(chosen.kind, phrase.end_s))


@given(st.lists(PHRASES, max_size=12).map(talk_of), st.integers(0, 12))
def test_what_comes_later_changes_nothing_of_what_was_found(talk: list[Phrase], cut: int) -> None:
    """But for interruptions, which are known only when both phrases are."""
    calm = replace(RULES, interruptions="")
    assert not Counter(all_slips(calm, talk[:cut])) - Counter(all_slips(calm, talk))
