"""What an operator's speech is watched for, from `speech.yaml`."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.speech_rules import Pace, SpeechRules, Tautology, WordList
from app.storage.flow_scripts import cue, identifier, sources
from app.storage.marked_yaml import Marked, unique

_GROUPS = {"interjections", "fillers", "stop_words", "evasions", "tautology", "interruptions"}


def speech_rules(root: Marked) -> SpeechRules:
    """`speech.yaml`; what it leaves out is not watched."""
    fields = root.fields({"source"}, {"pace", "pause_s", "hint_every_s", "silence_advice", *_GROUPS})
    usual = SpeechRules()
    return SpeechRules(
        source=sources(fields["source"]),
        pace=_pace(fields["pace"]) if "pace" in fields else usual.pace,
        pause_s=fields["pause_s"].whole(2, 600) if "pause_s" in fields else usual.pause_s,
        hint_every_s=fields["hint_every_s"].whole(1, 600) if "hint_every_s" in fields else usual.hint_every_s,
        silence_advice=fields["silence_advice"].text() if "silence_advice" in fields else usual.silence_advice,
        interjections=_words(fields, "interjections", "words"),
        fillers=_words(fields, "fillers", "words"),
        stop_words=_stop_words(fields["stop_words"]) if "stop_words" in fields else (),
        evasions=_words(fields, "evasions", "phrases"),
        tautology=_tautology(fields["tautology"]) if "tautology" in fields else usual.tautology,
        interruptions=fields["interruptions"].fields({"advice"})["advice"].text()
        if "interruptions" in fields
        else "",
    )


def _pace(marked: Marked) -> Pace:
    fields = marked.fields({"slowest", "fastest"}, {"over_s", "slower", "faster"})
    usual = Pace()
    slowest, fastest = fields["slowest"].whole(1, 400), fields["fastest"].whole(1, 400)
    if slowest >= fastest:
        marked.fail(f"goes from {slowest} to {fastest} words a minute: the slowest must be less than the fastest")
    return Pace(
        slowest,
        fastest,
        over_s=fields["over_s"].whole(5, 120) if "over_s" in fields else usual.over_s,
        slower=fields["slower"].text() if "slower" in fields else usual.slower,
        faster=fields["faster"].text() if "faster" in fields else usual.faster,
    )


def _words(groups: dict[str, Marked], group: str, what: str) -> WordList:
    if group not in groups:
        return WordList(group)
    return _list(group, groups[group].fields({what, "advice"}, {"unless"}), what)


def _stop_words(marked: Marked) -> tuple[WordList, ...]:
    found = [(_stop_group(item), item) for item in marked.items()]
    unique([(group.id, item) for group, item in found], "group")
    return tuple(group for group, _ in found)


def _stop_group(marked: Marked) -> WordList:
    fields = marked.fields({"id", "words", "advice"}, {"unless"})
    return _list(identifier(fields["id"]), fields, "words")


def _list(name: str, fields: Mapping[str, Marked], what: str) -> WordList:
    unless = _cues(fields["unless"]) if "unless" in fields else ()
    return WordList(name, _cues(fields[what]), fields["advice"].text(), unless)


def _cues(marked: Marked) -> tuple[str, ...]:
    found = [(cue(item), item) for item in marked.items()]
    unique(found, "word")
    return tuple(text for text, _ in found)


def _tautology(marked: Marked) -> Tautology:
    fields = marked.fields({"over_words", "advice"}, {"allowed"})
    allowed = _cues(fields["allowed"]) if "allowed" in fields else ()
    return Tautology(fields["over_words"].whole(2, 100), fields["advice"].text(), allowed)
