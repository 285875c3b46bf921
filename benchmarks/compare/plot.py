"""The figures as an SVG: for each scenario a block, for each server a row, for each figure a column of bars.

Colours follow the reader's light or dark scheme.
"""
from xml.sax.saxutils import escape

from report import shown

WIDTH = 960
MARGIN = 16
LABEL_WIDTH = 170
ROW_HEIGHT = 22
BAR_HEIGHT = 14
TITLE_HEIGHT = 30
HEAD_HEIGHT = 18
BLOCK_GAP = 20
VALUE_WIDTH = 90
COLUMN_GAP = 16

STYLE = """
  svg { color-scheme: light dark; }
  .paper { fill: #ffffff; } text { fill: #1f2328; font: 12px system-ui, sans-serif; }
  .title { font-weight: 600; font-size: 14px; } .head { fill: #59636e; font-size: 11px; }
  .value { font-variant-numeric: tabular-nums; }
  .gossipd { fill: #1a7f5a; } .nats { fill: #7a5bc7; } .redis { fill: #c2503e; } .relay { fill: #8c959f; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .head { fill: #9198a1; }
    .gossipd { fill: #3fb98a; } .nats { fill: #a48bea; } .redis { fill: #e8796a; } .relay { fill: #6e7681; }
  }
"""


def _text(x, y, text, kind):
    return '<text class="%s" x="%.1f" y="%.1f">%s</text>' % (kind, x, y, escape(text))


def _bar(x, y, width, server):
    return '<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%d" rx="2"/>' % (server, x, y, width, BAR_HEIGHT)


def _column(results, scenario, labels, figure, x, top, width):
    """One figure of all servers, to the same scale."""
    unit = "" if figure.unit == "/s" else ", " + figure.unit
    parts = [_text(x, top + HEAD_HEIGHT - 6, figure.title + unit, "head")]
    medians = {label: results.median(scenario.key, figure.key, label) for label in labels}
    largest = max([median for median in medians.values() if median] or [1])
    for row, (label, median) in enumerate(medians.items()):
        y = top + HEAD_HEIGHT + row * ROW_HEIGHT
        length = (width - VALUE_WIDTH) * (median or 0) / largest
        parts.append(_bar(x, y, max(length, 1), label.split(",")[0]))
        parts.append(_text(x + length + 6, y + BAR_HEIGHT - 2, shown(median, figure.digits), "value"))
    return parts


def _block(results, scenario, labels, top):
    parts = [_text(MARGIN, top + 18, scenario.title, "title")]
    top += TITLE_HEIGHT
    for row, label in enumerate(labels):
        parts.append(_text(MARGIN, top + HEAD_HEIGHT + row * ROW_HEIGHT + BAR_HEIGHT - 2, label, "label"))
    count = len(scenario.figures)
    width = (WIDTH - 2 * MARGIN - LABEL_WIDTH - (count - 1) * COLUMN_GAP) / count
    for number, figure in enumerate(scenario.figures):
        x = MARGIN + LABEL_WIDTH + number * (width + COLUMN_GAP)
        parts += _column(results, scenario, labels, figure, x, top, width)
    return parts, top + HEAD_HEIGHT + len(labels) * ROW_HEIGHT + BLOCK_GAP


def to_svg(results):
    parts = []
    bottom = MARGIN
    for scenario, labels in results.scenarios():
        block, bottom = _block(results, scenario, labels, bottom)
        parts += block
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">' % (
        WIDTH, bottom, WIDTH, bottom)
    title = "<title>gossipd beside other servers: medians of each scenario</title>"
    paper = '<rect class="paper" width="100%" height="100%"/>'
    return "\n".join([head, title, "<style>" + STYLE + "</style>", paper, *parts, "</svg>"]) + "\n"
