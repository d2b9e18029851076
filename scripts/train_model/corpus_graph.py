"""The graph of the bundled model: the corpus's vocabulary, pronunciations and language model put together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from scripts.train_model.corpus import Corpus, further
from scripts.train_model.graph import AnythingElse, GraphSize, phone_pairs, write_graph
from scripts.train_model.language_model import LanguageModel, estimate
from scripts.train_model.lexicon import Heard, Lexicon, lexicon_of
from scripts.train_model.spoken import Sentence, label_of


def write_corpus_graph(
    folder: Path, corpus: Corpus, seed: int, stays: Mapping[str, float], heard: Heard
) -> GraphSize:
    """Write `graph/` of a model into `folder` (about a minute).

    `stays`: for each phone and silence the probability of its self-loop. `heard`: what the
    synthesisers make of each spoken word. Raises Unavailable without OpenFst's tools.
    """
    lexicon = corpus_lexicon(corpus, heard)
    sentences = labelled(corpus.weighted)
    pairs = phone_pairs(lexicon, sentences)
    language = corpus_language(corpus, lexicon, [*sentences, *labelled(further(corpus, seed))])
    return write_graph(folder, lexicon, language, stays, AnythingElse(pairs))


def corpus_lexicon(corpus: Corpus, heard: Heard) -> Lexicon:
    """The labels, and for grammars the spellings with «ё» too."""
    spellings: dict[str, dict[str, None]] = defaultdict(dict)
    for word in corpus.spoken:
        spellings[label_of(word)][word] = None
        if "ё" in word:
            spellings[word][word] = None
    return lexicon_of(spellings, heard)


def labelled(weighted: Iterable[tuple[Sentence, float]]) -> list[tuple[tuple[str, ...], float]]:
    """The weighted sentences in labels."""
    return [(tuple(label_of(word) for word in sentence), weight) for sentence, weight in weighted]


def corpus_language(
    corpus: Corpus, lexicon: Lexicon, sentences: Iterable[tuple[tuple[str, ...], float]]
) -> LanguageModel:
    vocabulary = [label for label in corpus.vocabulary if label in lexicon]
    known = set(vocabulary)
    return estimate([item for item in sentences if known.issuperset(item[0])], vocabulary)
