"""Classes of words that a cue may name: how people are called in Russian.

Only the nominative: who tells their own name says it so, whoever speaks of another seldom does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PATRONYMIC = re.compile(r"\w{2,}(?:[оеё]вич|[оеё]вна|инична)|(?:иль|кузьм|лук|фом|никит|сав|фок)(?:ич|ична)")
_SURNAME = re.compile(
    r"\w{2,}(?:[оеё]в|[оеё]ва|ин|ина|ын|ына|ский|ская|цкий|цкая|ской|енко|ук|юк|чук|ян|дзе|швили|ич|ник|ых|ец|уй)"
)
_NO_SURNAME = re.compile(
    r"(?:готов|здоров|нов|снова|слова|основа|вопрос\w*|документ\w*|час\w*|один|одна|причина|половина|машина|"
    r"женщина|мужчина|картина|середина|дисциплина|медицина|специалист|техник|вечерник|понедельник|вторник|"
    r"доверенност\w*|любов\w*|сотрудник|начальник|чиновник|помощник|собственник|участник|отец|конец|месяц|наконец|"
    r"\w+ических|\w+ных|\w+ских|своих|моих|других|каких|таких|всех|них|их|\w+ующих|\w+ящих|земельных|рабочих)"
)
_NAMES = frozenset(
    """
    александр александра алексей алена алина алиса алла альбина анастасия анатолий ангелина андрей анжелика анна анна
    антон антонина аркадий арсений артем артур ася борис вадим валентин валентина валерий валерия варвара василий
    василиса вера вероника виктор виктория виталий владимир владислав вячеслав галина геннадий георгий герман глеб
    григорий данила даниил дарья денис диана дмитрий евгений евгения егор екатерина елена елизавета жанна захар зинаида
    зоя иван игорь илья инга инна ирина камилла кира кирилл клавдия константин кристина ксения лариса лев леонид лидия
    лилия любовь людмила майя максим маргарита марина мария марк матвей милана михаил надежда наталия наталья никита
    николай нина оксана олег олеся ольга павел петр полина раиса рената рита роза роман руслан рустам савелий светлана
    семен сергей снежана софия софья станислав степан таисия тамара татьяна тимофей тимур ульяна фаина федор филипп
    эдуард эльвира эмма юлия юрий яна ярослав
    """.split()
)


@dataclass(frozen=True)
class NameClass:
    """A class of words; `example` stands for it where a cue is read aloud."""

    example: str
    pattern: re.Pattern[str] | None = None
    without: re.Pattern[str] | None = None
    words: frozenset[str] = frozenset()

    def holds(self, word: str) -> bool:
        """The word is of this class."""
        if self.pattern is None:
            return word in self.words
        return bool(self.pattern.fullmatch(word)) and not (self.without and self.without.fullmatch(word))


CLASSES = {
    "имя": NameClass("анна", words=_NAMES),
    "отчество": NameClass("сергеевна", _PATRONYMIC),
    "фамилия": NameClass("иванова", _SURNAME, _NO_SURNAME),
}
