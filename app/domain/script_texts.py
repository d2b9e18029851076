"""What a version of a profile called its parts: enough to read the record of a call that it led."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.flow import Flow
from app.domain.profile import Profile


@dataclass(frozen=True)
class ScriptTexts:
    """`flows` have stages and steps with their ids and titles only; the others are titles by id."""

    version: str
    profile: str
    flows: tuple[Flow, ...]
    topics: Mapping[str, str] = field(default_factory=dict)
    referrals: Mapping[str, str] = field(default_factory=dict)

    def flow(self, flow_id: str) -> Flow | None:
        return next((flow for flow in self.flows if flow.id == flow_id), None)


def texts_of(profile: Profile) -> ScriptTexts:
    """The texts of the profile as it stands."""
    return ScriptTexts(
        version=profile.version,
        profile=profile.id,
        flows=profile.flows,
        topics={topic.id: topic.title for topic in profile.topics},
        referrals={referral.id: referral.body for referral in profile.referrals},
    )
