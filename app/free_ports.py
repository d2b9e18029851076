"""Whether the ports that are wanted can be had, before anything is started."""

from __future__ import annotations

import socket

from app.domain.errors import Unavailable


def check_port_free(host: str, port: int, setting: str, what: str, *, udp: bool = False) -> None:
    """Unavailable, in one line, when another program has the port or the address is not this machine's."""
    kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if not udp:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                f"{what}: {host}:{port} cannot be used ({error.strerror}); "
                f"end the program that has it, or set {setting} to another"
            ) from None
