"""Sets of cues that several scripts share, from `cues.yaml`: a step takes them by `like`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from app.storage.flow_scripts import cue, identifier, known
from app.storage.marked_yaml import Marked


@dataclass(frozen=True)
class CueSet:
    """What one thing is heard by, whatever the script."""

    cues: tuple[str, ...]
    unless: tuple[str, ...] = ()


CueSets = Mapping[str, CueSet]
NO_SETS: CueSets = MappingProxyType({})


def cue_sets(root: Marked, names: Mapping[str, str]) -> dict[str, CueSet]:
    """The sets by name. `names` are what `{body}` and `{short}` stand for."""
    return {identifier(key): _set(value, names) for key, value in root.pairs()}


def _set(marked: Marked, names: Mapping[str, str]) -> CueSet:
    fields = marked.fields({"cues"}, {"unless"})
    as_cue = partial(cue, names=names)
    return CueSet(fields["cues"].texts(as_cue), fields["unless"].texts(as_cue) if "unless" in fields else ())


def taken(like: Marked | None, sets: CueSets) -> list[CueSet]:
    """The sets that a step takes: one by its name, or a list."""
    if like is None:
        return []
    wanted = like.items() if like.is_list else [like]
    return [sets[known(one, list(sets), "set of cues")] for one in wanted]
