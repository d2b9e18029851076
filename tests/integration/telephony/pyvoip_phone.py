"""A telephone made of pyVoIP, in a process of its own: it calls, speaks, keeps what it hears, hangs up.

    python pyvoip_phone.py LINE_PORT SIP_PORT RTP_PORT SAYS SECONDS HEARD

SAYS and HEARD are files of what it says and what it heard: 8-bit unsigned, 8 kHz, which is what pyVoIP takes and
gives. It hangs up after SECONDS; 0: when its standard input ends. Its exit status is 0 when the call went through
all its states.
"""

from __future__ import annotations

import select
import sys
import time
import warnings
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # audioop, which pyVoIP imports, leaves Python in 3.13
    from pyVoIP.VoIP import CallState, VoIPPhone

LINE = "127.0.0.1"
PATIENCE_S = 15.0


def until_state(call: Any, state: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while call.state != state:
        if time.monotonic() > deadline:
            raise SystemExit(f"the call is {call.state} and never became {state}")
        time.sleep(0.02)


def told_to_hang_up(until: float) -> bool:
    """Whether `until` is over; where it is 0, whether the standard input has ended."""
    if until:
        return time.monotonic() > until
    ended, _, _ = select.select([sys.stdin], [], [], 0)
    return bool(ended)


def main(line_port: int, sip_port: int, rtp_port: int, says: Path, seconds: float, file: Path) -> None:
    phone = VoIPPhone(
        LINE,
        line_port,
        "pyvoip",
        "",
        myIP=LINE,
        sipPort=sip_port,
        rtpPortLow=rtp_port,
        rtpPortHigh=rtp_port + 20,
    )
    # It starts only where it may register, and the line is no registrar.
    phone.sip.register = lambda: True  # type: ignore[method-assign]  # pyVoIP has no setting for it
    phone.start()
    heard = b""
    try:
        call = phone.call("245022")
        until_state(call, CallState.ANSWERED)
        call.write_audio(says.read_bytes())
        until = time.monotonic() + seconds if seconds else 0.0
        while not told_to_hang_up(until):
            heard += call.read_audio(160, blocking=False)
            time.sleep(0.02)
        call.hangup()
        time.sleep(0.5)
    finally:
        phone.stop()
        file.write_bytes(heard)


if __name__ == "__main__":
    line, sip, rtp = (int(one) for one in sys.argv[1:4])
    main(line, sip, rtp, Path(sys.argv[4]), float(sys.argv[5]), Path(sys.argv[6]))
