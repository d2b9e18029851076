"""Numbers as each role may see them: ratings stay as anonymous as possible (education 5.4, M2)."""

from __future__ import annotations

from app.application.reports import Role
from app.domain import phone_numbers


def masked(number: str) -> str:
    """`+79271234567` -> `+7 927 ***-**-67`. Internal numbers name no caller and stay; of others two digits stay."""
    if phone_numbers.INTERNAL.fullmatch(number) or not number:
        return number
    if number.startswith("+7") and len(number) == 12:
        return f"+7 {number[2:5]} ***-**-{number[-2:]}"
    return f"{number[:2] if number.startswith('+') else ''}***{number[-2:]}" if len(number) > 4 else "***"


def number_for(role: Role, number: str) -> str:
    """The number for people of this role to read; "" when it was withheld."""
    return phone_numbers.shown(number) if role is Role.ADMINISTRATOR else masked(number)


def name_for(role: Role, name: str) -> str:
    """The caller's name, as initials for those who do not see numbers: `Анна Петровна` -> `А. П.`."""
    if role is Role.ADMINISTRATOR:
        return name
    return " ".join(f"{part[0]}." for part in name.split())
