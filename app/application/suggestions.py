"""Articles that are suggested to the operator: by the caller's speech, the restated need and the topic (L7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.application.knowledge import Knowledge, Seeker, ShownArticle
from app.application.ports import Answered
from app.domain import commands as c
from app.domain.calls import Call
from app.domain.errors import BadInput, Refused
from app.domain.facts import Speaker
from app.domain.search import ENOUGH_TYPED, Found, Query

if TYPE_CHECKING:
    from app.application.exchange import Exchange
    from app.application.live_call import LiveCall

View = dict[str, Any]

SPEECH_S = 60.0
"""So much of the caller's last speech is looked at."""
LEAST_APART = timedelta(seconds=1)
MOST = 5
LONGEST_SEARCH = 500


@dataclass
class Sought:
    """What was sought for a call, kept with it."""

    key: tuple[object, ...] = ()
    at: datetime | None = None
    found: Sequence[Found] = ()
    suggested: bool = False
    """Something was suggested at any time."""
    searched: str = ""
    """The operator's last search, until one of its articles is opened."""


class Suggestions:
    """Answers the panels' questions about articles. Seeks at most once a second for a call."""

    def __init__(self, exchange: Exchange, knowledge: Knowledge, seeker: Seeker) -> None:
        self._exchange = exchange
        self._knowledge = knowledge
        self._seeker = seeker

    def section(self, live: LiveCall) -> list[View]:
        """What is suggested now, the best first, then what was used besides."""
        found = self._suggested(live)
        used = {article for article, _version in live.state.articles}
        listed = [_line(one, used) for one in found]
        suggested = {one.article.id for one in found}
        others = (self._knowledge.article(one) for one in sorted(used - suggested))
        return [*listed, *(_line(Found(one.article, 0.0), used) for one in others if one)]

    def search(self, login: str, live: LiveCall | None, text: str, then: Answered) -> None:
        """Hand the articles for what the operator typed to `then`: `{articles: [...]}`, none when their next search
        has overtaken this one. BadInput for a text that is too long."""
        text = _short(text)
        call = live.state if live else None
        topic, unit = (call.topic, call.unit) if call else ("", "")
        query = Query(text, topic=topic, unit=unit, most=10, enough=ENOUGH_TYPED)
        if not text:
            then({"articles": []})
            return
        if live is not None:
            live.sought.searched = text

        def found(articles: Sequence[Found]) -> None:
            used = {article for article, _version in live.state.articles} if live else set()
            then({"articles": [_line(one, used) for one in articles]})

        self._seeker.seek(f"search:{login}", query, found)

    def article(self, live: LiveCall | None, article_id: str) -> View:
        """The whole article. Refused when there is none."""
        shown = self.known(article_id)
        if live is not None:
            live.sought.searched = ""
        article = shown.article
        return {
            "id": article.id,
            "title": article.title,
            "kind": str(article.kind),
            "unit": self._unit(article.unit),
            "topics": list(article.topics),
            "sources": list(article.sources),
            "reviewed": article.reviewed.isoformat(),
            "version": shown.version,
            "html": shown.html,
            "used": live is not None and article.id in dict(live.state.articles),
        }

    def known(self, article_id: str) -> ShownArticle:
        shown = self._knowledge.article(article_id)
        if shown is None:
            raise Refused("unknown_article", "there is no such article any more")
        return shown

    def settle(self, live: LiveCall) -> None:
        """The call is about to be forgotten: note what was asked and found no answer (K2)."""
        call = live.state
        if not self._knowledge.edition or call.answered_at is None or call.articles:
            return
        if call.need and not live.sought.suggested:
            self._exchange.apply(live, c.MissArticle(call.need, "need"))
        if live.sought.searched:
            self._exchange.apply(live, c.MissArticle(live.sought.searched, "search"))

    def _suggested(self, live: LiveCall) -> Sequence[Found]:
        sought, call = live.sought, live.state
        key = (self._knowledge.edition, len(call.phrases), call.need, call.topic)
        if key == sought.key or not self._knowledge.edition:
            return sought.found
        now = self._exchange.clock.now()
        rest = sought.at + LEAST_APART - now if sought.at else timedelta(0)
        if rest > timedelta(0) and call.open:
            if SUGGEST not in live.timers:
                seconds = rest.total_seconds()
                live.after(self._exchange.clock, SUGGEST, seconds, lambda: self._exchange.on_change(live))
            return sought.found
        sought.key, sought.at = key, now
        query = _query(call)
        if query is None:
            sought.found = ()
        else:
            self._seeker.seek(live.stream, query, lambda found: self._take(live, key, found))
        return sought.found

    def _take(self, live: LiveCall, key: tuple[object, ...], found: Sequence[Found]) -> None:
        sought = live.sought
        if key != sought.key:
            return  # something newer has been asked for since
        sought.suggested = sought.suggested or bool(found)
        if list(found) != list(sought.found):
            sought.found = found
            self._exchange.on_change(live)

    def _unit(self, unit_id: str) -> str:
        unit = self._exchange.profile.unit(unit_id)
        return unit.name if unit else unit_id


SUGGEST = "suggest"
"""The timer after which a call's suggestions are looked for again."""


def _query(call: Call) -> Query | None:
    speech = _last_words(call)
    if not (speech or call.need):
        return None
    text, also = (call.need, speech) if call.need else (speech, "")
    return Query(text, also=also, topic=call.topic, unit=call.unit, most=MOST)


def _last_words(call: Call) -> str:
    said = [phrase for phrase in call.phrases if phrase.speaker is Speaker.CALLER]
    since = call.phrases[-1].end_s - SPEECH_S if said else 0.0
    return " ".join(phrase.text for phrase in said if phrase.end_s >= since)


def _line(found: Found, used: set[str]) -> View:
    article = found.article
    return {
        "id": article.id,
        "title": article.title,
        "short": article.short,
        "kind": str(article.kind),
        "score": found.score,
        "used": article.id in used,
    }


def _short(text: str) -> str:
    text = text.strip()
    if len(text) > LONGEST_SEARCH:
        raise BadInput(f"search for at most {LONGEST_SEARCH} characters", "too_long")
    return text
