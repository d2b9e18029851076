"""Settings: documented, checked, and never with a secret by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import Settings, load, split_address
from app.domain.errors import BadInput
from app.main import speech_model_of
from scripts.describe_settings import TARGET, text


def test_every_setting_is_documented() -> None:
    assert TARGET.read_text(encoding="utf-8") == text(), "run `python -m scripts.describe_settings`"


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_no_secret_has_a_default() -> None:
    secrets = [name for name in Settings.model_fields if "secret" in name or "password" in name]
    assert secrets
    assert all(Settings.model_fields[name].default is None for name in secrets)


def test_a_missing_secret_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINIYA_GATEWAY_SECRET", raising=False)
    with pytest.raises(BadInput, match="LINIYA_GATEWAY_SECRET: at least 16 characters"):
        load().secret()


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINIYA_SIP_PORT", "70000")
    with pytest.raises(BadInput, match="LINIYA_SIP_PORT=70000"):
        load()


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "liniya.env"
    file.write_text("LINIYA_SIP_PORT=5070\nLINIYA_WEB_PORT=8010\n")
    monkeypatch.setenv("LINIYA_SIP_PORT", "5080")
    settings = load(file)
    assert (settings.sip_port, settings.web_port) == (5080, 8010)


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no file"):
        load(tmp_path / "absent.env")


@pytest.mark.parametrize("wrong", ["", ":5060", "host:port"])
def test_an_address_that_cannot_be_read_names_its_setting(wrong: str) -> None:
    with pytest.raises(BadInput, match="LINIYA_TRUNK"):
        split_address(wrong, "LINIYA_TRUNK")


@pytest.mark.parametrize(("ports", "fine"), [("10000-10999", True), ("10-20", False), ("2000-1000", False)])
def test_the_range_of_rtp_ports(ports: str, fine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINIYA_RTP_PORTS", ports)
    settings = load()
    if fine:
        assert settings.rtp_range == (10000, 10999)
    else:
        with pytest.raises(BadInput, match="LINIYA_RTP_PORTS"):
            _ = settings.rtp_range


@pytest.mark.parametrize(
    ("setting", "value", "model"),
    [
        ("LINIYA_RECOGNISER_URL", "ws://vosk.office:2700", "vosk.office"),
        ("LINIYA_RECOGNISER_URL", "ws://127.0.0.1:1", "127.0.0.1"),
        ("LINIYA_MODEL", "/srv/models/vosk-model-small-ru-0.22", "vosk-model-small-ru-0.22"),
    ],
)
def test_a_tick_names_the_model_or_the_host_of_a_foreign_recogniser(
    setting: str, value: str, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting, value)
    assert speech_model_of(load()) == model
