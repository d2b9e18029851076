"""What ids of the facts are called: operators, questions and answers of the survey, units, topics, steps.

An id that the profile or the staff no longer has is shown as it stands, so that an old record stays readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.application.reports import Role, StaffMember
from app.domain.flow import Flow
from app.domain.profile import Profile
from app.domain.script_texts import ScriptTexts


@dataclass(frozen=True)
class Names:
    profile: Profile
    members: Sequence[StaffMember]
    script: ScriptTexts | None = None
    """Of the version that led a call: its words come before those of the present profile."""

    def operator(self, login: str) -> str:
        member = self._member(login)
        return member.short_name if member else login

    def full_operator(self, login: str) -> str:
        member = self._member(login)
        return member.full_name if member else login

    def position(self, login: str) -> str:
        member = self._member(login)
        return member.position if member else ""

    def operators(self, logins: Iterable[str], between: str = ", ") -> str:
        return between.join(self.operator(login) for login in dict.fromkeys(logins))

    def everyone_on_the_line(self) -> list[StaffMember]:
        """Operators, those who have left last."""
        operators = [m for m in self.members if m.role is Role.OPERATOR]
        return sorted(operators, key=lambda m: (not m.active, m.full_name))

    def question(self, question: str) -> str:
        found = self.profile.survey.question(question)
        return found.text if found else question

    def answer(self, question: str, answer: str) -> str:
        found = self.profile.survey.question(question)
        return next((a.text for a in found.answers if a.id == answer), answer) if found else answer

    def answer_rank(self, question: str, answer: str) -> int:
        """0 for the best answer of the question, then 1, 2 ...; the order of the survey is from good to bad."""
        found = self.profile.survey.question(question)
        return next((n for n, a in enumerate(found.answers) if a.id == answer), 1) if found else 1

    def answer_tone(self, question: str, answer: str) -> str:
        """`good`, `warn` or `bad`: how the answer is coloured."""
        found = self.profile.survey.question(question)
        rank = self.answer_rank(question, answer)
        if rank == 0:
            return "good"
        return "bad" if found is None or rank == len(found.answers) - 1 else "warn"

    def topic(self, topic: str) -> str:
        then = self.script.topics.get(topic) if self.script else None
        return then or next((t.title for t in self.profile.topics if t.id == topic), topic)

    def typical_need(self, topic: str, need: str) -> str:
        found = self.profile.topic(topic)
        return next((n.title for n in found.needs if n.id == need), need) if found else need

    def referral(self, referral: str) -> str:
        then = self.script.referrals.get(referral) if self.script else None
        found = self.profile.referral(referral)
        return then or (found.body if found else referral)

    def unit(self, unit: str) -> str:
        return next((u.name for u in self.profile.units if u.id == unit), unit)

    def flow(self, flow: str) -> Flow:
        """The script of that id (incoming, outgoing, internal) as it was in the call."""
        then = self.script.flow(flow) if self.script else None
        return then or self.profile.flow(flow) or self.profile.incoming

    def stage(self, flow: str, stage: str) -> str:
        found = self.flow(flow).stage(stage)
        return found.title if found else stage

    def step(self, flow: str, stage: str, step: str) -> str:
        found = self.flow(flow).step(stage, step)
        return found.title if found else f"{stage}: {step}"

    def _member(self, login: str) -> StaffMember | None:
        return next((m for m in self.members if m.login == login), None)
