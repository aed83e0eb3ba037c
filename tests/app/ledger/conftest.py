"""A market."""

import pytest
from sqlalchemy.orm import Session

from tests.app.making import Making
from tests.app.trade.market import Market


@pytest.fixture
def market(session: Session, make: Making) -> Market:
    return Market(session, make)
