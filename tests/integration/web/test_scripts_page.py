"""The page of scripts: drawn and listed, for managers and administrators."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.integration.web.office import Office, housing, open_office


@pytest.fixture
def office() -> Office:
    return open_office()


@pytest.mark.parametrize("login", ["boss", "admin"])
@pytest.mark.parametrize("flow", ["incoming", "outgoing", "internal"])
async def test_every_script_is_shown_with_its_version(office: Office, login: str, flow: str) -> None:
    async with office.signed_in(login) as browser:
        page = await browser.get(f"/manager/scripts?flow={flow}")
        assert page.status_code == 200
        assert housing().version in page.text
        chosen = housing().flow(flow)
        assert chosen is not None
        assert all(stage.title in page.text for stage in chosen.stages)
        drawn = await browser.get(f"/manager/scripts/{flow}.svg")
        assert drawn.headers["content-type"].startswith("image/svg+xml")
        assert ElementTree.fromstring(drawn.text).get("role") == "img"


async def test_there_is_no_other_script(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        assert (await browser.get("/manager/scripts?flow=none")).status_code == 404
        assert (await browser.get("/manager/scripts/none.svg")).status_code == 404


async def test_operators_have_their_panel(office: Office) -> None:
    async with office.signed_in("ivanova") as browser:
        assert (await browser.get("/manager/scripts")).status_code in (303, 403)
