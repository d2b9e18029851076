"""The drawing of a script: nothing lies upon anything else, and every text fits."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.application.flow_layout import BOX_WIDTH, PADDING, SMALL_SIZE, TITLE_SIZE, Drawing, Rect, layout
from app.application.flow_svg import svg
from app.application.text_width import width_of, wrapped
from app.domain.flow import Flow, Kind, Next, Stage
from app.storage.flows import load_profile

FLOWS = Path(__file__).parents[3] / "call_flows"
PROFILES = [load_profile(one.parent, years=range(2026, 2028)) for one in sorted(FLOWS.glob("*/profile.yaml"))]
DRAWN = [(profile.id, flow) for profile in PROFILES for flow in profile.flows]

EVERYWHERE = Flow(
    "all",
    tuple(
        Stage(
            f"s{n}",
            f"Этап с очень длинным названием номер {n}, которое не помещается в строку " + "ы" * n * 9,
            next=tuple(Next(f"s{to}", Kind.ONWARD, "" if to % 2 else "Переход") for to in range(6)),
            end=n == 5,
        )
        for n in range(6)
    ),
)
"""Every stage leads to every stage, itself included."""
CASES = [pytest.param(flow, id=f"{name}-{flow.id}") for name, flow in [*DRAWN, ("made", EVERYWHERE)]]


def segments(drawing: Drawing) -> list[Rect]:
    """The straight parts of the edges, with no thickness."""
    found = []
    for edge in drawing.edges:
        for (x, y), (to_x, to_y) in zip(edge.points, edge.points[1:], strict=False):
            found.append(Rect(min(x, to_x), min(y, to_y), abs(to_x - x), abs(to_y - y)))
    return found


def inner(rect: Rect) -> Rect:
    return Rect(rect.x + 0.5, rect.y + 0.5, rect.width - 1, rect.height - 1)


@pytest.mark.parametrize("flow", CASES)
def test_no_box_and_no_title_lies_upon_another(flow: Flow) -> None:
    drawing = layout(flow)
    assert {box.stage for box in drawing.boxes} == {stage.id for stage in flow.stages}
    taken = [box.rect for box in drawing.boxes] + [edge.label.rect for edge in drawing.edges if edge.label]
    assert not [(one, other) for one, other in combinations(taken, 2) if one.meets(other)]


@pytest.mark.parametrize("flow", CASES)
def test_no_edge_runs_through_a_box_or_a_title(flow: Flow) -> None:
    drawing = layout(flow)
    taken = [box.rect for box in drawing.boxes] + [edge.label.rect for edge in drawing.edges if edge.label]
    thick = [Rect(one.x - 0.1, one.y - 0.1, one.width + 0.2, one.height + 0.2) for one in segments(drawing)]
    assert not [(one, other) for one in thick for other in taken if one.meets(inner(other))]


@pytest.mark.parametrize("flow", CASES)
def test_no_two_edges_run_upon_each_other(flow: Flow) -> None:
    """They may cross: one goes across, the other down."""
    parts = [one for one in segments(layout(flow)) if one.width or one.height]
    for one, other in combinations(parts, 2):
        if bool(one.width) != bool(other.width):
            continue
        if one.width:
            assert one.y != other.y or one.right <= other.x or other.right <= one.x
        else:
            assert one.x != other.x or one.bottom <= other.y or other.bottom <= one.y


@pytest.mark.parametrize("flow", CASES)
def test_all_stands_on_the_paper_and_all_texts_fit(flow: Flow) -> None:
    drawing = layout(flow)
    room = BOX_WIDTH - 2 * PADDING
    for box in drawing.boxes:
        assert box.rect.x >= 0
        assert box.rect.right <= drawing.width
        assert box.rect.bottom <= drawing.height
        assert all(width_of(line, TITLE_SIZE, bold=True) <= room for line in box.title)
        assert all(width_of(line, SMALL_SIZE) <= room for line in (*box.clauses, box.counts))
    for edge in drawing.edges:
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in edge.points)


@pytest.mark.parametrize("flow", CASES)
def test_every_edge_leaves_its_box_and_enters_the_other(flow: Flow) -> None:
    drawing = layout(flow)
    drawn = sorted((edge.source, edge.target) for edge in drawing.edges)
    assert drawn == sorted((stage.id, edge.to) for stage in flow.stages for edge in stage.next)
    for edge in drawing.edges:
        for stage, (x, y) in ((edge.source, edge.points[0]), (edge.target, edge.points[-1])):
            rect = drawing.box(stage).rect
            assert rect.x <= x <= rect.right
            assert rect.y <= y <= rect.bottom


@pytest.mark.parametrize("flow", CASES)
def test_the_main_course_goes_down(flow: Flow) -> None:
    drawing = layout(flow)
    tops = [drawing.box(name).rect.y for name in flow.course]
    assert tops == sorted(tops)
    assert {drawing.box(name).rect.x for name in flow.course} == {drawing.boxes[0].rect.x}
    assert {box.branch for box in drawing.boxes if box.stage not in flow.course} <= {True}


@pytest.mark.parametrize("flow", CASES)
def test_the_svg_is_whole_and_says_everything(flow: Flow) -> None:
    text = svg(flow, "Сценарий <&> «проба»")
    root = ElementTree.fromstring(text)
    said = " ".join("".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text"))
    for stage in flow.stages:
        assert all(word in said for word in stage.title.split() if len(word) < 12)
        assert all(edge.title in said for edge in stage.next)
    assert root.get("role") == "img"
    assert root[0].text == "Сценарий <&> «проба»"


def test_a_text_is_broken_between_words_and_within_a_long_one() -> None:
    assert wrapped("", 100, 15) == []
    assert wrapped("один два", 1000, 15) == ["один два"]
    lines = wrapped("один " + "щ" * 40, 100, 15)
    assert lines[0] == "один"
    assert "".join(lines[1:]) == "щ" * 40
    assert all(width_of(line, 15) <= 100 for line in lines)
