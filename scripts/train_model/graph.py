"""The decoding graph that libvosk reads: HCLr.fst (phones to words, with look-ahead), Gr.fst (words) and words.txt.

HL is written straight as a trie: a node for each beginning of a word, which keeps its phone's self-loop (as Kaldi
with reordered transitions: the forward one first, self-loops after). The word stands on an epsilon arc at its end,
so neither disambiguation symbols nor determinisation are needed. `../shared/model-notes` says what libvosk demands.
"""

from __future__ import annotations

import math
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.speech.body_words import PHONE_WORDS, inner_symbol, last_symbol
from app.speech.phones import ID_OF, PHONES, PLACED, SILENCE, bare, in_places, leaving, staying
from scripts.train_model.language_model import BEGINNING, END, LanguageModel
from scripts.train_model.lexicon import Lexicon
from scripts.train_model.openfst import EPSILON, LOOK_AHEAD_TYPE, Automaton, run

NOTHING = "<eps>"
ANYTHING_ELSE = "[unk]"
_SILENCE_SHARE = 0.3
_KINDS = {"B": "begin", "E": "end", "I": "internal", "S": "singleton"}
_FIRST = "<w>"
_DEAREST_PAIR = 6.5
"""Pairs of phones that cost more are left out of [unk]."""


@dataclass(frozen=True)
class AnythingElse:
    """[unk], a loop of phones: `pairs` has the cost of a phone after another one (or first in its word)."""

    pairs: Mapping[str, Mapping[str, float]]
    entry: float = 6.0
    each_phone: float = 0.5


@dataclass(frozen=True)
class GraphSize:
    words: int
    lexicon_states: int
    lexicon_arcs: int
    language_states: int
    language_arcs: int


def write_graph(
    folder: Path, lexicon: Lexicon, language: LanguageModel, stays: Mapping[str, float], anything_else: AnythingElse
) -> GraphSize:
    """Write `graph/` of a model into `folder`.

    `stays`: for each phone and silence, the probability of its self-loop. The words of the language model are
    those of the lexicon, which may have more (spellings with «ё» for grammars). Raises Unavailable without OpenFst,
    ValueError for a word of the language model that the lexicon lacks.
    """
    unsaid = sorted(set(language.following[()].costs) - {END} - set(lexicon))
    if unsaid:
        raise ValueError(f"the lexicon lacks words of the language model: {', '.join(unsaid[:10])}")
    (folder / "phones").mkdir(parents=True, exist_ok=True)
    words = [NOTHING, *sorted(lexicon), ANYTHING_ELSE, *PHONE_WORDS]
    id_of = {word: number for number, word in enumerate(words)}
    lexicon_graph = _lexicon_graph(lexicon, id_of, stays, anything_else)
    language_graph = _language_graph(language, id_of)
    with tempfile.TemporaryDirectory() as work:
        relabelled = _write_pair(folder, Path(work), lexicon_graph, language_graph)
    _write_words(folder / "words.txt", words, relabelled)
    _write_phones(folder)
    return GraphSize(
        len(lexicon), lexicon_graph.states, lexicon_graph.arcs, language_graph.states, language_graph.arcs
    )


def phone_pairs(
    lexicon: Lexicon, sentences: Iterable[tuple[tuple[str, ...], float]]
) -> dict[str, dict[str, float]]:
    """Costs of pairs of phones over weighted sentences of labels, across words too; "<w>": first in a word."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence, weight in sentences:
        before = ""
        for label in sentence:
            for place, phone in enumerate(lexicon[label][0][0]):
                counts[_FIRST][phone] += weight if place == 0 else 0  # type: ignore[assignment]
                counts[before][phone] += weight  # type: ignore[assignment]
                before = phone
    costs: dict[str, dict[str, float]] = {}
    for phone in (_FIRST, *PHONES):
        total = sum(counts[phone].values()) + 0.5 * len(PHONES)
        every = {after: -math.log((counts[phone][after] + 0.5) / total) for after in PHONES}
        costs[phone] = {after: cost for after, cost in every.items() if cost < _DEAREST_PAIR}
    return costs


@dataclass
class _LexiconGraph:
    """The trie under way. `root` is before a word, `pause` before a silence."""

    stays: Mapping[str, float]
    graph: Automaton = field(default_factory=Automaton)

    def __post_init__(self) -> None:
        start, self.root, self.pause = (self.graph.add_state() for _ in range(3))
        self.no_pause_cost = -math.log(1 - _SILENCE_SHARE)
        self.pause_cost = -math.log(_SILENCE_SHARE)
        self.graph.add_arc(start, self.root, EPSILON, EPSILON, self.no_pause_cost)
        self.graph.add_arc(start, self.pause, EPSILON, EPSILON, self.pause_cost)
        silence = self.node(SILENCE)
        self.graph.add_arc(self.pause, silence, leaving(SILENCE), EPSILON)
        self.graph.add_arc(silence, self.root, EPSILON, EPSILON, self.leave_cost(SILENCE))
        self.graph.end_in(self.root)

    def node(self, placed: str) -> int:
        """A new state within a phone."""
        state = self.graph.add_state()
        self.graph.add_arc(state, state, staying(placed), EPSILON, -math.log(self.stays[bare(placed)]))
        return state

    def leave_cost(self, placed: str) -> float:
        return -math.log(1 - self.stays[bare(placed)])

    def end_word(self, state: int, word: int, cost: float) -> None:
        self.graph.add_arc(state, self.root, EPSILON, word, cost + self.no_pause_cost)
        self.graph.add_arc(state, self.pause, EPSILON, word, cost + self.pause_cost)


def _lexicon_graph(
    lexicon: Lexicon, id_of: Mapping[str, int], stays: Mapping[str, float], anything_else: AnythingElse
) -> Automaton:
    under_way = _LexiconGraph(stays)
    _add_trie(under_way, lexicon, id_of)
    _add_phone_words(under_way, id_of)
    _add_anything_else(under_way, anything_else, id_of[ANYTHING_ELSE])
    return under_way.graph


def _add_trie(under_way: _LexiconGraph, lexicon: Lexicon, id_of: Mapping[str, int]) -> None:
    nodes: dict[tuple[int, str], int] = {}
    ends: dict[int, dict[int, float]] = defaultdict(dict)
    for word, ways in lexicon.items():
        for phones, cost in ways:
            state, before = under_way.root, ""
            for placed in in_places(phones):
                if (state, placed) not in nodes:
                    node = under_way.node(placed)
                    nodes[state, placed] = node
                    left = under_way.leave_cost(before) if before else 0.0
                    under_way.graph.add_arc(state, node, leaving(placed), EPSILON, left)
                state, before = nodes[state, placed], placed
            whole = cost + under_way.leave_cost(before)
            ends[state][id_of[word]] = min(whole, ends[state].get(id_of[word], math.inf))
    for end, words in ends.items():
        for number, whole in words.items():
            under_way.end_word(end, number, whole)


def _add_phone_words(under_way: _LexiconGraph, id_of: Mapping[str, int]) -> None:
    """For each phone a word that only words added at run time use: one that another phone follows without a pause,
    and one that ends the added word."""
    for phone in PHONES:
        placed = f"{phone}_S"
        node = under_way.node(placed)
        under_way.graph.add_arc(under_way.root, node, leaving(placed), EPSILON)
        left = under_way.leave_cost(placed)
        under_way.graph.add_arc(node, under_way.root, EPSILON, id_of[inner_symbol(phone)], left)
        under_way.end_word(node, id_of[last_symbol(phone)], left)


def _add_anything_else(under_way: _LexiconGraph, anything_else: AnythingElse, word: int) -> None:
    """At least two phones: begin, any number within, end."""
    graph = under_way.graph
    banks = {place: {phone: under_way.node(f"{phone}_{place}") for phone in PHONES} for place in "BIE"}
    for phone, cost in anything_else.pairs[_FIRST].items():
        entry = anything_else.entry + anything_else.each_phone + cost
        graph.add_arc(under_way.root, banks["B"][phone], leaving(f"{phone}_B"), EPSILON, entry)
    for source, target in (("B", "I"), ("I", "I"), ("B", "E"), ("I", "E")):
        for phone in PHONES:
            for after, cost in anything_else.pairs[phone].items():
                step = under_way.leave_cost(phone) + anything_else.each_phone + cost
                graph.add_arc(
                    banks[source][phone], banks[target][after], leaving(f"{after}_{target}"), EPSILON, step
                )
    end = graph.add_state()
    for phone in PHONES:
        graph.add_arc(banks["E"][phone], end, EPSILON, EPSILON, under_way.leave_cost(phone))
    under_way.end_word(end, word, 0.0)


def _language_graph(language: LanguageModel, id_of: Mapping[str, int]) -> Automaton:
    """Back-off arcs are plain epsilons, as in the grammars that libvosk makes at run time."""
    graph = Automaton()
    histories = [(BEGINNING,), *(history for history in language.following if history != (BEGINNING,))]
    state_of = {history: graph.add_state() for history in histories}
    longest = language.order - 1

    def state_after(history: tuple[str, ...]) -> int:
        while history not in state_of:
            history = history[1:]
        return state_of[history]

    for history in histories:
        following = language.following[history]
        for label, cost in following.costs.items():
            if label == END:
                graph.end_in(state_of[history], cost)
            else:
                after = (*history, label)[-longest:] if longest else ()
                graph.add_arc(state_of[history], state_after(after), id_of[label], id_of[label], cost)
        if history:
            graph.add_arc(state_of[history], state_after(history[1:]), EPSILON, EPSILON, following.backing_off)
    return graph


def _write_pair(folder: Path, work: Path, lexicon_graph: Automaton, language_graph: Automaton) -> dict[int, int]:
    """HCLr.fst and Gr.fst; returns the new number of each relabelled word."""
    lexicon_graph.write(work / "HL.fst")
    language_graph.write(work / "G.fst")
    pairs = work / "relabel"
    run("fstconvert", f"--fst_type={LOOK_AHEAD_TYPE}", f"--save_relabel_opairs={pairs}", str(work / "HL.fst"),
        str(folder / "HCLr.fst"))  # fmt: skip
    relabelled = run("fstrelabel", f"--relabel_ipairs={pairs}", f"--relabel_opairs={pairs}", str(work / "G.fst"))
    arranged = run("fstarcsort", "--sort_type=ilabel", given=relabelled)
    run("fstconvert", "--fst_type=const", "-", str(folder / "Gr.fst"), given=arranged)
    lines = (line.split() for line in pairs.read_text(encoding="ascii").splitlines())
    return {int(old): int(new) for old, new in lines}


def _write_words(path: Path, words: list[str], relabelled: Mapping[int, int]) -> None:
    """With the numbers that look-ahead gave them: with others, words come out wrong without any error."""
    free = max([*relabelled.values(), len(words)]) + 1
    lines = [f"{NOTHING} 0"]
    for number, word in enumerate(words[1:], start=1):
        new = relabelled.get(number)
        if new is None:
            new, free = free, free + 1
        lines.append(f"{word} {new}")
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _write_phones(folder: Path) -> None:
    # One transition id that no graph has: libvosk asks that the file exists.
    (folder / "disambig_tid.int").write_text(f"{2 * len(PLACED) + 1}\n", encoding="ascii")
    lines = [
        f"{ID_OF[placed]} {'nonword' if placed == SILENCE else _KINDS[placed.rsplit('_', 1)[1]]}"
        for placed in PLACED
    ]
    (folder / "phones" / "word_boundary.int").write_text("\n".join([*lines, ""]), encoding="ascii")
