"""Where everything of a drawn script stands: pure geometry, in pixels.

The main course goes down a column on the left; branches stand in a column on the right. Between them run the edges:
each leaves a box sideways, its title written over its first part, goes up or down in a lane of its own and enters
the other box sideways. Places where edges touch boxes lie on two grids that never meet, so no two edges lie upon
each other, and titles have rows of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from app.application.text_width import width_of, wrapped
from app.domain.flow import Flow, Stage

MARGIN = 24.0
BOX_WIDTH = 300.0
PADDING = 14.0
TITLE_SIZE, SMALL_SIZE, LABEL_SIZE = 15.0, 12.0, 12.0
LINE, SMALL_LINE = 20.0, 17.0
ROW = 26.0
"""Between two places where edges touch; a title of an edge is one line and fits between."""
HALF_ROW = ROW / 2
BETWEEN = 52.0
"""Between two boxes of a column, at least."""
LANE = 11.0
LABEL_ROOM = 8.0
START_ROOM = 34.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def meets(self, other: Rect) -> bool:
        """They have more than a border in common."""
        across = self.x < other.right and other.x < self.right
        return across and self.y < other.bottom and other.y < self.bottom


@dataclass(frozen=True)
class Box:
    """A stage: its lines of title, clauses and counts."""

    stage: str
    rect: Rect
    title: tuple[str, ...]
    clauses: tuple[str, ...]
    counts: str
    branch: bool
    end: bool


@dataclass(frozen=True)
class Label:
    """The title of an edge; `rect` is the room it takes, `text` stands on the bottom of it."""

    text: str
    rect: Rect


@dataclass(frozen=True)
class Edge:
    """`points` from the box that it leaves to the one that it enters."""

    source: str
    target: str
    points: tuple[Point, ...]
    label: Label | None
    main: bool


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]

    def box(self, stage: str) -> Box:
        return next(box for box in self.boxes if box.stage == stage)


@dataclass(frozen=True)
class _Sized:
    stage: Stage
    title: tuple[str, ...]
    clauses: tuple[str, ...]
    counts: str
    height: float


@dataclass(frozen=True)
class _Route:
    """An edge that goes sideways, before it has a lane."""

    source: str
    target: str
    title: str
    out_y: float
    in_y: float

    @property
    def span(self) -> tuple[float, float]:
        return min(self.out_y, self.in_y), max(self.out_y, self.in_y)


def layout(flow: Flow) -> Drawing:
    """The drawing of a script whose stages are all reached."""
    ports = _Ports(flow)
    main = [stage for name in flow.course if (stage := flow.stage(name)) is not None]
    branches = _ordered(flow, [stage for stage in flow.stages if flow.is_branch(stage.id)])
    first = MARGIN + START_ROOM
    tops = _stacked([(stage, first) for stage in main], ports, first)
    beside = {one.id: [tops[s] for s in ports.sources(one.id) if s in tops] for one in branches}
    tops |= _stacked([(one, min(beside[one.id], default=first)) for one in branches], ports, first + HALF_ROW)
    return _placed(flow, [*main, *branches], tops, ports)


class _Ports:
    """Where edges touch each box: rows counted from its top, those that leave first, then those that enter."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        straight = set(zip(flow.course, flow.course[1:], strict=False))
        # The first edge of a stage of the main course leads straight down to the next one.
        self._sideways = [
            (stage.id, edge)
            for stage in flow.stages
            for number, edge in enumerate(stage.next)
            if number or (stage.id, edge.to) not in straight
        ]

    def sources(self, stage: str) -> list[str]:
        return [source for source, edge in self._sideways if edge.to == stage]

    def count(self, stage: str) -> int:
        return self._leaving(stage) + len(self.sources(stage))

    def routes(self, tops: dict[str, float]) -> list[_Route]:
        left, entered = dict.fromkeys(tops, 0), dict.fromkeys(tops, 0)
        found: list[_Route] = []
        for source, edge in self._sideways:
            out_y = tops[source] + ROW * (left[source] + 1)
            in_y = tops[edge.to] + ROW * (self._leaving(edge.to) + entered[edge.to] + 1)
            found.append(_Route(source, edge.to, edge.title or _title_of(self._flow, edge.to), out_y, in_y))
            left[source] += 1
            entered[edge.to] += 1
        return found

    def _leaving(self, stage: str) -> int:
        return len([1 for source, _ in self._sideways if source == stage])


def _ordered(flow: Flow, branches: list[Stage]) -> list[Stage]:
    """Branches beside what leads to them: by the first and then the mean stage of the main course."""
    course = {name: row for row, name in enumerate(flow.course)}

    def rank(stage: Stage) -> tuple[float, int]:
        rows = [course[s.id] for s in flow.stages if s.id in course and any(n.to == stage.id for n in s.next)]
        own = next(n for n, s in enumerate(flow.stages) if s.id == stage.id)
        return (min(rows) + sum(rows) / len(rows) / 100 if rows else len(course), own)

    return sorted(branches, key=rank)


def _stacked(wanted: list[tuple[Stage, float]], ports: _Ports, offset: float) -> dict[str, float]:
    """The tops of a column's boxes: where they wish to be, and below the one before; all on the column's grid."""
    tops: dict[str, float] = {}
    free = offset
    for stage, wish in wanted:
        top = offset + ceil((max(wish, free) - offset) / ROW - 1e-9) * ROW
        tops[stage.id] = top
        free = top + _sized(stage, ports).height + BETWEEN
    return tops


def _sized(stage: Stage, ports: _Ports) -> _Sized:
    room = BOX_WIDTH - 2 * PADDING
    title = wrapped(stage.title, room, TITLE_SIZE, bold=True)
    clauses = wrapped(", ".join(stage.source), room, SMALL_SIZE)
    steps = _counted(len(stage.steps), "шаг", "шага", "шагов")
    counts = f"{steps}, конец разговора" if stage.end else steps
    text = len(title) * LINE + (len(clauses) + 1) * SMALL_LINE + 2 * PADDING
    return _Sized(stage, tuple(title), tuple(clauses), counts, max(text, ROW * (ports.count(stage.id) + 1)))


def _placed(flow: Flow, stages: list[Stage], tops: dict[str, float], ports: _Ports) -> Drawing:
    routes = ports.routes(tops)
    lanes = _lanes(routes)
    out_room = _label_room(route.title for route in routes if not flow.is_branch(route.source))
    back_room = _label_room(route.title for route in routes if flow.is_branch(route.source))
    left = MARGIN + BOX_WIDTH
    first_lane = left + out_room
    right = first_lane + LANE * (max(lanes, default=0) + 2) + back_room
    boxes = tuple(_box(flow, _sized(stage, ports), tops[stage.id], right) for stage in stages)
    sideways = [
        _edge(flow, route, left, right, first_lane + LANE * (lane + 1))
        for route, lane in zip(routes, lanes, strict=True)
    ]
    edges = (*_straight(flow, boxes), *sideways)
    has_branches = any(box.branch for box in boxes)
    width = (right + BOX_WIDTH if has_branches else first_lane + LANE * (max(lanes, default=0) + 2)) + MARGIN
    return Drawing(width, max(box.rect.bottom for box in boxes) + MARGIN, boxes, edges)


def _lanes(routes: list[_Route]) -> list[int]:
    """For each edge a lane that no edge beside it uses; the short ones near to the boxes that they leave."""
    order = sorted(range(len(routes)), key=lambda n: routes[n].span[1] - routes[n].span[0])
    taken: list[list[tuple[float, float]]] = []
    found = [0] * len(routes)
    for number in order:
        low, high = routes[number].span
        lane = next((n for n, spans in enumerate(taken) if _free(spans, low, high)), len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        found[number] = lane
    return found


def _free(spans: list[tuple[float, float]], low: float, high: float) -> bool:
    return all(high + HALF_ROW <= one or other + HALF_ROW <= low for one, other in spans)


def _label_room(titles: Iterable[str]) -> float:
    return max((width_of(title, LABEL_SIZE) for title in titles), default=0.0) + 2 * LABEL_ROOM + HALF_ROW


def _box(flow: Flow, sized: _Sized, top: float, right: float) -> Box:
    branch = flow.is_branch(sized.stage.id)
    rect = Rect(right if branch else MARGIN, top, BOX_WIDTH, sized.height)
    return Box(sized.stage.id, rect, sized.title, sized.clauses, sized.counts, branch, sized.stage.end)


def _edge(flow: Flow, route: _Route, left: float, right: float, lane: float) -> Edge:
    start = right if flow.is_branch(route.source) else left
    goal = right if flow.is_branch(route.target) else left
    points = ((start, route.out_y), (lane, route.out_y), (lane, route.in_y), (goal, route.in_y))
    width = width_of(route.title, LABEL_SIZE)
    x = start - LABEL_ROOM - width if flow.is_branch(route.source) else start + LABEL_ROOM
    rect = Rect(x, route.out_y - LABEL_SIZE - 6, width, LABEL_SIZE + 3)
    return Edge(route.source, route.target, points, Label(route.title, rect), main=False)


def _straight(flow: Flow, boxes: tuple[Box, ...]) -> list[Edge]:
    at = {box.stage: box for box in boxes}
    edges: list[Edge] = []
    for one, other in zip(flow.course, flow.course[1:], strict=False):
        upper, lower = at[one].rect, at[other].rect
        x = upper.x + 40
        stage = flow.stage(one)
        title = stage.next[0].title if stage else ""
        rect = Rect(x + LABEL_ROOM, upper.bottom + 10, width_of(title, LABEL_SIZE), LABEL_SIZE + 3)
        label = Label(title, rect) if title else None
        edges.append(Edge(one, other, ((x, upper.bottom), (x, lower.y)), label, main=True))
    return edges


def _title_of(flow: Flow, name: str) -> str:
    stage = flow.stage(name)
    return stage.title if stage else name


def _counted(number: int, one: str, few: str, many: str) -> str:
    if number % 10 == 1 and number % 100 != 11:
        return f"{number} {one}"
    return f"{number} {few if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else many}"
