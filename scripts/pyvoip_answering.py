"""The peer of the measurements: a pyVoIP telephone that answers every call at once.

    python -m scripts.pyvoip_answering SIP_PORT CALLER_PORT RTP_PORT

It sends its answers to the server that it is set up with (CALLER_PORT), whoever has called. Says "ready" once it
listens, and stops when its standard input ends.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # audioop, which pyVoIP imports, leaves Python in 3.13
    from pyVoIP.VoIP import VoIPPhone

HERE = "127.0.0.1"
RTP_PORTS = 200


def answer(call: Any) -> None:
    call.answer()


def main(sip_port: int, caller_port: int, rtp_port: int) -> None:
    phone = VoIPPhone(
        HERE,
        caller_port,
        "pyvoip",
        "",
        myIP=HERE,
        callCallback=answer,
        sipPort=sip_port,
        rtpPortLow=rtp_port,
        rtpPortHigh=rtp_port + RTP_PORTS,
    )
    # It starts only where it may register, and the caller is no registrar.
    phone.sip.register = lambda: True  # type: ignore[method-assign]  # pyVoIP has no setting for it
    phone.start()
    print("ready", flush=True)
    sys.stdin.read()
    phone.stop()


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:4]))
