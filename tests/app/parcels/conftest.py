"""The lane and the booked shipment of the shipping tests."""

from tests.app.shipping.conftest import booked, lane

__all__ = ["booked", "lane"]
