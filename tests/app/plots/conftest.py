"""The sold shipment of the stories' tests."""

from tests.app.stories.conftest import booked, lane, sold

__all__ = ["booked", "lane", "sold"]
