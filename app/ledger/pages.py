"""Pages."""

from app.routes import page_router

router = page_router()
