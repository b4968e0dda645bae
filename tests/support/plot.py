"""A plot of columns over time: one small panel each, as SVG that any browser shows."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN = 720, 90, 28


def svg(title: str, seconds: Sequence[float], columns: Mapping[str, Sequence[float]]) -> str:
    """Return *columns* (name → one value for each of *seconds*) one below the other, each from zero up."""
    panels = [_panel(n, name, seconds, values) for n, (name, values) in enumerate(columns.items())]
    width, height = WIDTH + 2 * MARGIN, len(panels) * (HEIGHT + MARGIN) + 2 * MARGIN
    size = f'width="{width}" height="{height}" font-family="sans-serif" font-size="11"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            '<rect width="100%" height="100%" fill="white"/>',
            f'<text x="{MARGIN}" y="18" font-size="13">{escape(title)}</text>',
            *panels,
            "</svg>\n",
        ]
    )


def _panel(number: int, name: str, seconds: Sequence[float], values: Sequence[float]) -> str:
    top = MARGIN + number * (HEIGHT + MARGIN) + MARGIN / 2
    most, last = max(*values, 0) or 1, max(*seconds, 0) or 1
    points = " ".join(
        f"{MARGIN + WIDTH * second / last:.1f},{top + HEIGHT - HEIGHT * value / most:.1f}"
        for second, value in zip(seconds, values, strict=True)
    )
    label = f"{name}: {min(values):g} … {most:g}, last {values[-1]:g}; {last:.0f} s"
    return (
        f'<rect x="{MARGIN}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#ccc"/>'
        f'<text x="{MARGIN}" y="{top - 4}">{escape(label)}</text>'
        f'<polyline points="{points}" fill="none" stroke="#06c" stroke-width="1.5"/>'
    )
