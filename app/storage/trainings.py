"""The records of training (K3): who was trained, when, in what, and who wrote it down."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from app.domain.training import Training, TrainingKind
from app.storage.tables import trainings


def all_trainings(connection: Connection) -> tuple[Training, ...]:
    """Everybody's, by day."""
    rows = connection.execute(select(trainings).order_by(trainings.c.day, trainings.c.id))
    return tuple(Training(row.login, row.day, TrainingKind(row.kind), row.subject, row.by) for row in rows)


def keep_training(connection: Connection, training: Training) -> None:
    """One more record."""
    values = {
        "login": training.login,
        "day": training.day,
        "kind": str(training.kind),
        "subject": training.subject,
        "by": training.by,
    }
    connection.execute(insert(trainings).values(values))
