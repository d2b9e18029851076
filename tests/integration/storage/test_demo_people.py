"""The people of the demonstration and their passwords."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from app.demo import people
from app.main import open_database
from app.storage.staff import Staff


def test_a_first_start_that_was_stopped_leaves_nobody_without_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {"data_dir": tmp_path}
    settings = Settings(**given)
    add = Staff.add_staff

    def stopped(staff: Staff, *person: Any) -> None:
        add(staff, *person)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Staff, "add_staff", stopped)
        people(settings)
    logins = people(settings)
    assert people(settings) == logins
    engine = open_database(settings)
    try:
        staff = Staff(engine)
        assert {member.login for member in staff.members()} == logins.keys()
        assert all(staff.authenticate(login, password) for login, password in logins.items())
    finally:
        engine.dispose()
    assert (tmp_path / "logins.json").stat().st_mode & 0o077 == 0
