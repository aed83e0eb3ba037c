"""What could not be serialized is tried again, by whose statement ever it was met."""

import pytest
from procrastinate.exceptions import ConnectorException
from psycopg.errors import SerializationFailure, UndefinedTable
from sqlalchemy.exc import OperationalError

from app.isolation import TRIES, serializable

BY_US = OperationalError("UPDATE pool_step", None, SerializationFailure())
BY_THE_QUEUE = ConnectorException("Database error.")
BY_THE_QUEUE.__cause__ = SerializationFailure()
OTHERWISE = ConnectorException("Database error.")
OTHERWISE.__cause__ = UndefinedTable()


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("fault", "tries"),
    [(BY_US, TRIES), (BY_THE_QUEUE, TRIES), (OTHERWISE, 1)],
    ids=["ours", "queue", "other"],
)
def test_it_is_tried_again_where_that_helps(fault: Exception, tries: int) -> None:
    begun: list[object] = []

    def use(*around: object) -> str:
        begun.append(around)
        raise fault

    with pytest.raises(type(fault)):
        serializable(use)
    assert len(begun) == tries
