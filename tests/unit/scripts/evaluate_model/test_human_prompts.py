import numpy as np
import pytest

from scripts.evaluate_model import human_prompts
from scripts.evaluate_model.human_prompts import as_spoken, transcripts


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Нажмите 1, чтобы прослушать...", "нажмите один чтобы прослушать"),
        ("Что бы набрать данный номер.", "чтобы набрать данный номер"),
        ("«Эхо-тест» завершён.", "эхо тест завершён"),
        ("Нажмите клавишу «взёздочка» для отмены.", "нажмите клавишу звёздочка для отмены"),
        ("7 и 9 - для уменьшения", "семь и девять для уменьшения"),
    ],
)
def test_a_prompt_is_written_out_as_it_is_spoken(text: str, spoken: str) -> None:
    assert as_spoken("any", text) == tuple(spoken.split())


@pytest.mark.parametrize(
    "text",
    [
        "[ascending tones]",
        "(1 second of silence)",
        "Дефис. [-]",
        "клавишу 7 для буквы «Q»",
        "набрав 500",
        "не ниже 28,8 килобит",
        "аш-323",
        "выключить / включить микрофон",
        "отключиться от АТС",
        "введите ваш ПИН-код",
        "Д А Х Д И",
        "первoe",
        "",
    ],
)
def test_what_is_not_certain_is_left_out(text: str) -> None:
    assert as_spoken("any", text) == ()


def test_foreign_letters_are_left_out_and_signs_stay() -> None:
    assert as_spoken("letters/g", "джи") == ()
    assert as_spoken("letters/ascii44", "Запятая") == ("запятая",)


def test_lines_are_names_and_texts() -> None:
    told = "; Core Asterisk Sounds\n\nadded: Добавлено\ntime: Время: сейчас\n"
    assert transcripts(told) == {"added": "Добавлено", "time": "Время: сейчас"}


def test_packages_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(human_prompts, "PACKAGES", ("liniya-no-such-package", "liniya-nor-this"))
    with pytest.raises(RuntimeError, match="apt-get install liniya-no-such-package liniya-nor-this"):
        next(human_prompts.human_prompts())


@pytest.mark.needs_debian
def test_the_prompts_of_debian_are_read() -> None:
    try:
        prompts = list(human_prompts.human_prompts())
    except RuntimeError as lack:
        pytest.skip(str(lack))
    named = {prompt.name: prompt for prompt in prompts}
    assert len(prompts) > 400
    assert named["digits/7"].words == ("семь",)
    for prompt in prompts:
        assert prompt.samples.dtype == np.int16
        assert 0.1 < len(prompt.samples) / 8000 / len(prompt.words) < 2
