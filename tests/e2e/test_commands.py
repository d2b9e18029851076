"""The command line, as processes of its own: what an administrator types, and what it says when that is wrong."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from app.config import PROJECT, Settings
from app.domain import facts as f
from app.domain.facts import By, Recorded
from app.main import open_database, read_profile
from app.storage.journal import SpooledJournal
from app.storage.staff import Staff
from app.storage.tables import calls
from scripts.office import Office
from tests.e2e import liniya
from tests.e2e.real_office import free_port
from tests.e2e.stored import calls_of, until

Given = dict[str, Any]

UP_WITHIN_S = 40.0
STOPS_WITHIN_S = 15.0


@pytest.fixture
def given(tmp_path: Path) -> Given:
    """Settings of a place of its own."""
    ports = ("sip_port", "gateway_port", "audio_port", "web_port", "recogniser_port")
    return {
        "data_dir": tmp_path / "var",
        "gateway_secret": "a secret of this test only",
        "rtp_ports": "22000-22098",
        "recogniser_workers": 1,
        **{name: free_port() for name in ports},
    }


# --- check -----------------------------------------------------------------------------------------------------


async def test_check_says_what_is_used(given: Given) -> None:
    done = await liniya.run("check", env=liniya.environment(given))
    assert (done.status, done.err) == (0, "")
    assert "Служба жилищного надзора" in done.out
    assert f"127.0.0.1:{given['sip_port']}" in done.out
    assert "liniya-demo-ru" in done.out


FAULTS: dict[str, tuple[Given, tuple[str, ...]]] = {
    "a model that is not there": ({"model": "nowhere"}, ("nowhere", "model install")),
    "a profile that is not there": ({"profile": "tax"}, ("LINIYA_PROFILE=tax", "housing")),
    "no secret": ({"gateway_secret": ""}, ("LINIYA_GATEWAY_SECRET", "liniya secret")),
    "a port that is none": ({"sip_port": 70000}, ("LINIYA_SIP_PORT=70000", "docs/settings.md")),
    "a range that is none": ({"rtp_ports": "5-4"}, ("LINIYA_RTP_PORTS=5-4", "10000-10999")),
}


async def test_check_says_in_one_line_what_is_wrong_and_how_to_mend_it(given: Given) -> None:
    checks = [liniya.run("check", env=liniya.environment({**given, **wrong})) for wrong, _ in FAULTS.values()]
    for done, (_, words) in zip(await asyncio.gather(*checks), FAULTS.values(), strict=True):
        says_in_one_line(done, *words)


async def test_check_names_the_setting_of_a_port_in_use(given: Given) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", given["web_port"]))
        other.listen()
        done = await liniya.run("check", env=liniya.environment(given))
    says_in_one_line(done, f"127.0.0.1:{given['web_port']}", "LINIYA_WEB_PORT")


async def test_check_names_file_and_line_of_a_broken_script(given: Given, tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "call_flows", tmp_path / "flows")
    script = tmp_path / "flows" / "housing" / "survey.yaml"
    lines = script.read_text().splitlines()
    broken = next(n for n, line in enumerate(lines, 1) if "attempts" in line)
    lines[broken - 1] = "attempts: often"
    script.write_text("\n".join(lines))
    done = await liniya.run("check", env=liniya.environment({**given, "call_flows_dir": tmp_path / "flows"}))
    says_in_one_line(done, f"survey.yaml:{broken}: ", "attempts")


def says_in_one_line(done: liniya.Ended, *words: str) -> None:
    assert done.status == 2, done.err
    assert done.err.startswith("liniya: ")
    assert done.err.count("\n") == 1, done.err
    assert done.out == ""
    for word in words:
        assert word in done.err


# --- serve and demo --------------------------------------------------------------------------------------------


async def test_serve_starts_all_three_mends_them_and_ctrl_c_stops_them(given: Given) -> None:
    environment = liniya.environment(given)
    async with liniya.started("serve", env=environment) as serving:
        await printed(serving, "Liniya is up")
        children = descendants(serving.pid)
        parts = {words.split()[-1]: pid for pid, words in children.items() if words.split()[-2] == "app"}
        assert sorted(parts) == ["line", "recogniser", "web"]
        second = await liniya.run("serve", env=environment)
        says_in_one_line(second, f"127.0.0.1:{given['sip_port']}", "LINIYA_SIP_PORT")
        os.kill(parts["web"], signal.SIGKILL)
        await until(lambda: not alive(parts["web"]), "the killed process is gone")
        await until(lambda: answers(given["web_port"]), "the pages are there again", UP_WITHIN_S)
        children |= descendants(serving.pid)
        await ctrl_c(serving)
        assert serving.returncode == 0
        assert [pid for pid in children if alive(pid)] == []


async def test_the_demonstration_keeps_its_data(given: Given, tmp_path: Path) -> None:
    ports = {name: value for name, value in given.items() if name.endswith("port") or name == "rtp_ports"}
    environment = liniya.environment({**ports, "trunk": f"127.0.0.1:{free_port()}", "recogniser_workers": 1})
    first = await demonstration(environment, tmp_path / "demo")
    assert f"http://127.0.0.1:{given['web_port']}" in first
    assert f"sip:line@127.0.0.1:{given['sip_port']}" in first
    settings = tmp_path / "demo" / "liniya.env"
    assert settings.stat().st_mode & 0o077 == 0
    written = settings.read_text()
    second = await demonstration(environment, tmp_path / "demo")
    assert second == first
    assert settings.read_text() == written
    password = re.search(r"ivanova +(\S+)", first)
    assert password is not None
    assert may_sign_in({"data_dir": tmp_path / "demo"}, "ivanova", password.group(1))


async def demonstration(environment: Mapping[str, str], folder: Path) -> str:
    """What a run of the demonstration prints; it is stopped as by Ctrl-C."""
    async with liniya.started("demo", "--folder", str(folder), env=environment) as demo:
        said = await printed(demo, "Ctrl-C")
        children = descendants(demo.pid)
        await ctrl_c(demo)
        assert demo.returncode == 0
        assert [pid for pid in children if alive(pid)] == []
        return said


async def printed(process: asyncio.subprocess.Process, words: str) -> str:
    """What the process prints, up to the line with the words."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(UP_WITHIN_S):
        while words not in said:
            line = (await process.stdout.readline()).decode()
            assert line, f"it has ended: {said}"
            said += line
    return said


async def ctrl_c(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(process.communicate(), STOPS_WITHIN_S)
    assert "Traceback" not in err.decode()


def descendants(pid: int) -> dict[int, str]:
    """All processes under this one, with their command lines."""
    found: dict[int, str] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found[child] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ").strip()
            found |= descendants(child)
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# --- people, records, models, secrets --------------------------------------------------------------------------


async def test_people_are_hired_listed_given_passwords_and_let_go(given: Given) -> None:
    environment = liniya.environment(given)
    who = (
        "--unit",
        "line",
        "--surname",
        "Орлова",
        "--name",
        "Вера",
        "--patronymic",
        "Ильинична",
        "--position",
        "специалист",
    )
    added = await liniya.run("user", "add", "orlova", *who, env=environment, stdin="first-one\n")
    assert (added.status, added.err) == (0, "")
    assert may_sign_in(given, "orlova", "first-one")
    again = await liniya.run("user", "add", "orlova", *who, env=environment, stdin="first-one\n")
    says_in_one_line(again, "orlova")
    changed = await liniya.run("user", "password", "orlova", env=environment, stdin="second-one\n")
    assert changed.status == 0
    assert not may_sign_in(given, "orlova", "first-one")
    assert may_sign_in(given, "orlova", "second-one")
    removed = await liniya.run("user", "remove", "orlova", env=environment)
    assert removed.status == 0
    assert not may_sign_in(given, "orlova", "second-one")
    listed = await liniya.run("user", "list", env=environment)
    assert re.search(r"orlova +operator +Орлова Вера Ильинична, .*\(left\)", listed.out)


def may_sign_in(given: Given, login: str, password: str) -> bool:
    engine = open_database(Settings(**given))
    try:
        return Staff(engine).authenticate(login, password) is not None
    finally:
        engine.dispose()


async def test_rebuild_makes_the_rows_anew_from_the_journal(given: Given, tmp_path: Path) -> None:
    environment = liniya.environment(given)
    settings = Settings(**given)
    engine = open_database(settings)
    journal = SpooledJournal(engine, settings.data_dir / "spool", read_profile(settings).schedule.zone)
    now = datetime.now(UTC)
    arrived = f.CallArrived("+79271234567", "line", "line", "housing", "1")
    log = [arrived, f.CallQueued("line"), f.CallEnded(By.CALLER, "hung_up")]
    journal.append([Recorded("call:c1", n, now, fact) for n, fact in enumerate(log, 1)])
    journal.close(5)
    with engine.begin() as connection:
        connection.execute(delete(calls))
    engine.dispose()
    running = Office(tmp_path, settings, environment)
    assert calls_of(running) == []
    done = await liniya.run("rebuild", env=environment)
    assert (done.status, done.err) == (0, "")
    assert [record.row.id for record in calls_of(running)] == ["c1"]


async def test_models_are_listed_and_checked(given: Given, tmp_path: Path) -> None:
    environment = liniya.environment(given)
    listed = await liniya.run("model", "list", env=environment)
    assert "liniya-demo-ru: in use, version" in listed.out
    assert "vosk-model-small-ru-0.22: can be installed" in listed.out
    checked = await liniya.run("model", "check", env=environment)
    assert (checked.status, checked.err) == (0, "")
    assert "liniya-demo-ru: whole" in checked.out
    says_in_one_line(await liniya.run("model", "check", str(tmp_path / "none"), env=environment), "none")


async def test_a_fresh_secret_is_long_and_another_each_time() -> None:
    runs = [liniya.run("secret", env=liniya.environment({})) for _ in range(2)]
    one, other = await asyncio.gather(*runs)
    assert one.out != other.out
    assert len(one.out.strip()) >= 32
