"""Telephone numbers are checked when they enter and kept as E.164 (L11)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import BadInput
from app.domain.phone_numbers import of_caller, shown, to_e164

E164 = re.compile(r"\+[1-9]\d{6,14}")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("8 (927) 123-45-67", "+79271234567"),
        ("+7 927 123 45 67", "+79271234567"),
        ("9271234567", "+79271234567"),
        ("79271234567", "+79271234567"),
        (" 8-8512-24-50-22 ", "+78512245022"),
        ("8 800 100-00-01", "+78001000001"),
        ("+375 29 123 45 67", "+375291234567"),
    ],
)
def test_a_number_as_people_write_it(text: str, number: str) -> None:
    assert to_e164(text) == number
    assert to_e164(number) == number


@pytest.mark.parametrize("text", ["", " ", "12", "крыша", "24-50-22", "8 927 123-45-6", "+7 000 0000000", "8" * 40])
def test_what_cannot_be_called_says_so(text: str) -> None:
    with pytest.raises(BadInput, match="number"):
        to_e164(text)


@given(st.one_of(st.text(max_size=30), st.from_regex(r"\+?[78]?[ \-()0-9]{5,15}", fullmatch=True)))
def test_any_text_is_a_number_or_is_refused(text: str) -> None:
    try:
        number = to_e164(text)
    except BadInput:
        return
    assert E164.fullmatch(number)
    assert to_e164(number) == number
    assert to_e164(shown(number)) == number


@pytest.mark.parametrize(
    ("user", "number"),
    [
        ("+79271234567", "+79271234567"),
        ("89271234567", "+79271234567"),
        ("101", "101"),
        ("20", "20"),
        ("12345", "12345"),
        ("anonymous", ""),
        ("Anonymous", ""),
        ("unavailable", ""),
        ("", ""),
        (" ", ""),
        ("123456", "123456"),
        ("ivanov", "ivanov"),
        ("x" * 100, "x" * 64),
    ],
)
def test_the_caller_as_the_network_names_him(user: str, number: str) -> None:
    assert of_caller(user) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [("+79271234567", "+7 927 123-45-67"), ("101", "101"), ("", ""), ("ivanov", "ivanov"), ("+", "+")],
)
def test_a_number_for_people(number: str, text: str) -> None:
    assert shown(number) == text
