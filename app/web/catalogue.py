"""The texts people read: English message ids in the code, and one gettext catalogue for each other language.

`locale/<language>/LC_MESSAGES/liniya.po` is read at start and turned into translations in memory, so that no
compiled file can be older than its source. `scripts/update_catalogue.py` gathers what the code uses.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from app.domain.errors import BadInput

LOCALE = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"
DASH = "—"


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate this later"
    """Marks a text for the catalogue where it stands in a table; it is translated where it is shown."""
    return message


def languages() -> list[str]:
    """The languages that there are texts in."""
    return sorted({SOURCE_LANGUAGE, *(path.parents[1].name for path in LOCALE.glob("*/LC_MESSAGES/liniya.po"))})


def read_texts(language: str) -> Catalog:
    """The catalogue of one language. BadInput when there is none."""
    path = LOCALE / language / "LC_MESSAGES" / "liniya.po"
    if language not in languages():
        raise BadInput(f"language «{language}»: there are texts in {', '.join(languages())}")
    if language == SOURCE_LANGUAGE:
        return Catalog(locale=SOURCE_LANGUAGE)
    with path.open("rb") as file:
        return read_po(file, locale=language)


@dataclass(frozen=True)
class ScriptTexts:
    """The part of the catalogue that the browser's scripts need, as `static/js/i18n.js` reads it."""

    language: str
    zone: str
    messages: Mapping[str, str | tuple[str, ...]]
    plural_forms: Mapping[str, int]
    """The category that `Intl.PluralRules` gives, to the place of gettext's plural form."""

    def as_json(self) -> dict[str, Any]:
        return {
            "language": self.language,
            "zone": self.zone,
            "messages": dict(self.messages),
            "plurals": dict(self.plural_forms),
        }


class Catalogue:
    """Texts, numbers, dates and durations in one language and one time zone."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        """BadInput when there are no texts in the language."""
        self.language = language
        self.zone = zone
        self._texts = read_texts(language)
        self.locale = Locale.parse(language)
        self.translations = _in_memory(self._texts) if language != SOURCE_LANGUAGE else NullTranslations()

    # --- texts -----------------------------------------------------------------------------------------------

    def text(self, message: str, **values: object) -> str:
        """The translation, with `%(name)s` filled in; the message itself where there is none."""
        translated = self.translations.gettext(message)
        return translated % values if values else translated

    def plural(self, singular: str, plural: str, count: int, **values: object) -> str:
        """The form that belongs to `count`; `%(num)s` stands for the count."""
        return self.translations.ngettext(singular, plural, count) % {"num": self.number(count), **values}

    def for_scripts(self, *, panel: bool) -> ScriptTexts:
        """What scripts under `static/js` use; those of the panel only for the panel."""
        return ScriptTexts(
            language=self.language,
            zone=self.zone.key,
            messages=dict(self._script_messages(panel=panel)),
            plural_forms=self._plural_forms(),
        )

    def _script_messages(self, *, panel: bool) -> Iterator[tuple[str, str | tuple[str, ...]]]:
        for message in self._texts:
            if message.id and message.string and _used_by_scripts(message, panel=panel):
                msgid = message.id if isinstance(message.id, str) else message.id[0]
                yield msgid, message.string if isinstance(message.string, str) else tuple(message.string)

    def _plural_forms(self) -> dict[str, int]:
        rule = self.locale.plural_form
        form_of = getattr(self.translations, "plural", lambda n: int(n != 1))
        return {rule(number): int(form_of(number)) for number in range(200, -1, -1)}

    # --- numbers and times -----------------------------------------------------------------------------------

    def number(self, value: float) -> str:
        return numbers.format_decimal(value, locale=self.locale)

    def percent(self, share: float | None) -> str:
        """A share 0-1 as whole percent; a dash where there is none."""
        return DASH if share is None else numbers.format_percent(share, "#,##0\u00a0%", locale=self.locale)

    def day(self, day: date, form: str = "long") -> str:
        """`form` is Babel's: short, medium, long, full or a pattern."""
        return dates.format_date(day, form, locale=self.locale)

    def weekday(self, day: date) -> str:
        return dates.format_date(day, "EEEEEE", locale=self.locale)

    def moment(self, at: datetime | None, form: str = "d MMM y, HH:mm") -> str:
        """A moment in the organisation's time zone; a dash where there is none."""
        return DASH if at is None else dates.format_datetime(at, form, tzinfo=self.zone, locale=self.locale)

    def clock_time(self, at: datetime) -> str:
        """Hours, minutes and seconds in the organisation's time zone."""
        return dates.format_time(at, "HH:mm:ss", tzinfo=self.zone, locale=self.locale)

    def duration(self, seconds: float | None) -> str:
        """`0:42`, `12:05`, `1:02:07`; a dash where there is none."""
        if seconds is None:
            return DASH
        minutes, second = divmod(round(seconds), 60)
        hours, minute = divmod(minutes, 60)
        return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _in_memory(texts: Catalog) -> Translations:
    compiled = io.BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return Translations(compiled)


def _used_by_scripts(message: Message, *, panel: bool) -> bool:
    places = [path for path, _line in message.locations if path.startswith("static/js/")]
    return bool(places) if panel else any(not path.startswith("static/js/panel/") for path in places)
