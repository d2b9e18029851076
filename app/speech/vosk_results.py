"""What libvosk answers, put into the time of the stream, and several answers made one. Pure."""

from __future__ import annotations

import json
from bisect import bisect_right
from typing import Any


class StreamTime:
    """libvosk counts the samples that it was fed; the client counts those that it sent."""

    def __init__(self, sample_rate_hz: float) -> None:
        self._rate = sample_rate_hz
        # (samples fed, sample of the stream): from there on the two run together.
        self._anchors: list[tuple[int, int]] = []

    def note(self, fed: int, place: int) -> None:
        """What is fed after `fed` samples is the stream's from sample `place` on."""
        if self._anchors and self._anchors[-1][1] - self._anchors[-1][0] == place - fed:
            return
        self._anchors.append((fed, place))

    def settle(self) -> None:
        """Words of what was fed so far will not be told any more."""
        del self._anchors[:-1]

    def seconds(self, fed_seconds: float) -> float:
        """The stream's time of a moment that libvosk counted, of what was fed since the last `settle`."""
        sample = fed_seconds * self._rate
        at = bisect_right(self._anchors, sample, key=lambda anchor: anchor[0])
        fed, place = self._anchors[max(0, at - 1)] if self._anchors else (0, 0)
        return (sample - fed + place) / self._rate

    def of(self, result: str) -> str:
        """libvosk's JSON with the times of its words in the stream's."""
        if not self._anchors or self._anchors == [(0, 0)] or '"start"' not in result:
            return result
        parsed = json.loads(result)
        for part in (parsed, *parsed.get("alternatives", ())):
            for word in part.get("result", ()):
                length = word["end"] - word["start"]
                word["start"] = round(self.seconds(word["start"]), 6)
                word["end"] = round(word["start"] + length, 6)
        return json.dumps(parsed, ensure_ascii=False)


def joined(results: list[str]) -> str:
    """One result of several (JSON of libvosk), as if the phrases had been one."""
    if len(results) == 1:
        return results[0]
    best = [max(result.get("alternatives", [result]), key=_confidence) for result in map(json.loads, results)]
    text = " ".join(result["text"] for result in best if result.get("text"))
    one: dict[str, Any] = {"text": text}
    if words := [word for result in best for word in result.get("result", ())]:
        one["result"] = words
    if any("confidence" in result for result in best):
        one = {"alternatives": [{"confidence": sum(map(_confidence, best)), **one}]}
    return json.dumps(one, ensure_ascii=False)


def _confidence(alternative: dict[str, Any]) -> float:
    return float(alternative.get("confidence", 0.0))
