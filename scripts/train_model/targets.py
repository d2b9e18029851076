"""What the network is to say of each 30 ms: the phone, and whether it has just begun."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.speech.phones import CLASS_OF
from scripts.train_model.engines.spoken import Segment

FRAMES_A_TARGET = 3
_TARGET_S = 0.03
_MIDDLE_OF_WINDOW_S = 0.0125


def target_count(frames: int) -> int:
    return -(-frames // FRAMES_A_TARGET)


def targets(segments: Sequence[Segment], frames: int) -> NDArray[np.uint8] | None:
    """Of `frames` of 10 ms, (ceil(frames / 3),): twice the class for a phone's first 30 ms, and one more for those
    that follow. Every phone gets one at least; None when there are more phones than room."""
    count = target_count(frames)
    if not segments or len(segments) > count:
        return None
    moments = np.array([segment.start_s for segment in segments]) - _MIDDLE_OF_WINDOW_S
    order = np.arange(len(segments))
    # A first frame each: not before the frame after that of the phone before, and room left for those that follow.
    starts = np.maximum(np.ceil(moments / _TARGET_S - 0.5), 0).astype(np.int64)
    starts[0] = 0
    starts = np.maximum.accumulate(starts - order) + order
    starts = np.minimum(starts, count - len(segments) + order)
    classes = np.array([2 * CLASS_OF[segment.phone] for segment in segments], np.uint8)
    said = np.repeat(classes + np.uint8(1), np.diff([*starts.tolist(), count]))
    said[starts] = classes
    return said
