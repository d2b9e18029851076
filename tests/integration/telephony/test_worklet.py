"""The audio worklet by itself, in Chromium's engine: the ring that plays and the resampler, sample by sample.

The file is run as it is; only what the audio thread provides around it is stood in for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.integration.telephony.browser_page import CHROMIUM, STATIC, chromium
from tests.integration.telephony.sound import share_of_tone

pytestmark = pytest.mark.needs_debian

_LOAD = """(source) => {
  const stand = `let sampleRate = 8000; class AudioWorkletProcessor {} const registerProcessor = () => {};`;
  const names = "({ Resampler, PlayoutRing, TARGET, MOST })";
  window.worklet = new Function(`${stand}\\n${source}\\nreturn ${names};`)();
}"""

# A sender of 160 samples every 20 ms and a player of 128 every 16 ms, both on one clock of milliseconds;
# from `stall_ms` on `stalled` frames come together.
_PLAY = """({ seconds, stall_ms, stalled, speed }) => {
  const ring = new worklet.PlayoutRing();
  const frame = new Int16Array(160).fill(8192);
  const filled = [], silent = [];
  let held = 0, sent = 0;
  for (let now = 0; now < seconds * 1000; now += 4) {
    while (sent * 20 / speed <= now) {
      sent += 1;
      const late = now >= stall_ms && now < stall_ms + stalled * 20;
      if (late) held += 1;
      else for (held += 1; held > 0; held -= 1) ring.push(frame);
    }
    if (now % 16) continue;
    const out = ring.pull(new Float32Array(128));
    filled.push(ring.filled);
    silent.push(out.filter((sample) => sample === 0).length);
  }
  return { filled, silent };
}"""

_DRAIN = """(hertz) => {
  const ring = new worklet.PlayoutRing();
  const tone = (n) => Math.round(8192 * Math.sin((2 * Math.PI * hertz * n) / 8000));
  ring.push(Int16Array.from({ length: 2400 }, (_, n) => tone(n)));
  const out = [];
  for (let sent = 2400; sent < 40000; sent += 128) {
    ring.push(Int16Array.from({ length: 128 }, (_, n) => tone(sent + n)));
    out.push(...ring.pull(new Float32Array(128)));
  }
  return { out, filled: ring.filled };
}"""

_RESAMPLE = """({ from, to, hertz }) => {
  const resampler = new worklet.Resampler(from, to);
  const out = [];
  for (let start = 0; start < from; start += 128) {
    const angle = (n) => (2 * Math.PI * hertz * (start + n)) / from;
    const block = Float32Array.from({ length: 128 }, (_, n) => Math.sin(angle(n)));
    out.push(...resampler.push(block));
  }
  return out;
}"""


@pytest_asyncio.fixture
async def page() -> AsyncIterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium")
    async with chromium() as browser:
        page = await browser.new_page()
        await page.evaluate(_LOAD, (STATIC / "js/audio/worklet.js").read_text())
        yield page


async def played(page: Page, **changes: float) -> tuple[list[int], list[int]]:
    """Samples that wait, and silent samples, after each quantum of 16 ms."""
    given = {"seconds": 60, "stall_ms": 1e9, "stalled": 0, "speed": 1} | changes
    result: dict[str, Any] = await page.evaluate(_PLAY, given)
    return result["filled"], result["silent"]


async def test_playing_begins_with_100_ms_and_stays_there(page: Page) -> None:
    filled, silent = await played(page)
    began = silent.index(0)
    assert sum(silent[began:]) == 0
    assert 800 - 128 <= filled[began] <= 960
    assert all(480 <= n <= 1040 for n in filled[began:])
    _, silent = await played(page, stall_ms=10_000, stalled=3)
    assert sum(silent[silent.index(0) :]) == 0  # a stall shorter than the buffer is not heard


async def test_after_a_long_stall_the_delay_drains_to_the_target(page: Page) -> None:
    filled, silent = await played(page, stall_ms=10_000, stalled=12)
    stalled = next(n for n in range(600, len(silent)) if silent[n])
    back = next(n for n in range(stalled, len(silent)) if not silent[n])
    assert max(filled[back:]) > 1500  # what came together waits
    assert sum(silent[back + 1 :]) == 0
    steps = np.diff(filled[back + 40 :])
    assert steps.min() >= -128 - 1  # by one sample a quantum at most
    assert filled[-1] <= 1040
    filled, _ = await played(page, stall_ms=10_000, stalled=100)
    assert max(filled) <= 3200  # beyond 400 ms the oldest go at once


async def test_sound_stays_clean_while_the_delay_drains(page: Page) -> None:
    result = await page.evaluate(_DRAIN, 1100)
    assert result["filled"] < 2400 - 200  # it does drain
    sound = np.array(result["out"])
    while_draining = sound[8000:16000]
    assert share_of_tone(while_draining, 1100) > 0.99


async def test_clock_that_differs_is_followed_without_gaps(page: Page) -> None:
    for speed in (1.0005, 0.9995):
        filled, silent = await played(page, speed=speed, seconds=300)
        began = silent.index(0)
        assert sum(silent[began:]) == 0
        assert all(80 <= n <= 1400 for n in filled[began:])


def signal_to_noise_db(samples: np.ndarray[Any, np.dtype[np.float64]], hertz: float, rate: int) -> float:
    """Against the sine of that frequency that fits best."""
    times = 2 * np.pi * hertz * np.arange(len(samples)) / rate
    basis = np.stack((np.sin(times), np.cos(times)), axis=1)
    weights, *_ = np.linalg.lstsq(basis, samples, rcond=None)
    fitted = basis @ weights
    assert abs(float(np.hypot(*weights)) - 1) < 0.02  # the level is kept
    return float(10 * np.log10(np.sum(fitted**2) / np.sum((samples - fitted) ** 2)))


async def test_resampling_keeps_speech_clean(page: Page) -> None:
    for start, end in ((48000, 8000), (44100, 8000), (8000, 48000), (8000, 44100)):
        for hertz in (300, 1000, 3000):
            out = np.array(await page.evaluate(_RESAMPLE, {"from": start, "to": end, "hertz": hertz}))
            assert abs(len(out) - end) < 0.01 * end
            assert signal_to_noise_db(out[1000:], hertz, end) > 45, (start, end, hertz)


async def test_what_a_telephone_cannot_carry_is_filtered_out(page: Page) -> None:
    out = np.array(await page.evaluate(_RESAMPLE, {"from": 48000, "to": 8000, "hertz": 5500}))
    assert 20 * np.log10(np.sqrt(2 * np.mean(out[500:] ** 2))) < -40
