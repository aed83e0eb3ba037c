"""JSON routes."""

from app.routes import api_router

router = api_router("catalogue")
