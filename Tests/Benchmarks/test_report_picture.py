"""What a browser makes of the page: every mark is painted in the colour of its server."""

import json
import re
import shutil
import subprocess
from html import unescape

import pytest
from Benchmarks.report_parts import html, palette, sample
from PIL import Image

BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
WIDTH, PHONE_WIDTH = 1240, 390
LIGHT, DARK = "1", "0"  # Chromium's numbers for the preferred colours
PALE = 0.45
# Antialiasing changes the edges of a mark, never all of it.
TOLERANCE = 40

MEASURE = """<script>
const charts = {};
for (const figure of document.querySelectorAll("figure"))
  charts[figure.id] = [...figure.querySelectorAll(".mark")].map(mark => {
    const box = mark.getBoundingClientRect();
    return [mark.classList[1], +mark.classList[2].slice(1), box.x, box.y, box.width, box.height];
  });
const page = document.documentElement;
const found = {charts, width: page.scrollWidth, height: page.scrollHeight};
const place = document.createElement("pre");
place.id = "found"; place.hidden = true; place.textContent = JSON.stringify(found);
document.body.append(place);
</script>"""


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail("no browser: Scripts/install-packages chromium-headless-shell")
    return found


@pytest.fixture
def shown(browser, tmp_path):
    """Opens the page in a window: (what a script measured, the picture)."""
    path, picture = tmp_path / "page.html", tmp_path / "page.png"
    page = html.render(sample.results())
    path.write_text(page.replace("</body>", MEASURE + "</body>"), encoding="utf-8")

    def run(width, height, colours, *options):
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--force-device-scale-factor=1", "--disable-dev-shm-usage",
             f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},{height}",
             f"--blink-settings=preferredColorScheme={colours}", *options, path.as_uri()],
            capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def show(width, colours):
        text = run(width, 1000, colours, "--dump-dom")
        found = json.loads(unescape(re.search(r'<pre id="found"[^>]*>(.*?)</pre>', text)[1]))
        run(width, found["height"], colours, f"--screenshot={picture}")
        with Image.open(picture) as image:
            return found, image.convert("RGB")

    return show


def rgb(colour):
    return tuple(int(colour[place:place + 2], 16) for place in (1, 3, 5))


def wanted(kind, series, colours):
    place = 0 if colours == LIGHT else 1
    each = palette.series(series)
    colour, card = rgb((each.light, each.dark)[place]), rgb(palette.PAPER["card"][place])
    if kind != "system":
        return colour
    return tuple(PALE * mine + (1 - PALE) * behind for mine, behind in zip(colour, card))


def is_painted(image, box, colour):
    x, y, width, height = box
    area = image.crop((int(x), int(y), int(x + width) + 2, int(y + height) + 2))
    return any(max(abs(mine - other) for mine, other in zip(colour, found)) <= TOLERANCE
               for _, found in area.getcolors(area.width * area.height))


@pytest.mark.parametrize("width, colours", [
    (WIDTH, LIGHT), (WIDTH, DARK), (PHONE_WIDTH, LIGHT)], ids=["light", "dark", "phone"])
def test_every_mark_is_painted_in_its_colour(shown, width, colours):
    found, image = shown(width, colours)
    assert image.size == (width, found["height"])
    assert len(found["charts"]) == 22
    for name, marks in found["charts"].items():
        assert marks, f"{name} is empty"
        for kind, series, *box in marks:
            assert is_painted(image, box, wanted(kind, series, colours)), (
                f"{name}: nothing of server {series} ({kind}) is seen at {box}")


def test_the_page_is_not_wider_than_a_phone(shown):
    found, _ = shown(PHONE_WIDTH, LIGHT)
    assert found["width"] <= PHONE_WIDTH
