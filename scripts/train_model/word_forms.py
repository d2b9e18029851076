"""Forms of Russian words by the dictionary of OpenCorpora: cases for the slots of templates, and «ё» put back."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymorphy3 import MorphAnalyzer

CASES = ("nomn", "gent", "datv", "accs", "ablt", "loct")
_CONTENT = {"NOUN", "ADJF", "ADJS", "VERB", "INFN", "PRTF", "PRTS", "GRND", "COMP", "NUMR"}
_RARE = {
    "Arch",
    "Litr",
    "Erro",
    "Dist",
    "V-be",
    "V-ie",
    "V-ey",
    "V-oy",
    "V-sh",
    "gen2",
    "acc2",
    "loc2",
    "voct",
    "Fixd",
}
_AGREEING = {"ADJF", "PRTF"}


@lru_cache(maxsize=1)
def analyzer() -> MorphAnalyzer:
    """The dictionary, loaded once (0.2 s)."""
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer()


def plain(word: str) -> str:
    """The spelling that labels of the model have: without «ё»."""
    return word.replace("ё", "е")


@lru_cache(maxsize=50_000)
def with_yo(word: str) -> str:
    """The word with its «ё» where the dictionary leaves no doubt about it («еще»: «ещё», but «все» stays)."""
    spellings = {parse.word for parse in analyzer().parse(word) if parse.is_known}
    return spellings.pop() if len(spellings) == 1 else word


@lru_cache(maxsize=50_000)
def inflected(phrase: str, case: str) -> str:
    """A noun phrase in another case: «договор социального найма», gent: «договора социального найма».

    The adjectives before the first noun and that noun change; what follows stays. A phrase whose first noun cannot
    be found is returned as it is.
    """
    words = phrase.split()
    head = next((place for place, word in enumerate(words) if _noun(word) is not None), None)
    if head is None or case == "nomn":
        return phrase
    noun = _noun(words[head])
    changed = _in_case(noun, case)
    before = [_agreeing(word, case, noun.tag) for word in words[:head]]
    return " ".join([*before, changed, *words[head + 1 :]])


def _noun(word: str) -> Any:
    """The reading of the word as a noun in the nominative, None when it has none or may be an adjective."""
    parses = [parse for parse in analyzer().parse(word) if "nomn" in parse.tag]
    if any(parse.tag.POS in _AGREEING for parse in parses):
        return None
    return next((parse for parse in parses if parse.tag.POS == "NOUN"), None)


def _in_case(parse: Any, case: str) -> str:
    wanted = {case, parse.tag.number} - {None}
    form = parse.inflect(wanted)
    return str(form.word if form else parse.word)


def _agreeing(word: str, case: str, noun: Any) -> str:
    for parse in analyzer().parse(word):
        if parse.tag.POS not in _AGREEING or "nomn" not in parse.tag or parse.tag.number != noun.number:
            continue
        wanted = {case, noun.number}
        if noun.number == "sing":
            wanted.add(noun.gender or "masc")
        elif case == "accs":
            wanted.add(noun.animacy)
        if noun.number == "sing" and case == "accs" and noun.gender == "masc":
            wanted.add(noun.animacy)
        form = parse.inflect(wanted - {None})
        if form:
            return str(form.word)
    return word


@lru_cache(maxsize=50_000)
def forms_of(word: str) -> tuple[str, ...]:
    """The everyday forms of a content word, itself among them; of other words only the word.

    Of nouns all cases and numbers, of verbs no participles (they are adjectives, and many), of adjectives no
    comparatives in «по-».
    """
    parse = analyzer().parse(word)[0]
    if not parse.is_known or parse.tag.POS not in _CONTENT:
        return (word,)
    forms = {word}
    for form in parse.lexeme:
        if _RARE & form.tag.grammemes or form.tag.POS in {"PRTF", "PRTS", "GRND"} - {parse.tag.POS}:
            continue
        if form.tag.POS == "COMP" and form.word.startswith("по"):
            continue
        forms.add(form.word)
    return tuple(sorted(forms))
