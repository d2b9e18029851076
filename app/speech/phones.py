"""The phones of Russian as the bundled model knows them, and what synthesisers call them.

A phone's name is Latin; a trailing `j` means that the consonant is soft. Kaldi's word aligner wants to know where
in its word a phone stands, so each has four ids (`_B` begin, `_I` inside, `_E` end, `_S` a word by itself) that
share their two acoustic classes (pdfs): the phone's first frame, and those that follow.
"""

from __future__ import annotations

SILENCE = "SIL"
PHONES = (
    *(
        "a",
        "V",
        "o",
        "e",
        "i",
        "y",
        "u",
        "b",
        "bj",
        "v",
        "vj",
        "g",
        "gj",
        "d",
        "dj",
        "zh",
        "z",
        "zj",
        "j",
        "k",
        "kj",
    ),
    *("l", "lj", "m", "mj", "n", "nj", "p", "pj", "r", "rj", "s", "sj", "t", "tj", "f", "fj", "x", "xj"),
    *("ts", "ch", "sh", "sch"),
)
"""`V` is the unstressed «а» and «о»."""
CLASS_OF = {phone: number for number, phone in enumerate((SILENCE, *PHONES))}
PDFS = 2 * len(CLASS_OF)

_PLACES = ("B", "E", "I", "S")


def _placed() -> tuple[str, ...]:
    return (SILENCE, *(f"{phone}_{place}" for phone in PHONES for place in _PLACES))


PLACED = _placed()
"""All placed phones; the id of a placed phone is its index here plus one (0 is Kaldi's epsilon)."""
ID_OF = {placed: number for number, placed in enumerate(PLACED, start=1)}


def in_places(phones: tuple[str, ...]) -> tuple[str, ...]:
    """The phones of a word, each with its place in it. Raises ValueError for no phones."""
    if not phones:
        raise ValueError("a word has at least one phone")
    if len(phones) == 1:
        return (f"{phones[0]}_S",)
    return (f"{phones[0]}_B", *(f"{phone}_I" for phone in phones[1:-1]), f"{phones[-1]}_E")


def bare(placed: str) -> str:
    """The phone without its place."""
    return placed if placed == SILENCE else placed.rsplit("_", 1)[0]


def first_pdf(placed: str) -> int:
    """The acoustic class of the phone's first frame (Kaldi's forward pdf)."""
    return 2 * CLASS_OF[bare(placed)]


def later_pdf(placed: str) -> int:
    """The acoustic class of the phone's later frames (Kaldi's self-loop pdf)."""
    return 2 * CLASS_OF[bare(placed)] + 1


def staying(placed: str) -> int:
    """The transition id of the self-loop: one emitting state a phone."""
    return 2 * ID_OF[placed] - 1


def leaving(placed: str) -> int:
    """The transition id that leaves the phone's state."""
    return 2 * ID_OF[placed]


def _table(pairs: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in pairs.split())


OF_ESPEAK = _table("""
    A:a a:a V:V a#:V @:V V#:V o:o O:o 8:o e:e E:e E#:e E2:e i:i I:i y:y Y:y u:u u":u u#:u U:u b:b v:v g:g d:d Z:zh
    z:z j:j k:k l:l m:m n:n n_:n p:p r:r R:r s:s t:t f:f x:x ts:ts tS;:ch tS:ch S:sh S;:sch m;:mj t;:tj d;:dj s;:sj
    z;:zj n;:nj l;:lj r;:rj v;:vj b;:bj p;:pj f;:fj g;:gj k;:kj x;:xj Q:g N:n
""")
"""espeak-ng's mnemonics (voice `ru`). `;` and `I^` soften the phone before them, `@-` is a transition (see
`SPLIT_BY_ESPEAK` and `SOFTENED` for what is not one to one)."""
SPLIT_BY_ESPEAK = {
    "ja": ("j", "a"),
    "ju": ("j", "u"),
    "jo": ("j", "o"),
    "je": ("j", "e"),
    "ts;": ("ts",),
    "dZ": ("d", "zh"),
    "dZ;": ("d", "zh"),
}
SOFTENED = _table("b:bj v:vj g:gj d:dj z:zj k:kj l:lj m:mj n:nj p:pj r:rj s:sj t:tj f:fj x:xj sh:sch")
OF_FESTIVAL = _table("""
    ii:i yy:y uu:u ee:e oo:o aa:a a:V e:i i:i y:y u:u ae:i ay:V ur:u b:b bb:bj v:v vv:vj g:g gg:gj d:d dd:dj
    zh:zh zzh:zh z:z zz:zj j:j k:k kk:kj l:l ll:lj m:m mm:mj n:n nn:nj p:p pp:pj r:r rr:rj s:s ss:sj t:t
    tt:tj f:f ff:fj h:x hh:xj c:ts ch:ch sh:sh sch:sch dz:ts dzh:ch gh:x ij:i x:x
""")
"""Festival's `msu_ru` phones."""
