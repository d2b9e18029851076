"""Whether a process of Liniya answers: `python scripts/health_check.py [web | line | recogniser] ...` (web alone).

For containers and supervisors. Reads the settings of the process. Status 0 when all answer, else 1 and one line.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import sys
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.config import Settings, load

WITHIN_S = 4.0


def reachable(host: str) -> str:
    """The address at which this machine itself reaches what listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def web(settings: Settings) -> None:
    """OSError or ValueError when the pages do not answer, or cannot read the records."""
    scheme = "https" if settings.tls_certificate else "http"
    host = reachable(settings.web_host)
    address = f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.web_port}/health"
    # The certificate bears the office's name, and this asks by address.
    context = ssl._create_unverified_context() if settings.tls_certificate else None
    with urllib.request.urlopen(address, timeout=WITHIN_S, context=context) as answer:
        json.load(answer)


def line(settings: Settings) -> None:
    """OSError when SIP or the gateway does not answer."""
    for host, port in ((settings.sip_host, settings.sip_port), (settings.gateway_host, settings.gateway_port)):
        _connect(host, port)


def recogniser(settings: Settings) -> None:
    """OSError when the recogniser does not answer."""
    _connect(settings.recogniser_host, settings.recogniser_port)


def _connect(host: str, port: int) -> None:
    with socket.create_connection((reachable(host), port), WITHIN_S):
        pass


CHECKS: Mapping[str, Callable[[Settings], None]] = {"web": web, "line": line, "recogniser": recogniser}


def main(names: Sequence[str]) -> int:
    """Check the named processes."""
    file = Path(os.environ.get("LINIYA_SETTINGS", "liniya.env"))
    settings = load(file if file.is_file() else None)
    for name in names or ("web",):
        try:
            CHECKS[name](settings)
        except KeyError:
            print(f"{name}: no such process; there are: {', '.join(CHECKS)}")
            return 1
        except (OSError, ValueError) as error:
            print(f"{name}: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
