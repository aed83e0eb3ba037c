"""The whole road through the use cases, on PostgreSQL."""

import pytest
from sqlalchemy.orm import Session

from app.audits import demo
from app.audits.demo import Stage
from app.files import Store
from tests.app.audits.conftest import Cast
from tests.conftest import NOON, FixedClock


@pytest.mark.parametrize("stage", list(Stage))
def test_a_case_can_be_brought_to_each_stage(
    session: Session, store: Store, cast: Cast, stage: Stage, clock: FixedClock
) -> None:
    row = demo.bring_to(session, store, cast.organisation, stage, people=cast.people, start=NOON)
    session.commit()
    print(stage, row and row.state)
