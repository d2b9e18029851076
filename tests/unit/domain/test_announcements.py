from __future__ import annotations

from app.domain.announcements import Piece, announcements_of, pieces_of
from tests.fakes.profile import profile

VALUES = {"hours": "по будням", "next_opening": "завтра", "position": "третий"}


def said(name: str, template: str) -> str:
    return " ".join(piece.words(VALUES) for piece in pieces_of(name, template))


def test_a_text_without_variables_is_one_file_of_its_name() -> None:
    assert pieces_of("welcome", "Здравствуйте! Подождите.") == (Piece("welcome", "Здравствуйте! Подождите."),)


def test_constant_pieces_are_numbered_and_marks_go_with_the_variable() -> None:
    template = "Мы отвечаем {hours}. Мы откроемся\n{next_opening}.\nНажмите один."
    assert pieces_of("closed", template) == (
        Piece("closed.1", "Мы отвечаем", pause_ms=40),
        Piece("", ".", "hours", 350),
        Piece("closed.2", "Мы откроемся", pause_ms=40),
        Piece("", ".", "next_opening", 350),
        Piece("closed.3", "Нажмите один.", pause_ms=350),
    )
    assert said("closed", template) == "Мы отвечаем по будням. Мы откроемся завтра. Нажмите один."


def test_nothing_is_lost_where_variables_stand_at_the_edges_or_together() -> None:
    assert said("position", "{position}") == "третий"
    assert said("x", "{hours}, {position}: «{next_opening}»!") == "по будням, третий: завтра»!"
    assert [p.name for p in pieces_of("x", "{hours} — {position} в очереди") if p.name] == ["x.1"]


def test_braces_that_are_doubled_are_braces() -> None:
    assert pieces_of("x", "скобки {{так}}") == (Piece("x", "скобки {так}"),)


def test_every_text_of_an_organisation_is_an_announcement() -> None:
    house = profile()
    found = {one.name: one for one in announcements_of(house)}
    assert set(found) == {*house.announcements, "hours", "survey_answer_received", "survey_satisfaction"}
    assert [piece.name for piece in found["closed"].pieces if piece.name] == ["closed.1", "closed.2", "closed.3"]
    assert found["survey_satisfaction"].pieces[0].text == "Оцените работу консультанта."
    assert found["hours"].text == house.hours_text
