"""Search of the knowledge base: articles ranked by the words of a question (K1, L7).

Ranking is BM25F (Robertson, Zaragoza 2009): a word counts more the fewer articles have it, in the title and the
questions more than in the text. Words are compared in their normal forms; a word that no article has is taken for a
slip of those that are spelled nearly so, then for a relative of those that begin so.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from app.domain.articles import Article, ArticleKind
from app.domain.cues import words_of
from app.domain.search_words import STOP_WORDS
from app.domain.synonyms import GROUPS

NormalForm = Callable[[str], str]
"""What all forms of a word share; words are given as `words_of` makes them."""

ENOUGH = 0.2
"""An article whose score is below this is not suggested by itself."""
ENOUGH_TYPED = 0.1
"""Who types a search wants to see also what is less sure."""
LONGEST_QUERY = 60
"""So many words of a question are looked at, the last ones: a minute of speech."""
LEAST_ASKED = 1.2
"""A question of one word counts as so many of the rarest words: it must be found in more than a text."""
WORDS_THAT_COUNT = 6
"""An article that has the six rarest words of a question speaks of all of it."""

FEW = 30
"""In fewer articles than these no word would be rare."""
MANY = 100

WEIGHTS = {"title": 3.0, "questions": 2.5, "topics": 1.0, "text": 1.0}
_LENGTH_COUNTS = {"title": 0.3, "questions": 0.5, "topics": 0.0, "text": 0.6}
_SATURATION = 1.4
_SLIP_SIMILAR = 74.0
_SLIP_FROM = 4
"""Words shorter than this are never taken for slips: «акт» is not «факт»."""
_SLIPS = 3
_SLIP_WEIGHT = 0.8
_RELATIVE_FROM = 5
_RELATIVE_SHARES = 0.7
"""Relatives begin with this share of the word: «льготник», «льгота»."""
_RELATIVE_WEIGHT = 0.6
_SYNONYM_WEIGHT = 0.6
_TOPIC_BOOST = 1.3
_UNIT_BOOST = 1.08
_REMEMBERED = 20_000


@dataclass(frozen=True)
class Query:
    """What is sought: `also` adds words that count less (what was said around the question). `topic` and `unit` put
    their articles first; `kinds` and `units` leave all others out, () leaves none out."""

    text: str
    also: str = ""
    topic: str = ""
    unit: str = ""
    kinds: tuple[ArticleKind, ...] = ()
    units: tuple[str, ...] = ()
    most: int = 5
    enough: float = ENOUGH


@dataclass(frozen=True)
class Found:
    """`score` 0..1: how much of the question the article speaks of."""

    article: Article
    score: float


class Index:
    """Articles, ready to be sought in; never changes. Takes milliseconds for thousands of articles."""

    def __init__(
        self,
        articles: Iterable[Article],
        normal: NormalForm,
        topics: Mapping[str, str] | None = None,
        groups: Iterable[Sequence[str]] = GROUPS,
    ) -> None:
        """`topics` are the titles of topics by id, `groups` words that mean nearly the same."""
        self.articles = tuple(articles)
        self._normal = normal
        self._stop = STOP_WORDS | {normal(word) for word in STOP_WORDS}
        self._synonyms = _synonyms(groups, normal)
        titles = topics or {}
        fields = [{name: self._words(text) for name, text in _fields(a, titles).items()} for a in self.articles]
        self._postings = _postings(fields)
        self._vocabulary = tuple(self._postings)
        self._count = max(len(self.articles), FEW)
        self._rarest = self._rarity(0)
        # Among thousands of articles a word that a hundred have tells little and costs much.
        self._common = max(MANY, len(self.articles) // 20)
        self._related = lru_cache(_REMEMBERED)(self._find_related)

    def search(self, query: Query) -> list[Found]:
        """The articles that answer, the best first; none for a question without a word that tells anything."""
        weights = dict.fromkeys(self._words(query.also), 0.5) | dict.fromkeys(self._words(query.text), 1.0)
        scores: dict[int, float] = defaultdict(float)
        heard: list[float] = []
        for word, weight in list(weights.items())[-LONGEST_QUERY:]:
            best, telling = self._best(word)
            heard.append(weight * telling)
            for number, score in best.items():
                scores[number] += weight * score
        # A question of one or two words must find them nearly all, a long one only its rarest.
        whole = max(sum(sorted(heard)[-WORDS_THAT_COUNT:]), LEAST_ASKED * self._rarest)
        return self._ranked(query, {number: score / whole for number, score in scores.items()})

    def _ranked(self, query: Query, scores: Mapping[int, float]) -> list[Found]:
        found = []
        for number, score in scores.items():
            article = self.articles[number]
            if not _wanted(query, article):
                continue
            boost = _TOPIC_BOOST if query.topic and query.topic in article.topics else 1.0
            boost *= _UNIT_BOOST if query.unit and query.unit == article.unit else 1.0
            if score * boost >= query.enough:
                found.append(Found(article, round(min(1.0, score * boost), 3)))
        return sorted(found, key=lambda one: (-one.score, one.article.id))[: query.most]

    def _words(self, text: str) -> list[str]:
        """The words that tell something, in their normal forms."""
        normal = (self._normal(word) for word in words_of(text) if word not in self._stop)
        return [word for word in normal if len(word) > 1 and word not in self._stop]

    def _best(self, word: str) -> tuple[dict[int, float], float]:
        """What the word adds to the scores of articles, and how much it tells."""
        best: dict[int, float] = {}
        telling = 0.0
        for related, weight in self._related(word):
            has = self._postings[related]
            if len(has) > self._common:
                continue
            rarity = self._rarity(len(has))
            telling = max(telling, rarity)
            for number, share in has.items():
                best[number] = max(best.get(number, 0.0), weight * rarity * share)
        return best, telling or self._rarest

    def _rarity(self, holders: int) -> float:
        return math.log(1 + (self._count - holders + 0.5) / (holders + 0.5))

    def _find_related(self, word: str) -> Sequence[tuple[str, float]]:
        """The words of the articles that stand for this one, and how surely."""
        related: dict[str, float] = {}
        if len(word) >= _RELATIVE_FROM:
            beginning = word[: max(_RELATIVE_FROM, int(len(word) * _RELATIVE_SHARES))]
            related = {w: _RELATIVE_WEIGHT for w in self._vocabulary if w.startswith(beginning)}
        for other in self._synonyms.get(word, ()):
            if other in self._postings:
                related[other] = max(related.get(other, 0.0), _SYNONYM_WEIGHT)
        if word in self._postings:
            related[word] = 1.0
        elif len(word) >= _SLIP_FROM:
            slips = process.extract(
                word, self._vocabulary, scorer=fuzz.ratio, score_cutoff=_SLIP_SIMILAR, limit=_SLIPS
            )
            for near, similar, _ in slips:
                if len(word) < _SLIP_FROM + 2 and near[0] != word[0]:
                    continue  # «банк» is not «танк»
                related[near] = max(related.get(near, 0.0), _SLIP_WEIGHT * similar / 100)
        return tuple(related.items())


def _wanted(query: Query, article: Article) -> bool:
    return (not query.kinds or article.kind in query.kinds) and (not query.units or article.unit in query.units)


def _synonyms(groups: Iterable[Sequence[str]], normal: NormalForm) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for group in groups:
        words = frozenset(normal(word) for written in group for word in words_of(written))
        for word in words:
            found[word] = found.get(word, frozenset()) | words
    return found


def _fields(article: Article, topics: Mapping[str, str]) -> dict[str, str]:
    return {
        "title": article.title,
        "questions": "\n".join(article.questions),
        "topics": " ".join(topics.get(topic, "") for topic in article.topics),
        "text": article.text,
    }


def _postings(articles: Sequence[Mapping[str, Sequence[str]]]) -> dict[str, dict[int, float]]:
    """Word to the articles that have it, with how much of it each has, 0..1 (BM25F's saturated frequency)."""
    usual = {name: max(1.0, sum(len(a[name]) for a in articles) / max(1, len(articles))) for name in WEIGHTS}
    postings: dict[str, dict[int, float]] = defaultdict(dict)
    for number, fields in enumerate(articles):
        weighed: dict[str, float] = defaultdict(float)
        for name, words in fields.items():
            share = _LENGTH_COUNTS[name]
            length = 1 - share + share * len(words) / usual[name]
            for word, times in Counter(words).items():
                weighed[word] += WEIGHTS[name] * times / length
        for word, weight in weighed.items():
            postings[word][number] = weight / (_SATURATION + weight)
    return dict(postings)
