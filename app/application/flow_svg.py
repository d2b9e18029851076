"""A script drawn as SVG: for `liniya flows show` and for the page of scripts. Looks well on light and on dark."""

from __future__ import annotations

from html import escape

from app.application.flow_layout import (
    BOX_WIDTH,
    LABEL_SIZE,
    LINE,
    MARGIN,
    PADDING,
    SMALL_LINE,
    SMALL_SIZE,
    START_ROOM,
    TITLE_SIZE,
    Box,
    Drawing,
    Edge,
    Point,
    layout,
)
from app.domain.flow import Flow

CORNER = 6.0

STYLE = """
.flow{--paper:#fff;--box:#f4f6fb;--side:#fff;--ink:#1a2233;--soft:#4a5468;--line:#5b6780;--main:#1f4fa3;--end:#1b6b3a}
@media (prefers-color-scheme:dark){.flow{--paper:#12161f;--box:#1d2636;--side:#171d29;--ink:#eef2fa;--soft:#b7c0d2;
--line:#8d99b3;--main:#8ab4ff;--end:#7fd6a0}}
.flow text{font-family:"DejaVu Sans","Segoe UI",Roboto,Arial,sans-serif;fill:var(--ink)}
.flow .paper{fill:var(--paper)}
.flow .box{fill:var(--box);stroke:var(--main);stroke-width:2}
.flow .branch .box{fill:var(--side);stroke:var(--line);stroke-width:1.5}
.flow .end .box{stroke:var(--end);stroke-width:3}
.flow .title{font-weight:700}
.flow .small{fill:var(--soft)}
.flow .edge{fill:none;stroke:var(--line);stroke-width:1.5}
.flow .edge.main{stroke:var(--main);stroke-width:2.5}
.flow .label{fill:var(--ink);stroke:var(--paper);stroke-width:4;paint-order:stroke;stroke-linejoin:round}
.flow .tip{fill:var(--line)}
.flow .tip.main,.flow .start{fill:var(--main)}
"""


def svg(flow: Flow, title: str) -> str:
    """The whole drawing; `title` is what a screen reader says of it."""
    drawing = layout(flow)
    size = (
        f'width="{drawing.width:g}" height="{drawing.height:g}" viewBox="0 0 {drawing.width:g} {drawing.height:g}"'
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="flow" role="img" {size}>',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{drawing.width:g}" height="{drawing.height:g}"/>',
        *_start(drawing),
        *(_line(edge) for edge in drawing.edges),
        *(_box(box) for box in drawing.boxes),
        *(_tip(edge) for edge in drawing.edges),
        *(_label(edge) for edge in drawing.edges),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _start(drawing: Drawing) -> list[str]:
    x = MARGIN + 40
    top = drawing.boxes[0].rect.y
    return [
        f'<circle class="start" cx="{x:g}" cy="{top - START_ROOM + 8:g}" r="7"/>',
        f'<path class="edge main" d="M{x:g} {top - START_ROOM + 15:g}V{top - 8:g}"/>',
        f'<path class="tip main" d="M{x:g} {top:g}l-5 -9h10z"/>',
    ]


def _box(box: Box) -> str:
    kinds = " ".join(["stage", *(["branch"] if box.branch else []), *(["end"] if box.end else [])])
    x, y = box.rect.x + PADDING, box.rect.y + PADDING
    rows = [
        f'<g class="{kinds}">',
        f'<rect class="box" x="{box.rect.x:g}" y="{box.rect.y:g}" width="{BOX_WIDTH:g}" '
        f'height="{box.rect.height:g}" rx="8"/>',
    ]
    for line in box.title:
        y += LINE
        rows.append(_text(line, x, y - 5, TITLE_SIZE, "title"))
    for line in (*box.clauses, box.counts):
        y += SMALL_LINE
        rows.append(_text(line, x, y - 4, SMALL_SIZE, "small"))
    return "\n".join([*rows, "</g>"])


def _text(text: str, x: float, y: float, size: float, kind: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" font-size="{size:g}">{escape(text)}</text>'


def _line(edge: Edge) -> str:
    kind = "edge main" if edge.main else "edge"
    return f'<path class="{kind}" d="{_rounded(edge.points)}"/>'


def _rounded(points: tuple[Point, ...]) -> str:
    """Along the points, with rounded corners."""
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(CORNER, _distance(before, here) / 2, _distance(here, after) / 2)
        into, out = _towards(here, before, reach), _towards(here, after, reach)
        path += f"L{into[0]:g} {into[1]:g}Q{here[0]:g} {here[1]:g} {out[0]:g} {out[1]:g}"
    return path + f"L{points[-1][0]:g} {points[-1][1]:g}"


def _distance(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(start: Point, goal: Point, reach: float) -> Point:
    length = _distance(start, goal) or 1.0
    return (
        start[0] + (goal[0] - start[0]) / length * reach,
        start[1] + (goal[1] - start[1]) / length * reach,
    )


def _tip(edge: Edge) -> str:
    (from_x, _), (x, y) = edge.points[-2], edge.points[-1]
    if edge.main:
        return f'<path class="tip main" d="M{x:g} {y:g}l-5 -9h10z"/>'
    back = -9 if from_x < x else 9
    return f'<path class="tip" d="M{x:g} {y:g}l{back} -5v10z"/>'


def _label(edge: Edge) -> str:
    if edge.label is None:
        return ""
    rect = edge.label.rect
    return _text(edge.label.text, rect.x, rect.bottom - 3, LABEL_SIZE, "label")
