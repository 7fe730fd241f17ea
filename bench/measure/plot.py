"""Line plots as SVG: one or several panels over one x axis, for light and dark pages alike."""
import math
from xml.sax.saxutils import escape

WIDTH, PANEL, LEFT, RIGHT, TOP, GAP, BOTTOM = 720, 230, 72, 20, 58, 34, 48
# Distinct also for those who do not see all colours, and on white as on black.
COLOURS = ("#0a84c1", "#d5640a", "#0f9d76", "#c0699b", "#b8860b", "#7d7d7d")
STYLE = """<style>
  text { font: 12px system-ui, sans-serif; fill: #6e7781 }
  .title { font-size: 14px; font-weight: 600 }
  .grid { stroke: #8c959f; stroke-opacity: .3 }
  .axis { stroke: #8c959f }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round }
  @media (prefers-color-scheme: light) { text { fill: #24292f } }
  @media (prefers-color-scheme: dark) { text { fill: #d0d7de } }
</style>"""
UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


class Axis:
    """A scale from numbers to places between 0 and 1, with rounded ends and ticks."""

    def __init__(self, numbers, log, steps=5):
        self.log = log
        numbers = [n for n in numbers if n > 0] if log else list(numbers)
        low, high = min(numbers), max(numbers)
        if log:
            self.ticks = self.powers(low, high)
        else:
            low = min(low, 0) if low < high / 2 else low
            step = self.step((high - low) / steps)
            first, last = math.floor(low / step), math.ceil(high / step)
            self.ticks = [n * step for n in range(first, max(last, first + 1) + 1)]
        self.low, self.high = self.ticks[0], self.ticks[-1]

    @staticmethod
    def powers(low, high):
        """Powers of ten that have all between them, but for the ends, which may be twice or five times one: at least a
        decade, so that what is even looks even."""
        low = min(low, high / 10)
        floor, ceiling = math.floor(math.log10(low)), math.ceil(math.log10(high) + 1e-9)
        fine = [m * 10.0 ** e for e in range(floor, ceiling + 1) for m in (1, 2, 5)]
        first = max(n for n in fine if n <= low * 1.0001)
        last = min((n for n in fine if n >= high * 0.9999 and n > first), default=fine[-1])
        between = [n for n in fine if first <= n <= last]
        if len(between) > 7:
            between = [n for n in between if n in (first, last) or math.isclose(math.log10(n) % 1, 0, abs_tol=1e-9)]
        return between

    @staticmethod
    def step(least):
        """The next of 1, 2 and 5 times a power of ten."""
        if least <= 0:
            return 1
        power = 10.0 ** math.floor(math.log10(least))
        return next(m * power for m in (1, 2, 5, 10) if m * power >= least * 0.9999)

    def place(self, number):
        if self.log:
            return math.log(max(number, self.low) / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)


def label(number):
    for size, unit in UNITS:
        if abs(number) >= size:
            return f"{number / size:.4g}{unit}"
    return f"{number:.3g}"


def panel(top, x, title, series, log):
    """One panel's elements: its title is what its y axis shows; `series` has points by name."""
    y = Axis([b for points in series.values() for _, b in points], log)
    wide, high = WIDTH - LEFT - RIGHT, PANEL
    out = []

    def at(point):
        return LEFT + wide * x.place(point[0]), top + high * (1 - y.place(point[1]))

    for tick in y.ticks:
        _, height = at((x.low, tick))
        out.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{height:.1f}" y2="{height:.1f}"/>')
        out.append(f'<text x="{LEFT - 8}" y="{height + 4:.1f}" text-anchor="end">{label(tick)}</text>')
    for tick in x.ticks:
        across, _ = at((tick, y.low))
        out.append(f'<line class="grid" x1="{across:.1f}" x2="{across:.1f}" y1="{top}" y2="{top + high}"/>')
    out.append(f'<path class="axis" fill="none" d="M{LEFT} {top}V{top + high}H{WIDTH - RIGHT}"/>')
    out.append(f'<text x="{LEFT}" y="{top - 10}">{escape(title)}</text>')
    legend = WIDTH - RIGHT
    for colour, (name, points) in reversed(list(zip(COLOURS, series.items()))):
        path = "L".join(f"{a:.1f} {b:.1f}" for a, b in map(at, points))
        out.append(f'<path class="line" stroke="{colour}" d="M{path}"/>')
        if len(points) <= 20:
            out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in map(at, points)]
        if len(series) > 1:
            legend -= 7 * len(name) + 10
            out.append(f'<text x="{legend:.0f}" y="{top - 10}">{escape(name)}</text>')
            legend -= 22
            out.append(f'<path class="line" stroke="{colour}" d="M{legend:.0f} {top - 14}h16"/>')
    return out


def write(file, title, x_title, panels, log_x=False):
    """Writes a plot. `panels` are (what is on the y axis, {name: [(x, y), …]}, whether that axis is logarithmic)."""
    x = Axis([a for _, series, _ in panels for points in series.values() for a, _ in points], log_x, 10)
    height = TOP + len(panels) * (PANEL + GAP) - GAP + BOTTOM
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
           f'role="img" aria-label="{escape(title)}">', STYLE,
           f'<text class="title" x="{LEFT}" y="22">{escape(title)}</text>']
    for number, (y_title, series, log) in enumerate(panels):
        out += panel(TOP + number * (PANEL + GAP), x, y_title, series, log)
    bottom = height - BOTTOM
    for tick in x.ticks:
        across = LEFT + (WIDTH - LEFT - RIGHT) * x.place(tick)
        out.append(f'<text x="{across:.1f}" y="{bottom + 18}" text-anchor="middle">{label(tick)}</text>')
    middle = (WIDTH + LEFT - RIGHT) / 2
    out.append(f'<text x="{middle}" y="{bottom + 38}" text-anchor="middle">{escape(x_title)}</text>')
    file.write_text("\n".join([*out, "</svg>"]) + "\n")
