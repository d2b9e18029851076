"""How hard the generated tests try: quick and the same each time in the suite, long and new under `make fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

FUZZ_TIMES = int(os.environ.get("FUZZ_TIMES", "1"))
"""Examples, as a multiple of what the suite runs."""


def effort(examples: int, steps: int = 50) -> settings:
    """Settings of one machine: so many examples of so many steps."""
    return settings(
        max_examples=examples * FUZZ_TIMES,
        stateful_step_count=steps,
        derandomize=FUZZ_TIMES == 1,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, *((Phase.reuse, Phase.shrink) if FUZZ_TIMES > 1 else ())),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
