"""Markets."""

import pytest
from sqlalchemy.orm import Session

from tests.app.making import Making
from tests.app.trade.market import Market, PaperCase, paper_case


@pytest.fixture
def market(session: Session, make: Making) -> Market:
    return Market(session, make)


@pytest.fixture
def paper(market: Market) -> PaperCase:
    return paper_case(market)
