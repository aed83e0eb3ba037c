"""The paper's case."""

import pytest
from sqlalchemy.orm import Session

from tests.app.making import Making
from tests.app.trade.market import Market, PaperCase, paper_case


@pytest.fixture
def paper(session: Session, make: Making) -> PaperCase:
    return paper_case(Market(session, make))
