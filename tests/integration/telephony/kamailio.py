"""kamailio as the proxy of a trunk or an office, with a configuration made for one test."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.telephony.authority import Certificate
from tests.integration.telephony.exchange import LOOPBACK, PATIENCE_S, free_port
from tests.integration.telephony.rtp_peer import until

RUNS_AS = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
"""Debian puts it where only root looks."""

_CONFIGURATION = """
debug=0
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
{more}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "corex.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "nathelper.so"
modparam("usrloc", "preload", "location")
modparam("nathelper|registrar", "received_avp", "$avp(received)")
{algorithm}

request_route {{
    xlog("L_ALERT", "took $rm $rU from $sp, route <$hdr(Route)>\\n");
    if (is_method("OPTIONS") && !has_totag()) {{ sl_send_reply("200", "Here"); exit; }}
    if (proto == TLS && is_method("INVITE|UPDATE")) add_contact_alias();
    if (has_totag()) {{
        if (loose_route()) {{ handle_ruri_alias(); t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
        sl_send_reply("404", "No route set");
        exit;
    }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (is_method("REGISTER")) {{ {registering} fix_nated_register(); save("location"); exit; }}
    t_check_trans();
    {inviting}
    record_route();
    {routing}
}}

# Whoever came by TLS is met on that connection again: nothing listens where it came from.
onreply_route {{
    if (proto == TLS && is_method("INVITE|UPDATE")) add_contact_alias();
}}
"""

_TLS = """
enable_tls=yes
listen=tls:127.0.0.1:{port}
loadmodule "tls.so"
modparam("tls", "certificate", "{certificate}")
modparam("tls", "private_key", "{key}")
modparam("tls", "tls_method", "TLSv1.2+")
"""

REALM = "office.example"


def _asks(kind: str, password: str) -> str:
    """The script that lets nobody on without the password: `www` is 401, `proxy` 407."""
    return (
        f'if (!pv_{kind}_authenticate("{REALM}", "{password}", "0"))'
        f' {{ {kind}_challenge("{REALM}", "1"); exit; }} consume_credentials();'
    )


class Kamailio:
    """A running kamailio. `said` is all that it logged."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, tls_port: int = 0) -> None:
        self._process = process
        self.port = port
        self.tls_port = tls_port
        self.said = ""

    async def read(self) -> None:
        """Until it ends."""
        assert self._process.stderr is not None
        while piece := await self._process.stderr.read(4096):
            self.said += piece.decode(errors="replace")

    def took(self, method: str, *, routed: bool = False) -> int:
        """How many requests of the method came to it, or of these, how many by a route set."""
        lines = [line for line in self.said.splitlines() if f"took {method} " in line]
        return (
            sum("route <>" not in line and "route <<null>>" not in line for line in lines) if routed else len(lines)
        )

    async def until_along_the_route(self, method: str, times: int) -> None:
        """Wait until it logged so many requests of the method with a route set, and no more."""
        await until(lambda: self.took(method, routed=True) >= times, f"{times} {method} along the route set")
        assert self.took(method, routed=True) == times

    async def listens(self) -> None:
        """Wait until it answers: it says nowhere that it listens."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.bind((LOOPBACK, 0))
            asking.connect((LOOPBACK, self.port))
            asking.setblocking(False)
            async with asyncio.timeout(PATIENCE_S):
                while self._process.returncode is None:
                    with contextlib.suppress(TimeoutError, ConnectionRefusedError):
                        asking.send(_options(asking.getsockname()[1], self.port))
                        await asyncio.wait_for(loop.sock_recv(asking, 4096), 0.1)
                        return
        pytest.fail(f"kamailio ended: {self.said[-2000:]}")


def _options(from_port: int, to_port: int) -> bytes:
    return (
        f"OPTIONS sip:{LOOPBACK}:{to_port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {LOOPBACK}:{from_port};branch=z9hG4bKhere;rport\r\n"
        f"From: <sip:test@{LOOPBACK}>;tag=1\r\nTo: <sip:{LOOPBACK}:{to_port}>\r\nCall-ID: here\r\n"
        "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()


@asynccontextmanager
async def kamailio(
    folder: Path,
    routing: str,
    *,
    port: int = 0,
    more: str = "",
    digest: str = "",
    password: str = "secret",
    certificate: Certificate | None = None,
    more_tls: str = "",
) -> AsyncIterator[Kamailio]:
    """A proxy that puts itself into the route set; `routing` is what it does with a first request (its script),
    `more` are other settings. With `digest` (`MD5`, `SHA-256`) it wants to know who registers (401) and who calls
    (407), by one password; with a `certificate` it takes TLS at `tls_port`; `more_tls` are settings of
    that."""
    program = shutil.which("kamailio", path=RUNS_AS)
    if program is None:
        pytest.skip("needs the Debian package kamailio: scripts/install_debian.sh installs it")
    port = port or free_port()
    file = folder / "kamailio.cfg"
    tls_port = free_port() if certificate is not None else 0
    if certificate is not None:
        more += _TLS.format(port=tls_port, certificate=certificate.certificate, key=certificate.key) + more_tls
    file.write_text(
        _CONFIGURATION.format(
            port=port,
            routing=routing,
            more=more,
            registering=_asks("www", password) if digest else "",
            inviting=_asks("proxy", password) if digest else "",
            algorithm=f'modparam("auth", "algorithm", "{digest}")' if digest else "",
        )
    )
    process = await asyncio.create_subprocess_exec(
        *(program, "-DD", "-E", "-m", "32", "-M", "4", "-f", str(file), "-Y", str(folder), "-w", str(folder)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    proxy = Kamailio(process, port, tls_port)
    reading = asyncio.create_task(proxy.read())
    try:
        await proxy.listens()
        yield proxy
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()
        await reading
