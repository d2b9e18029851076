"""The corpus of the bundled model: what it knows, and what is kept apart."""

from __future__ import annotations

import re

import pytest

from scripts.train_model.corpus import Corpus, build_corpus, is_held_out
from scripts.train_model.spoken import label_of
from scripts.train_model.texts import read_texts


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return build_corpus(1, 3000)


def test_training_never_speaks_a_sentence_that_is_held_out(corpus: Corpus) -> None:
    assert not set(corpus.training) & set(corpus.held_out)
    assert not any(is_held_out(sentence) for sentence in corpus.training)
    assert len(corpus.held_out) > 100


def test_every_word_of_training_is_in_the_vocabulary(corpus: Corpus) -> None:
    known = set(corpus.vocabulary)
    for sentence in (*corpus.training, *corpus.held_out):
        assert {label_of(word) for word in sentence} <= known
    assert all(re.fullmatch("[а-я]+", word) for word in known)


def test_sentences_outside_the_vocabulary_have_such_a_word(corpus: Corpus) -> None:
    known = set(corpus.vocabulary)
    assert corpus.outside
    assert all(any(label_of(word) not in known for word in sentence) for sentence in corpus.outside)


def test_the_model_knows_every_phrase_that_the_scripts_listen_for(corpus: Corpus) -> None:
    known = set(corpus.vocabulary)
    texts = read_texts()
    unknown = {
        word for sentence in (*texts.heard, *texts.asked) for word in sentence if label_of(word) not in known
    }
    assert not unknown
    assert ("вполне", "удовлетворён") in texts.heard
