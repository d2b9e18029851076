"""pyVoIP, measured: answers every call, writes to it and reads it in the call's own thread.

    python -m scripts.line_bench.pyvoip_talking CALLER_PORT FIRST_RTP_PORT LAST_RTP_PORT answer|busy

It gives 8-bit samples and sends its answers to the server that it is set up with (CALLER_PORT). `busy`
spins a thread beside it. Says "ready PORT", as `our_line` does.
"""

from __future__ import annotations

import os
import random
import sys
import time
import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # audioop, which pyVoIP imports, leaves Python in 3.13
    import audioop

    from pyVoIP.VoIP import CallState, VoIPPhone

from scripts.line_bench.generator import raise_file_limit
from scripts.line_bench.heard import Heard, music
from scripts.line_bench.spinning import spin

HERE = "127.0.0.1"
LISTENS_AFTER_S = 1.5
"""It begins to listen a second after its start has returned."""
TALKS_FOR_S = 30


def talk(heard: Heard, sound: bytes, call: Any) -> None:
    call.answer()
    call.write_audio(sound)
    while call.state == CallState.ANSWERED:
        pcm = audioop.lin2lin(audioop.bias(call.read_audio(160, blocking=True), 1, 128), 1, 2)
        heard.take(pcm)


def main() -> None:
    raise_file_limit()
    caller_port, first, last = (int(one) for one in sys.argv[1:4])
    if sys.argv[4] == "busy":
        spin()
    heard = Heard()
    eight_bit = audioop.bias(audioop.lin2lin(music(), 2, 1), 1, 128)
    sound = eight_bit * (TALKS_FOR_S // 2)
    port = random.randrange(10000, 20000, 2)
    phone = VoIPPhone(
        HERE,
        caller_port,
        "pyvoip",
        "",
        myIP=HERE,
        callCallback=lambda call: talk(heard, sound, call),
        sipPort=port,
        rtpPortLow=first,
        rtpPortHigh=last,
    )
    # It starts only where it may register, and the caller is no registrar.
    phone.sip.register = lambda: True  # type: ignore[method-assign]  # pyVoIP has no setting for it
    phone.start()
    time.sleep(LISTENS_AFTER_S)
    print("ready", port, flush=True)
    for _ in sys.stdin:
        heard.tell()
    os._exit(0)  # its threads outlive its stop


if __name__ == "__main__":
    main()
