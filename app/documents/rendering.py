"""From plain source to safe HTML, and the feed of changes."""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

from markdown_it import MarkdownIt
from markupsafe import Markup

from app.documents.service import Edition

# No HTML passes, and no picture from elsewhere; links to scripts are refused by the library.
_READER: Final = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")


def rendered(source: str) -> Markup:
    """Safe HTML of a text; its greatest headings are h2, under the page's own."""
    tokens = _READER.parse(source)
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    down = 2 - min((int(token.tag[1]) for token in headings), default=2)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) + down, 6)}"
    html = _READER.renderer.render(tokens, _READER.options, {})
    # What is wider than a phone is scrolled, also by keys. HTML in the text is off: all <pre> are ours.
    return Markup(html.replace("<pre>", '<pre tabindex="0">'))  # noqa: S704 - HTML is off, all is escaped


def atom(editions: list[Edition], address: str) -> str:
    """An Atom feed (RFC 4287) of published versions, the newest first."""
    shown = sorted(
        (each for each in editions if each.version.published_at),
        key=lambda each: str(each.version.published_at),
        reverse=True,
    )[:50]
    updated = shown[0].version.published_at.isoformat() if shown and shown[0].version.published_at else ""
    entries = "".join(_entry(each, address) for each in shown)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<title>Fairhaul: governing documents</title>\n<id>{escape(address)}/documents</id>\n"
        f'<link rel="self" href={quoteattr(address + "/documents/feed.xml")}/>\n'
        f"<author><name>Fairhaul</name></author>\n"
        f"<updated>{updated or '1970-01-01T00:00:00+00:00'}</updated>\n{entries}</feed>\n"
    )


def _entry(edition: Edition, address: str) -> str:
    place = f"{address}/documents/{edition.document.slug}?version={edition.version.number}"
    when = edition.version.published_at.isoformat() if edition.version.published_at else ""
    title = f"{edition.document.title}, version {edition.version.number}"
    return (
        f"<entry><title>{escape(title)}</title><id>{escape(place)}</id><link href={quoteattr(place)}/>"
        f"<updated>{when}</updated><published>{when}</published>"
        f"<summary>{escape(edition.version.change or edition.document.title)}</summary></entry>\n"
    )
