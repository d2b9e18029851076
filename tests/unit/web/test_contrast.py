"""Text on its ground has a contrast of 4.5:1, borders of fields 3:1, in light and in dark (ГОСТ Р 52872-2019)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[3] / "static" / "css" / "base.css").read_text()
LIGHT, DARK = CSS.split("@media (prefers-color-scheme: dark)")[:2]

GROUNDS = ["ground", "surface", "surface-2", "surface-3"]
TEXTS = [
    *((text, ground) for text in ("text", "text-soft") for ground in GROUNDS),
    *(("accent", ground) for ground in ("ground", "surface", "surface-2", "accent-soft")),
    *((tone, ground) for tone in ("good", "warn", "bad") for ground in GROUNDS[:3]),
    *((tone, f"{tone}-soft") for tone in ("good", "warn", "bad")),
    *(("text", f"{tone}-soft") for tone in ("accent", "good", "warn", "bad")),
    ("text-soft", "accent-soft"),
    ("accent-hover", "surface"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-bad", "bad"),
    ("on-bad", "bad-hover"),
    ("idle", "idle-soft"),
]  # fmt: skip
SHAPES = [("line-strong", "surface"), ("focus", "surface"), ("focus", "ground"), ("chart-lost", "surface")]


def tokens(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css.split("\n}", 1)[0]))


def luminance(colour: str) -> float:
    """WCAG 2.1, "relative luminance"."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("css", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_can_be_read(css: str, text: str, ground: str) -> None:
    known = tokens(css)
    assert contrast(known[text], known[ground]) >= 4.5


@pytest.mark.parametrize("css", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_can_be_seen(css: str, shape: str, ground: str) -> None:
    known = tokens(css)
    assert contrast(known[shape], known[ground]) >= 3


def test_dark_has_every_colour_of_light() -> None:
    assert set(tokens(LIGHT)) == set(tokens(DARK))
