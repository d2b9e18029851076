"""Bringing the database to the present tables, from inside the program."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from app.domain.errors import Unavailable
from app.storage.engine import writing

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Run the missing migrations in one transaction; processes that start together wait for each other.

    Unavailable when the database cannot be reached or written, or belongs to a newer version.
    """
    config = Config()
    # Percent signs in the path would be read as the configuration's own.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    where = engine.url.render_as_string(hide_password=True)
    try:
        with writing(engine, alone=True) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        said = " ".join(str(error.orig).split())
        raise Unavailable(f"database {where}: {said}; check that it runs and may be written") from error
    except CommandError as error:
        raise Unavailable(
            f"database {where}: made by a newer Liniya ({error}); start that one, or use another database"
        ) from error
