from __future__ import annotations

import pytest

from app.application.reports import Role
from app.web.csv_files import csv_lines, harmless
from app.web.masking import masked, name_for, number_for


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+79271234567", "+7 927 ***-**-67"),
        ("101", "101"),
        ("", ""),
        ("+4930123456", "+4***56"),
        ("880055512345678", "***78"),
        ("77", "77"),
        ("a@b", "***"),
    ],
)
def test_masks_leave_too_little_to_call(number: str, shown: str) -> None:
    assert masked(number) == shown


def test_only_the_administrator_sees_who_called() -> None:
    assert number_for(Role.ADMINISTRATOR, "+79271234567") == "+7 927 123-45-67"
    assert number_for(Role.MANAGER, "+79271234567") == "+7 927 ***-**-67"
    assert name_for(Role.MANAGER, "Анна Петровна") == "А. П."
    assert name_for(Role.ADMINISTRATOR, "Анна Петровна") == "Анна Петровна"


@pytest.mark.parametrize("cell", ["=1+1", "+7", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=1", "%x", "|x"])
def test_formulas_are_disarmed(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(("cell", "text"), [(None, ""), (7, "7"), ("7 927", "7 927"), ("да", "да")])
def test_other_cells_stay(cell: object, text: str) -> None:
    assert harmless(cell) == text


def test_the_file_is_what_a_russian_excel_opens() -> None:
    written = b"".join(csv_lines(["Имя", "Тема"], [["a;b", 'say "x"'], ["=1", "две\nстроки"]]))
    assert written.startswith(b"\xef\xbb\xbf")
    assert written.decode("utf-8-sig") == 'Имя;Тема\r\n"a;b";"say ""x"""\r\n\'=1;"две\nстроки"\r\n'
