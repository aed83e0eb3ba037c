"""What the documentation shows of the road is what the engine does."""

from pathlib import Path

from certification import transition_table_markdown, transition_table_svg

DOCS = Path(__file__).parents[2] / "docs"


def test_the_picture_in_the_documentation_is_the_current_one() -> None:
    """Print it anew with `fairhaul certification table --svg > docs/pictures/certification-road.svg`."""
    drawn = (DOCS / "pictures" / "certification-road.svg").read_text(encoding="utf-8")
    assert drawn == transition_table_svg()


def test_the_table_in_the_documentation_is_the_current_one() -> None:
    written = (DOCS / "certification.md").read_text(encoding="utf-8")
    assert written.endswith(transition_table_markdown())
