"""The trunks and PBX accounts of the line, as the administrator writes them: a YAML file, or the few settings that
say the same of one trunk. Every complaint is one line that says where and how to mend it."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

from app.domain.errors import BadFlow, BadInput
from app.storage.marked_yaml import Marked, parse, unique
from app.telephony.account import Account, Network, TlsTrust
from app.telephony.media_policy import CODECS, SrtpPolicy
from app.telephony.tls import plain_pin
from app.telephony.wire import TransportName

TRANSPORTS: dict[str, TransportName | None] = {"udp": "UDP", "tcp": "TCP", "tls": "TLS", "auto": None}
SRTP: dict[str, SrtpPolicy] = {"off": "off", "optional": "optional", "required": "required"}

KEYS = frozenset(
    {"transport", "user", "auth_user", "password", "password_file", "registers", "expires_s", "from_domain"}
    | {"calls_out", "order", "numbers", "accepts_from", "srtp", "codecs", "tls", "keep_alive_s", "dead_after"}
)
TLS_KEYS = ("ca", "pin", "certificate", "key")
MAX_TRUNKS = 32

_NAME = re.compile(r"^[a-z][a-z0-9_-]{0,31}$")
_SERVER = re.compile(r"^(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))(?::(?P<port>\d{1,5}))?$")
_USER = re.compile(r"^[A-Za-z0-9+_.!~*'()-]{1,64}$")
_PATTERN = re.compile(r"^\+?[0-9*X]{1,32}$")


def read_trunks(file: Path) -> list[Account]:
    """The trunks of the file. BadInput names the file, the line and what is wrong."""
    try:
        root = parse(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"LINIYA_TRUNKS_FILE={file}: cannot be read ({error})") from None
    except BadFlow as error:
        raise BadInput(str(error)) from None
    try:
        entries = root.fields({"trunks"})["trunks"].items()
        if len(entries) > MAX_TRUNKS:
            root.fail(f"has {len(entries)} trunks; {MAX_TRUNKS} are the most")
        named = [(entry.fields({"name", "server", "user"}, KEYS)["name"].text(), entry) for entry in entries]
        unique(named, "trunk")
        return [_Entry(entry, file.parent).account() for entry in entries]
    except BadFlow as error:
        raise BadInput(str(error)) from None


def of_settings(*, trunk: str, registrar: str, user: str, password: str, transport: TransportName) -> list[Account]:
    """The short form: `host` or `host:port` of a trunk to call out through, and of a PBX to register at, which may
    be the same. BadInput names the setting."""
    accounts = []
    for address, setting in ((registrar, "LINIYA_REGISTRAR"), (trunk, "LINIYA_TRUNK")):
        if not address or (setting == "LINIYA_TRUNK" and address == registrar):
            continue
        split = _split(address)
        if split is None:
            raise BadInput(f"{setting}={address}: write it as host:port")
        accounts.append(
            Account(
                split[0],
                user or "line",
                password,
                port=split[1],
                transport=transport,
                registers=address == registrar,
                calls_out=address == trunk,
                name=setting.removeprefix("LINIYA_").lower(),
            )
        )
    return accounts


def in_words(account: Account) -> str:
    """A line about a trunk, for whoever starts the program."""
    port = f":{account.port}" if account.port else ""
    ways = [
        f"registers as {account.user}" if account.registers else f"known as {account.user}",
        "calls out" + (f" to {', '.join(account.numbers)}" if account.numbers else "")
        if account.calls_out
        else "no calls out",
    ]
    if account.keep_alive_s:
        ways.append(f"asked every {account.keep_alive_s} s")
    transport = (account.transport or "auto").lower()
    return f"trunk {account.label}: {account.host}{port} over {transport}, {', '.join(ways)}"


class _Entry:
    """One trunk of the file."""

    def __init__(self, entry: Marked, folder: Path) -> None:
        self._fields = entry.fields({"name", "server", "user"}, KEYS)
        self._entry = entry
        self._folder = folder

    def account(self) -> Account:
        name = self._fields["name"]
        if not _NAME.match(name.text()):
            name.fail("must be small Latin letters, digits, - and _, beginning with a letter")
        split = _split(self._fields["server"].text())
        if split is None:
            self._fields["server"].fail("must be host or host:port")
        return Account(
            split[0],
            self._user("user"),
            self._password(),
            port=split[1],
            transport=TRANSPORTS[self._one_of("transport", tuple(TRANSPORTS), "udp")],
            registers=self._flag("registers", True),
            expires_s=self._whole("expires_s", 60, 7200, 300),
            name=name.text(),
            auth_user=self._fields["auth_user"].text() if "auth_user" in self._fields else "",
            from_domain=self._domain(),
            calls_out=self._flag("calls_out", True),
            order=self._whole("order", 0, 1000, 100),
            numbers=tuple(self._pattern(one) for one in self._list("numbers")),
            accepts_from=tuple(_network(one) for one in self._list("accepts_from")),
            srtp=SRTP[self._one_of("srtp", tuple(SRTP), "off")] if "srtp" in self._fields else None,
            codecs=tuple(codec for one in self._list("codecs") for codec in CODECS if codec == one.one_of(CODECS)),
            tls=self._tls(),
            keep_alive_s=self._whole("keep_alive_s", 0, 3600, 0),
            dead_after=self._whole("dead_after", 1, 10, 3),
        )

    def _user(self, key: str) -> str:
        user = self._fields[key].text()
        if not _USER.match(user):
            self._fields[key].fail("must be a number or a name as it stands before the @ of a SIP address")
        return user

    def _password(self) -> str:
        if "password" in self._fields and "password_file" in self._fields:
            self._fields["password_file"].fail("stands beside «password»: keep one of them")
        if "password" in self._fields:
            return self._fields["password"].text()
        if "password_file" not in self._fields:
            return ""
        file = self._file(self._fields["password_file"])
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            self._fields["password_file"].fail(f"cannot be read ({type(error).__name__}): {file}")

    def _domain(self) -> str:
        if "from_domain" not in self._fields:
            return ""
        split = _split(self._fields["from_domain"].text())
        if split is None or split[1] is not None:
            self._fields["from_domain"].fail("must be a domain or an address, without a port")
        return split[0]

    def _tls(self) -> TlsTrust:
        if "tls" not in self._fields:
            return TlsTrust()
        block = self._fields["tls"]
        fields = block.fields(set(), TLS_KEYS)
        if self._one_of("transport", tuple(TRANSPORTS), "udp") not in ("tls", "auto"):
            block.fail("says how TLS is checked, and «transport» is not tls")
        files = {key: self._file(fields[key]) for key in ("ca", "certificate", "key") if key in fields}
        for key, path in files.items():
            if not Path(path).is_file():
                fields[key].fail(f"names no file: {path}")
        pin = plain_pin(fields["pin"].text()) if "pin" in fields else ""
        if "pin" in fields and len(pin) != 64:
            fields["pin"].fail("must be the SHA-256 fingerprint of a certificate, 64 hexadecimal digits")
        return TlsTrust(pin=pin, **files)

    def _file(self, named: Marked) -> str:
        """Paths are taken from the folder of the file."""
        return str(self._folder / named.text())

    def _pattern(self, one: Marked) -> str:
        if not _PATTERN.match(one.text()):
            one.fail("must be digits, with * for any run of digits and X for one: +7*, 245XXX")
        return one.text()

    def _list(self, key: str) -> list[Marked]:
        return self._fields[key].items() if key in self._fields else []

    def _flag(self, key: str, usual: bool) -> bool:
        return self._fields[key].flag() if key in self._fields else usual

    def _whole(self, key: str, least: int, most: int, usual: int) -> int:
        return self._fields[key].whole(least, most) if key in self._fields else usual

    def _one_of(self, key: str, known: tuple[str, ...], usual: str) -> str:
        return self._fields[key].one_of(known) if key in self._fields else usual


def _network(one: Marked) -> Network:
    try:
        return ipaddress.ip_network(one.text())
    except ValueError:
        one.fail("must be an address or a network, as 192.0.2.7 or 192.0.2.0/28")


def _split(server: str) -> tuple[str, int | None] | None:
    match = _SERVER.match(server)
    if match is None or (match["port"] and not 0 < int(match["port"]) < 65536):
        return None
    return match["v6"] or match["host"], int(match["port"]) if match["port"] else None
