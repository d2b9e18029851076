"""The draft of a profile: its files read with all of their mistakes, and what the loader refuses of each.

Reading is forgiving: what has another form than it should is passed over here, and told by the loader, which names
the first such fault of every file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import yaml

from app.domain.drafts import (
    Draft,
    DraftArticle,
    DraftFlow,
    DraftHours,
    DraftPhrase,
    DraftQuestion,
    DraftReferral,
    DraftStage,
    DraftStep,
    DraftTopic,
    DraftUnit,
    Place,
    Written,
)
from app.storage.marked_yaml import Marked

FLOWS = ("incoming", "outgoing", "internal")

Roots = Mapping[str, Marked]
"""The files' roots by name; one that is no YAML is left out."""
Sets = Mapping[str, Mapping[str, Marked]]
"""The sets of cues by name, as their keys and values."""


def draft(roots: Roots, hours: Callable[[Marked], DraftHours | None], articles: Mapping[Path, Marked]) -> Draft:
    """`hours` makes the schedule of profile.yaml, or None when it cannot; `articles` are the front matters."""
    profile = _keys(roots.get("profile.yaml"))
    sets = {name: _keys(one) for name, one in _keys(roots.get("cues.yaml")).items()}
    topics = _keys(roots.get("topics.yaml"))
    body, short = _text(profile.get("body")), _text(profile.get("short"))
    spoken = _items(_keys(roots.get("survey.yaml")).get("questions"))
    announced = roots.get("announcements.yaml")
    return Draft(
        flows=tuple(_flow(name, roots[f"{name}.yaml"], sets) for name in FLOWS if f"{name}.yaml" in roots),
        names={"body": body, "short": short or body} if body else {},
        announcements=tuple(_named_texts(announced)),
        announcements_at=place_of(announced) if announced else Place("announcements.yaml"),
        say=tuple(_written(value) for value in _keys(_keys(roots.get("closed.yaml")).get("say")).values()),
        topics=tuple(_topic(item) for item in _items(topics.get("topics"))),
        units=tuple(_unit(item) for item in _items(profile.get("units"))),
        referrals=tuple(_referral(one) for one in _items(_keys(roots.get("referrals.yaml")).get("referrals"))),
        articles=tuple(_article(root) for root in articles.values()),
        survey=tuple(_question(item) for item in spoken),
        speech=tuple(_speech(roots.get("speech.yaml"))),
        hours=hours(roots["profile.yaml"]) if "profile.yaml" in roots else None,
        sources=tuple(source for root in roots.values() for source in _sources(root)),
    )


def place_of(marked: Marked) -> Place:
    return Place(marked.file, marked.node.start_mark.line + 1)


def _flow(name: str, root: Marked, sets: Sets) -> DraftFlow:
    fields = _keys(root)
    stages = tuple(_stage(item, sets) for item in _items(fields.get("stages")))
    start = fields.get("start")
    return DraftFlow(name, place_of(root), stages, _written(start) if start else None)


def _stage(item: Marked, sets: Sets) -> DraftStage:
    fields = _keys(item)
    return DraftStage(
        id=_written(fields.get("id", item)),
        phrases=tuple(_phrases(fields.get("phrases"))),
        questions=_texts(fields.get("questions")),
        fields=tuple(one.text for one in _texts(fields.get("fields"))),
        steps=tuple(_step(one, sets) for one in _items(fields.get("steps"))),
        next=tuple(_edges(fields.get("next"))),
        end=_text(fields.get("end")) == "true",
    )


def _phrases(marked: Marked | None) -> Iterator[DraftPhrase]:
    for item in _items(marked):
        fields = _keys(item)
        variants = _texts(fields.get("variants")) if fields else _texts(item) or _single(item)
        if variants:
            yield DraftPhrase(variants, _text(fields.get("when")))


def _edges(marked: Marked | None) -> Iterator[Written]:
    if marked is None:
        return
    if isinstance(marked.node, yaml.ScalarNode):
        yield _written(marked)
    for edge in (_keys(one) for one in (_items(marked) or [marked])):
        if "to" in edge:
            yield _written(edge["to"])


def _step(item: Marked, sets: Sets) -> DraftStep:
    fields = _keys(item)
    like = fields.get("like")
    names = [one.text for one in _texts(like) or (_single(like) if like else ())]
    shared = [fields, *(sets.get(name, {}) for name in names)]
    return DraftStep(
        id=_written(fields.get("id", item)),
        cues=tuple(one for each in shared for one in _texts(each.get("cues"))),
        unless=tuple(one for each in shared for one in _texts(each.get("unless"))),
        speaker=_text(fields.get("speaker")) or "operator",
    )


def _topic(item: Marked) -> DraftTopic:
    fields = _keys(item)
    return DraftTopic(_written(fields.get("id", item)), _texts(fields.get("questions")), _one(fields, "unit"))


def _unit(item: Marked) -> DraftUnit:
    fields = _keys(item)
    return DraftUnit(_written(fields.get("id", item)), _texts(fields.get("topics")), _one(fields, "overflow"))


def _referral(item: Marked) -> DraftReferral:
    fields = _keys(item)
    return DraftReferral(_written(fields.get("id", item)), _texts(fields.get("topics")), _one(fields, "say"))


def _article(root: Marked) -> DraftArticle:
    fields = _keys(root)
    return DraftArticle(
        place_of(root), _one(fields, "unit"), _texts(fields.get("topics")), _texts(fields.get("sources"))
    )


def _question(item: Marked) -> DraftQuestion:
    fields = _keys(item)
    answers = [_keys(answer) for answer in _items(fields.get("answers"))]
    return DraftQuestion(
        id=_written(fields.get("id", item)),
        prompt=_one(fields, "prompt"),
        answers=tuple((_written(one["id"]), _texts(one.get("spoken"))) for one in answers if "id" in one),
    )


def _speech(root: Marked | None) -> Iterator[tuple[str, tuple[Written, ...]]]:
    fields = _keys(root)
    for group in ("interjections", "fillers"):
        yield group, _texts(_keys(fields.get(group)).get("words"))
    for item in _items(fields.get("stop_words")):
        one = _keys(item)
        yield _text(one.get("id")), _texts(one.get("words"))
    yield "evasions", _texts(_keys(fields.get("evasions")).get("phrases"))


def _named_texts(root: Marked | None) -> Iterator[tuple[Written, Written]]:
    for key, value in _pairs(root):
        yield Written(key.node.value, place_of(key)), _written(value)


def _sources(marked: Marked) -> Iterator[Written]:
    """Every `source` at any depth: a text or a list of texts."""
    for key, value in _pairs(marked):
        if key.node.value == "source":
            yield from _texts(value) or _single(value)
        else:
            yield from _sources(value)
    for item in _items(marked):
        yield from _sources(item)


# --- forgiving reading ----------------------------------------------------------------------------------------


def _pairs(marked: Marked | None) -> Iterator[tuple[Marked, Marked]]:
    if marked is None or not isinstance(marked.node, yaml.MappingNode):
        return
    for key, value in marked.node.value:
        if isinstance(key, yaml.ScalarNode):
            yield Marked(marked.file, key, key.value), Marked(marked.file, value, key.value)


def _keys(marked: Marked | None) -> dict[str, Marked]:
    return {key.node.value: value for key, value in _pairs(marked)}


def _items(marked: Marked | None) -> list[Marked]:
    if marked is None or not isinstance(marked.node, yaml.SequenceNode):
        return []
    return [Marked(marked.file, node, marked.name) for node in marked.node.value]


def _single(marked: Marked) -> tuple[Written, ...]:
    return (_written(marked),) if isinstance(marked.node, yaml.ScalarNode) else ()


def _texts(marked: Marked | None) -> tuple[Written, ...]:
    return tuple(text for item in _items(marked) for text in _single(item))


def _text(marked: Marked | None) -> str:
    return _written(marked).text if marked is not None else ""


def _written(marked: Marked) -> Written:
    value = str(marked.node.value).strip() if isinstance(marked.node, yaml.ScalarNode) else ""
    return Written(value, place_of(marked))


def _one(fields: Mapping[str, Marked], name: str) -> Written | None:
    return _written(fields[name]) if name in fields and _text(fields[name]) else None
