"""New scripts while calls are on: the real line, a signal, and what each call's panel goes on showing."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

from app.config import PROJECT
from app.simulator.operator import SimulatedOperator
from scripts.office import Office
from tests.e2e.real_office import at_the_phone, office, simulated_phone
from tests.e2e.stored import calls_of, until

TITLE, NEW_TITLE = "title: Приветствие\n", "title: Новое приветствие\n"


def first_stage(operator: SimulatedOperator) -> str:
    script = operator.view.get("script")
    return script["stages"][0]["title"] if script else ""


async def reload_and_read(running: Office, event: str) -> str:
    """Tell the line to read its scripts again; the line of its log that says what came of it."""
    before = running.log_of("line").count(event)
    running.processes["line"].send_signal(signal.SIGHUP)
    await until(lambda: running.log_of("line").count(event) > before, event)
    return next(line for line in reversed(running.log_of("line").splitlines()) if event in line)


async def test_a_call_under_way_keeps_its_version_over_a_reload(tmp_path: Path) -> None:
    flows = tmp_path / "flows"
    shutil.copytree(PROJECT / "call_flows", flows)
    script = flows / "housing" / "incoming.yaml"
    async with (
        office(tmp_path, ("line",), call_flows_dir=flows) as running,
        at_the_phone(running, "ivanova") as ivanova,
        simulated_phone("79271234567") as first,
        simulated_phone("79271234568") as second,
    ):
        await first.call(running.line)
        await until(lambda: ivanova.view["call"] and ivanova.view["call"]["phase"] == "talking", "they talk")
        assert first_stage(ivanova) == "Приветствие"

        text = script.read_text()
        assert TITLE in text
        script.write_text(text.replace(TITLE, "title: {\n"))
        refused = await reload_and_read(running, "profile_refused")
        assert "incoming.yaml:" in refused
        script.write_text(text.replace(TITLE, NEW_TITLE))
        await reload_and_read(running, "profile_reloaded")

        await ivanova.command("notes", {"notes": "после перечитывания"})
        await until(lambda: ivanova.view["call"]["notes"], "the panel goes on")
        assert first_stage(ivanova) == "Приветствие", "its own version"

        async with at_the_phone(running, "petrov") as petrov:
            await second.call(running.line)
            await until(lambda: petrov.view["call"] and petrov.view["call"]["phase"] == "talking", "they talk")
            assert first_stage(petrov) == "Новое приветствие"
            second.hang_up()
            first.hang_up()
            await until(lambda: all(one.row.ended_at for one in calls_of(running)), "both are stored")

        newer, older = calls_of(running)
        assert newer.script is not None
        assert older.script is not None
        assert newer.script.version != older.script.version
        titles = [one.script.flows[0].stages[0].title for one in (older, newer) if one.script]
        assert titles == ["Приветствие", "Новое приветствие"], "each is read by the words of its time"
