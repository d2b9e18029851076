"""One setting is changed in the file of settings; the rest stays as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import load
from app.domain.errors import Unavailable
from app.settings_file import write_setting

WRITTEN = """# the office
LINIYA_WEB_PORT=8010
# LINIYA_MODEL=/srv/old
LINIYA_MODEL=/srv/first
export LINIYA_MODEL=/srv/second  # counts

LINIYA_VOICE=ru+f2
"""


def test_the_last_one_counts_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "liniya.env"
    file.write_text(WRITTEN, encoding="utf-8")
    file.chmod(0o640)
    write_setting(file, "LINIYA_MODEL", "/srv/models/new")
    assert file.read_text(encoding="utf-8") == WRITTEN.replace(
        "export LINIYA_MODEL=/srv/second  # counts", "LINIYA_MODEL=/srv/models/new"
    )
    assert file.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["liniya.env"]
    assert load(file).model == Path("/srv/models/new")


@pytest.mark.parametrize("value", ["/srv/a b/model", "/srv/#1", "/srv/o'neil", "/srv/модель"])
def test_what_is_written_is_what_is_read(tmp_path: Path, value: str) -> None:
    file = tmp_path / "new.env"
    write_setting(file, "LINIYA_MODEL", value)
    assert str(load(file).model) == value


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    file = tmp_path / "real.env"
    file.write_text("LINIYA_WEB_PORT=8010", encoding="utf-8")
    link = tmp_path / "link.env"
    link.symlink_to(file)
    write_setting(link, "LINIYA_MODEL", "/m")
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == "LINIYA_WEB_PORT=8010\nLINIYA_MODEL=/m\n"


def test_a_place_that_cannot_be_written_gets_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"cannot be written .*write there: LINIYA_MODEL=/m\Z"):
        write_setting(tmp_path / "absent" / "liniya.env", "LINIYA_MODEL", "/m")
