"""G.711 against an encoder and decoder written bit by bit, as ITU-T G.191 describes the algorithm."""

from __future__ import annotations

import numpy as np
import pytest

from app.telephony import g711
from app.telephony.media_port import Codec

EVERY_SAMPLE = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)
EVERY_CODE = np.arange(256, dtype=np.uint8)


def a_law_code(sample: int) -> int:
    """G.191: 12-bit magnitude (one's complement), 3-bit exponent, 4-bit mantissa, even bits inverted."""
    magnitude = (~sample if sample < 0 else sample) >> 4
    exponent = 0
    if magnitude > 15:
        exponent = 1
        while magnitude > 31:
            magnitude >>= 1
            exponent += 1
        magnitude -= 16
    code = exponent << 4 | magnitude
    return (code | (0 if sample < 0 else 0x80)) ^ 0x55


def a_law_sample(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    if exponent:
        mantissa += 16
    value = (mantissa << 4) + 8
    if exponent > 1:
        value <<= exponent - 1
    return value if code & 0x80 else -value


def u_law_code(sample: int) -> int:
    """G.191: 14 bits, bias 33, all bits inverted."""
    biased = min(((~sample if sample < 0 else sample) >> 2) + 33, 0x1FFF)
    segment = biased.bit_length() - 5
    mantissa = biased >> segment & 15
    return (8 - segment) << 4 | (15 - mantissa) | (0 if sample < 0 else 0x80)


def u_law_sample(code: int) -> int:
    inverted = ~code & 0xFF
    exponent, mantissa = inverted >> 4 & 7, inverted & 15
    value = (((mantissa << 1) + 33) << exponent) - 33
    return 4 * (-value if inverted & 0x80 else value)


ENCODERS = {"PCMA": a_law_code, "PCMU": u_law_code}
DECODERS = {"PCMA": a_law_sample, "PCMU": u_law_sample}


@pytest.mark.parametrize("law", g711.LAWS)
def test_every_sample_gets_the_code_of_the_recommendation(law: Codec) -> None:
    expected = np.array([ENCODERS[law](int(sample)) for sample in EVERY_SAMPLE], np.uint8)
    assert np.array_equal(g711.encode(law, EVERY_SAMPLE), expected)


@pytest.mark.parametrize("law", g711.LAWS)
def test_every_code_gets_the_sample_of_the_recommendation(law: Codec) -> None:
    expected = np.array([DECODERS[law](int(code)) for code in EVERY_CODE], np.int16)
    assert np.array_equal(g711.decode(law, EVERY_CODE), expected)


@pytest.mark.parametrize("law", g711.LAWS)
def test_codes_come_back_through_linear_sound(law: Codec) -> None:
    back = g711.encode(law, g711.decode(law, EVERY_CODE))
    differing = set(EVERY_CODE[back != EVERY_CODE].tolist())
    assert differing == ({0x7F} if law == "PCMU" else set())  # u-law alone has a negative zero


@pytest.mark.parametrize("law", g711.LAWS)
def test_round_trip_errs_by_half_a_step_at_most(law: Codec) -> None:
    samples = EVERY_SAMPLE.astype(np.int32)
    error = np.abs(g711.decode(law, g711.encode(law, EVERY_SAMPLE)).astype(np.int32) - samples)
    clipped = np.abs(samples) > 32635
    half_step = np.maximum(np.abs(samples[~clipped]) / 31, 8)
    assert np.all(error[~clipped] <= half_step + 4)  # u-law leaves two of the sixteen bits away
    assert error.max() <= 644


def signal_to_noise_db(law: Codec, level_dbfs: float) -> float:
    times = np.arange(80000) / 8000
    tone = 32767 * 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * 1013.7 * times)
    coded = g711.decode(law, g711.encode(law, np.round(tone).astype(np.int16))).astype(float)
    return float(10 * np.log10(np.sum(tone**2) / np.sum((coded - tone) ** 2)))


@pytest.mark.parametrize("law", g711.LAWS)
@pytest.mark.parametrize("level_dbfs", [-6, -12, -18, -24, -30])
def test_tones_at_the_level_of_speech_keep_their_signal_to_noise_ratio(law: Codec, level_dbfs: float) -> None:
    """ITU-T G.712 asks 33 dB from -30 dBm0 to 0."""
    assert signal_to_noise_db(law, level_dbfs) > 33


@pytest.mark.parametrize("law", g711.LAWS)
def test_silence_is_the_code_of_zero(law: Codec) -> None:
    assert g711.encode(law, bytes(2)).tobytes() == bytes((g711.SILENCE[law],))
    assert abs(int(g711.decode(law, bytes((g711.SILENCE[law],)))[0])) <= 8


@pytest.mark.parametrize("law", g711.LAWS)
def test_transcoding_equals_decoding_and_encoding(law: Codec) -> None:
    other: Codec = "PCMU" if law == "PCMA" else "PCMA"
    codes = bytes(range(256))
    assert codes.translate(g711.TRANSCODE[law]) == g711.encode(law, g711.decode(other, codes)).tobytes()


def test_bytes_and_arrays_are_alike() -> None:
    assert np.array_equal(
        g711.encode("PCMA", EVERY_SAMPLE.astype("<i2").tobytes()), g711.encode("PCMA", EVERY_SAMPLE)
    )
    assert np.array_equal(g711.decode("PCMU", EVERY_CODE.tobytes()), g711.decode("PCMU", EVERY_CODE))


def test_loudness_is_monotonic_in_magnitude() -> None:
    for law in g711.LAWS:
        magnitudes = np.abs(g711.decode(law, EVERY_CODE).astype(int))
        assert np.array_equal(np.frombuffer(g711.LOUDNESS[law], np.uint8), magnitudes >> 7)
