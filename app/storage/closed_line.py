"""What a caller meets outside the hours, from `closed.yaml`; whom else to ask, from `referrals.yaml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from app.domain.profile import Closed, ClosedAction, ClosedKey, ClosedReason, Referral
from app.storage.flow_scripts import KEYS, identifier, known, sources, template
from app.storage.marked_yaml import Marked, unique


def closed(root: Marked, announcements: Mapping[str, str]) -> Closed:
    """`closed.yaml`: every announcement that it names must be there."""
    fields = root.fields({"say"}, {"source", "keys", "wait_s"})
    keys = [(_key(item), item) for item in fields["keys"].items()] if "keys" in fields else []
    unique([(key.key, item) for key, item in keys], "key")
    return Closed(
        source=sources(fields["source"]) if "source" in fields else (),
        say=_say(fields["say"], announcements),
        keys=tuple(key for key, _ in keys),
        wait_s=fields["wait_s"].whole(1, 60) if "wait_s" in fields else Closed().wait_s,
    )


def _say(marked: Marked, announcements: Mapping[str, str]) -> dict[ClosedReason, str]:
    found: dict[ClosedReason, str] = {}
    reasons = {str(reason) for reason in ClosedReason}
    for reason, name in marked.fields({str(ClosedReason.NIGHT)}, reasons).items():
        if name.text() not in announcements:
            name.fail(f"is «{name.text()}», and there is no such announcement in announcements.yaml")
        found[ClosedReason(reason)] = name.text()
    return found


def _key(marked: Marked) -> ClosedKey:
    fields = marked.fields({"key", "action"})
    return ClosedKey(fields["key"].one_of(KEYS), ClosedAction(fields["action"].one_of(tuple(ClosedAction))))


def referrals(root: Marked, topics: Collection[str]) -> tuple[Referral, ...]:
    """`referrals.yaml`; `topics` are the ids of the profile's."""
    found = [(_referral(item, topics), item) for item in root.fields({"referrals"})["referrals"].items()]
    unique([(referral.id, item) for referral, item in found], "referral")
    return tuple(referral for referral, _ in found)


def _referral(marked: Marked, topics: Collection[str]) -> Referral:
    fields = marked.fields({"id", "body", "contacts"}, {"say", "source", "topics", "questions"})
    return Referral(
        id=identifier(fields["id"]),
        body=fields["body"].text(),
        contacts=fields["contacts"].text(),
        say=template(fields["say"]) if "say" in fields else "",
        source=sources(fields["source"]) if "source" in fields else (),
        topics=tuple(known(item, topics, "topic") for item in fields["topics"].items())
        if "topics" in fields
        else (),
        questions=fields["questions"].texts() if "questions" in fields else (),
    )
