"""How wide a text is when a browser sets it, without a browser: by a wide sans-serif face (DejaVu Sans, in em).

Faces that viewers have instead (Arial, Segoe UI, Roboto) are narrower, so what fits here fits there.
"""

from __future__ import annotations

_GROUPS = {
    0.32: " .,:;!|'`ijlI·",
    0.42: '()[]{}-–"/\\ftr',
    0.56: "гсэзъьcskzvxyJ?«»",
    0.66: "абвдеёийклнопртухцчяabdeghnopquEFLPSTBZГЕЁЗРСТЬЭ0123456789№%#+=*_<>",
    0.80: "мыACDGHKNOQRUVXYАБВДИЙКЛНОПУХЦЧЪЯ—~&",
    0.96: "жшщюфmwMWЖМФШЩЫЮ@…",
}
_WIDTHS = {character: width for width, characters in _GROUPS.items() for character in characters}
_OTHER = 0.96
_BOLD = 1.1


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Pixels at a font size in pixels."""
    return sum(_WIDTHS.get(character, _OTHER) for character in text) * size * (_BOLD if bold else 1.0)


def wrapped(text: str, room: float, size: float, *, bold: bool = False) -> list[str]:
    """The text in lines of at most `room` pixels, broken between words, and within a word that is longer."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        tried = f"{line} {word}".strip()
        if width_of(tried, size, bold=bold) <= room:
            line = tried
            continue
        lines += [line] if line else []
        line = word
        while width_of(line, size, bold=bold) > room:
            fits = _fitting(line, room, size, bold=bold)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line] if line else lines


def _fitting(word: str, room: float, size: float, *, bold: bool) -> int:
    count = len(word)
    while count > 1 and width_of(word[:count], size, bold=bold) > room:
        count -= 1
    return count
