"""Telephone numbers: checked when they enter, kept as E.164 (L11)."""

from __future__ import annotations

import re

import phonenumbers

from app.domain.errors import BadInput

REGION = "RU"
INTERNAL = re.compile(r"\d{2,5}")


def to_e164(text: str) -> str:
    """`8 (927) 123-45-67` -> `+79271234567`. BadInput when it cannot be a telephone number."""
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        raise BadInput(
            f"«{text.strip()}» is not a telephone number: write it as +7 927 123-45-67", "number"
        ) from None
    if not phonenumbers.is_valid_number(number):
        raise BadInput(f"«{text.strip()}» is not a number that can be called: check the digits", "number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def of_caller(user_part: str) -> str:
    """The user part of a SIP From as it is kept: E.164, an internal number as it stands, or "" when withheld.

    A number that is neither is kept as its digits, so that nothing is lost."""
    digits = user_part.strip()
    if not digits or digits.lower() in {"anonymous", "unavailable", "unknown", "restricted"}:
        return ""
    if INTERNAL.fullmatch(digits):
        return digits
    try:
        return to_e164(digits)
    except BadInput:
        return digits[:64]


def shown(number: str) -> str:
    """For people: `+7 927 123-45-67`; what is not E.164 stays as it is."""
    if not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
