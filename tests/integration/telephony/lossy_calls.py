"""Calls of one line to another through bad networks: what arrives of keys and of speech."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from app.application.ports import Clip, LegId
from app.speech.espeak import synthesise
from app.speech.recogniser import Recogniser
from app.speech.recogniser_client import VoskRecognizer
from tests.integration.speech.telephone import MODEL, Listener, feed, silence
from tests.integration.telephony.exchange import LOOPBACK, Exchange, open_exchange
from tests.integration.telephony.lossy_relay import LossyRelay, Weather
from tests.integration.telephony.rtp_peer import until

SENTENCES = (
    "здравствуйте подскажите пожалуйста какой срок рассмотрения моего обращения",
    "где посмотреть список документов для субсидии",
    "соедините меня пожалуйста со специалистом",
    "ваше заявление на рассмотрении",
)
WORDS = [word for sentence in SENTENCES for word in sentence.split()]
KEYS = "1590*#77"
CONDITIONS = [Weather(loss, jitter_ms) for loss in (0.01, 0.05, 0.10) for jitter_ms in (30.0, 60.0)]
CLEAR = Weather(0.0, 0.0)


@dataclass(frozen=True)
class Outcome:
    """What came through. `word_errors` is the share of the words said that were heard wrongly or not at all."""

    weather: Weather
    lost: float
    keys: str
    text: str
    word_errors: float


class _Answering(Exchange):
    """Keeps the keys of each leg apart."""

    def __init__(self) -> None:
        super().__init__()
        self.keys_of: dict[LegId, str] = {}

    def key_pressed(self, leg: LegId, key: str) -> None:
        self.keys_of[leg] = self.keys_of.get(leg, "") + key


def speech() -> Clip:
    """What the caller says: sentences of the bundled model's vocabulary, with pauses."""
    pause = silence(0.8)
    return Clip("speech", pause + b"".join(synthesise(sentence, voice="ru") + pause for sentence in SENTENCES))


async def call_through(conditions: list[Weather]) -> list[Outcome]:
    """A call in each weather, all at once: the sentences are said, the keys are pressed, and what was heard goes
    through the recogniser, one after the other."""
    said = speech()
    async with AsyncExitStack() as stack:
        called = await stack.enter_async_context(open_exchange())
        calling = await stack.enter_async_context(open_exchange())
        answering = _Answering()
        answering.line = called.line
        assert called.line is not None
        assert calling.line is not None
        called.line.report_to(answering)
        relays: list[LossyRelay] = []
        legs: list[LegId] = []
        for weather in conditions:
            relay = LossyRelay(calling.line.port, called.line.port, weather)
            relays.append(await stack.enter_async_context(relay))
            leg = calling.line.dial(f"sip:245022@{LOOPBACK}:{relay.port}", ring_for_s=30)
            await until(lambda leg=leg: ("answered", leg) in calling.heard, f"{weather}: the call stands")  # type: ignore[misc]
            legs.append(leg)
            assert len(answering.legs) == len(legs), "one call each, however often its INVITE came"
        for leg in legs:
            calling.line.play(leg, [said], tag="said")
        played = [("played", leg, "said") for leg in legs]
        await until(lambda: all(one in calling.heard for one in played), "all is said", 60)
        for leg in legs:
            calling.line.send_keys(leg, KEYS)
        await until(lambda: all(len(answering.keys_of.get(one, "")) >= len(KEYS) for one in answering.legs), "keys")
        await asyncio.sleep(0.5)  # whatever comes twice would come now
        heard = [bytes(answering.sound[leg]) for leg in answering.legs]
        keys = [answering.keys_of[leg] for leg in answering.legs]
        for leg in legs:
            calling.line.hang_up(leg)
        await until(lambda: len(answering.ends()) == len(legs), "all are over on the other side", 40)
        lost = [relay.lost / relay.packets for relay in relays]
    texts = await recognised(heard)
    errors = [Levenshtein.distance(WORDS, text.split()) / len(WORDS) for text in texts]
    return [Outcome(*one) for one in zip(conditions, lost, keys, texts, errors, strict=True)]


async def recognised(sounds: list[bytes]) -> list[str]:
    """What the real recogniser makes of each."""
    recogniser = Recogniser(MODEL, LOOPBACK, 0, workers=2)
    await recogniser.start()
    client = VoskRecognizer(f"ws://{LOOPBACK}:{recogniser.port}")
    try:
        return [await _text(client, pcm) for pcm in sounds]
    finally:
        await client.aclose()
        await recogniser.aclose()


async def _text(client: VoskRecognizer, pcm: bytes) -> str:
    listener = Listener()
    listening = client.listen(listener.on_heard, listener.on_reception)
    await feed(listening, pcm + silence(2.0), times_real=8.0)
    settled = -1
    while settled != len(listener.heard):  # nothing more for a while
        settled = len(listener.heard)
        await asyncio.sleep(1.0)
    listening.close()
    return listener.text
