"""How a Russian word sounds, in the phones of the bundled model, as espeak-ng's rules and dictionary say it."""

from __future__ import annotations

import re

from app.domain.errors import BadInput
from app.speech.espeak import PHONEME_SEPARATOR, phonemes_of
from app.speech.phones import OF_ESPEAK, SOFTENED, SPLIT_BY_ESPEAK

_RUSSIAN = re.compile(r"[а-яё-]+")
_STRESS = "'`,%=|"
_SOFTENS = (";", "I^")
_TRANSITION = "@-"

_WITHOUT_VOWEL = {
    "в": (("v",), ("f",), ("vj",)),
    "к": (("k",), ("g",)),
    "с": (("s",), ("z",), ("sj",)),
    "б": (("b",), ("p",)),
    "ж": (("zh",), ("sh",)),
}
"""Words of one consonant lean on the next word; espeak-ng alone would spell them."""


def pronounce(word: str) -> tuple[tuple[str, ...], ...]:
    """The ways to say one word, the likeliest first. Raises BadInput for what has no sound in Russian."""
    if word in _WITHOUT_VOWEL:
        return _WITHOUT_VOWEL[word]
    said = phonemes_of(word) if _RUSSIAN.fullmatch(word) else ""
    phones = tuple(phone for part in said.split() for phone in _phones(part, word))
    if not phones:
        raise BadInput(f"the word {word!r} cannot be pronounced: write it in Russian letters")
    soft = _with_soft_l(word, phones)
    return (phones,) if soft == phones else (soft, phones)


def _with_soft_l(word: str, phones: tuple[str, ...]) -> tuple[str, ...]:
    """espeak-ng says «ль» before a consonant and at the end as «л»; people do not."""
    letters = [place for place, letter in enumerate(word) if letter == "л"]
    sounds = [place for place, phone in enumerate(phones) if phone in ("l", "lj")]
    if len(letters) != len(sounds):
        return phones
    softened = {
        sound for letter, sound in zip(letters, sounds, strict=True) if word[letter + 1 : letter + 2] == "ь"
    }
    return tuple("lj" if place in softened else phone for place, phone in enumerate(phones))


def pronounce_before(word: str, following: str) -> tuple[str, ...]:
    """How a word sounds before another one: little words lose their stress there («на» of «на дом»).

    Raises BadInput as `pronounce`.
    """
    parts = phonemes_of(f"{word} {following}").split()
    if len(parts) != 2:
        return pronounce(word)[0]
    return tuple(_phones(parts[0], word))


def _phones(mnemonics: str, word: str) -> list[str]:
    phones: list[str] = []
    for mnemonic in mnemonics.split(PHONEME_SEPARATOR):
        mnemonic = mnemonic.strip(_STRESS)
        if mnemonic in _SOFTENS:
            if phones:
                phones[-1] = SOFTENED.get(phones[-1], phones[-1])
        elif mnemonic in SPLIT_BY_ESPEAK:
            phones += SPLIT_BY_ESPEAK[mnemonic]
        elif mnemonic in OF_ESPEAK:
            phones.append(OF_ESPEAK[mnemonic])
        elif mnemonic and mnemonic != _TRANSITION:
            raise BadInput(
                f"the word {word!r} has a sound {mnemonic!r} that Russian lacks: write it in Russian letters"
            )
    return [phone for place, phone in enumerate(phones) if phone != "j" or phones[place - 1 : place] != ["j"]]
