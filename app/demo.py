"""`make demo`: a line on this machine with its people, for whoever wants to see it ring within two minutes.

Everything lies in `var/demo`, or another folder: settings with fresh secrets, the database, the logins. A second
run finds them there.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from app.application.reports import Role, StaffMember
from app.config import PROJECT, Settings, split_address
from app.main import open_database
from app.storage.staff import Staff

FOLDER = PROJECT / "var" / "demo"
SETTINGS = FOLDER / "liniya.env"
CITY_PORT = 5090
"""Where the demonstration's telephone network answers calls out, unless its LINIYA_TRUNK says another."""

PEOPLE = (
    StaffMember("ivanova", "Иванова", "Анна", "Сергеевна", "специалист", "line", Role.OPERATOR),
    StaffMember("petrov", "Петров", "Сергей", "Иванович", "специалист", "line", Role.OPERATOR),
    StaffMember("smirnova", "Смирнова", "Елена", "Николаевна", "специалист", "line", Role.OPERATOR),
    StaffMember("volkov", "Волков", "Андрей", "Петрович", "начальник отдела", "line", Role.MANAGER),
)

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def write_settings(folder: Path = FOLDER) -> Path:
    """The demonstration's settings file, made once."""
    file = folder / SETTINGS.name
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        lines = (
            "# The demonstration's settings, made by `make demo`. Others are in docs/settings.md.",
            f"LINIYA_DATA_DIR={folder.resolve()}",
            f"LINIYA_GATEWAY_SECRET={secrets.token_urlsafe(32)}",
            "LINIYA_PROFILE=housing",
            "LINIYA_ALWAYS_OPEN=true",
            f"LINIYA_TRUNK=127.0.0.1:{CITY_PORT}",
        )
        _write_private(file, "\n".join(lines) + "\n")
    return file


def city_port(settings: Settings) -> int:
    """Where the telephone network is to listen: at the trunk, which is on this machine."""
    return split_address(settings.trunk, "LINIYA_TRUNK")[1] if settings.trunk else CITY_PORT


def people(settings: Settings) -> dict[str, str]:
    """The demonstration's logins and passwords; whoever is missing in the database is added."""
    file = settings.data_dir / "logins.json"
    logins: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    engine = open_database(settings)
    try:
        staff = Staff(engine)
        there = {member.login for member in staff.members()}
        missing = [person for person in PEOPLE if person.login not in there]
        # Written first: who stops the first start would else leave people whose passwords nobody knows.
        logins |= {person.login: "".join(secrets.choice(_LETTERS) for _ in range(8)) for person in missing}
        _write_private(file, json.dumps(logins))
        for person in missing:
            staff.add_staff(person, logins[person.login])
    finally:
        engine.dispose()
    return logins


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def greeting(settings: Settings, logins: dict[str, str]) -> str:
    """What the demonstration prints once it is up."""
    manager = next(p for p in PEOPLE if p.role is Role.MANAGER)
    operators = [p for p in PEOPLE if p.role is Role.OPERATOR]
    rows = [f"    {p.full_name:<28} {p.login:<10} {logins.get(p.login, '(changed)')}" for p in operators]
    boss = f"    {manager.full_name:<28} {manager.login:<10} {logins.get(manager.login, '(changed)')}"
    address = f"sip:line@{settings.sip_host}:{settings.sip_port}"
    return "\n".join(
        (
            "",
            "  Линия работает.  The line is up.",
            "",
            f"  Страницы / pages       {settings.web_address}",
            "  Операторы / operators  (login, password)",
            *rows,
            "  Руководитель / manager",
            boss,
            f"  Позвонить / to dial    {address}",
            "",
            "  Звонок без гарнитуры, виден на панели ivanova; in a second terminal, watch it on ivanova's panel:",
            "      .venv/bin/liniya call --with-operator",
            "  Звонок оператору в браузере; ring an operator in the browser:",
            "      .venv/bin/liniya call --scenario question",
            "",
            "  Ctrl-C останавливает всё / stops all of it.",
            "",
        )
    )
