"""What an RTP stream needs for what was agreed: a codec with a memory of its own, and protection."""

from __future__ import annotations

from app.telephony.g722 import G722Voice
from app.telephony.media_port import RtpRemote
from app.telephony.rtp_stream import Protection, RtpStream, Voice
from app.telephony.srtp import Protection as Srtp


def means_of(stream: RtpStream, remote: RtpRemote) -> tuple[Voice | None, Protection | None]:
    """What `stream.connect(remote)` is to be given. What it has stays as long as nothing is agreed anew: a codec
    remembers the sound before, SRTP counts packets and knows which ones came."""
    return _voice(stream, remote), _protection(stream, remote)


def _voice(stream: RtpStream, remote: RtpRemote) -> Voice | None:
    if remote.codec != "G722":
        return None
    before = stream.remote
    # Another address is another telephone, whose decoder heard nothing yet.
    if before is None or (before.codec, before.host, before.port) != (remote.codec, remote.host, remote.port):
        return G722Voice()
    return stream.voice


def _protection(stream: RtpStream, remote: RtpRemote) -> Protection | None:
    if remote.srtp_in is None or remote.srtp_out is None:
        return None
    if isinstance(stream.protection, Srtp):
        stream.protection.follow(remote.srtp_in, remote.srtp_out)
        return stream.protection
    return Srtp(remote.srtp_in, remote.srtp_out)
