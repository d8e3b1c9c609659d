"""matplotlib's SVG made fit for a page: small, without ids that clash, in the page's colours."""

import re
import xml.etree.ElementTree as xml

from . import paths
from .palette import variables

SVG = "http://www.w3.org/2000/svg"
LINK = "{http://www.w3.org/1999/xlink}href"
MARK = re.compile(r"mark-(\w+)-s(\d+)$")
UPRIGHT = re.compile(r"rotate\(-?0(?:\.0*)? [^)]*\)")
# Of what a style says, what is so anyway, or what the page's CSS says.
DEFAULTS = {"stroke-opacity:1", "fill-opacity:1", "stroke-linejoin:miter", "opacity:1",
            "stroke-linecap:butt", "stroke-miterlimit:10", "stroke-linecap:square",
            "text-anchor:start", "font-weight:400"}
NUMBERS = {"x", "y", "viewBox", "transform"}


def inlined(text, prefix, description):
    """The <svg> element alone, every id beginning with `prefix`."""
    root = xml.fromstring(text)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
        href = element.attrib.pop(LINK, None)
        if href:
            element.set("href", href)
    used = {element.get("href", "")[1:] for element in root.iter("use")}
    for element in root.iter():
        tidy(element, used, prefix)
    drop(root)
    hoist(root)
    unwrap(root)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", description)
    return xml.tostring(root, encoding="unicode").replace(" />", "/>")


def tidy(element, used, prefix):
    """Short numbers and styles; a mark's id becomes its classes, other ids that nobody uses go."""
    element.attrib.pop("clip-path", None)
    element.text = (element.text or "").strip() or None
    element.tail = None
    name = element.attrib.pop("id", None)
    mark = MARK.match(name or "")
    if mark:
        element.set("class", f"mark {mark[1]} s{mark[2]}")
    elif name in used:
        element.set("id", prefix + name)
    if "href" in element.attrib:
        element.set("href", f"#{prefix}{element.get('href')[1:]}")
    if "d" in element.attrib:
        element.set("d", paths.short(element.get("d")))
    if UPRIGHT.fullmatch(element.get("transform", "")):
        del element.attrib["transform"]
    for key in NUMBERS.intersection(element.keys()):
        element.set(key, paths.NUMBER.sub(paths.short_number, element.get(key)))
    set_style(element, styles(element.attrib.pop("style", "")))


def styles(text):
    for placeholder, variable in variables().items():
        text = text.replace(placeholder, variable)
    parts = [part.strip().replace(": ", ":") for part in text.split(";")]
    return [paths.NUMBER.sub(short, part) for part in parts
            if part and part not in DEFAULTS and not part.startswith("font-family")]


def short(match):
    return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")


def set_style(element, parts):
    if parts:
        element.set("style", ";".join(parts))


def is_nothing(element):
    if element.tag in ("metadata", "clipPath", "style"):
        return True
    if element.tag in ("defs", "g"):
        return not len(element)
    return element.tag == "path" and element.get("style") == "fill:none"


def drop(element):
    """What is not seen."""
    for child in list(element):
        drop(child)
        if is_nothing(child):
            element.remove(child)


def hoist(element):
    """What all children of a group say, the group says once."""
    for child in element:
        hoist(child)
    found = [child.get("style") for child in element]
    if element.tag == "g" and len(found) > 1 and found[0] and len(set(found)) == 1:
        set_style(element, [*filter(None, (element.get("style"), found[0]))])
        for child in element:
            del child.attrib["style"]


def unwrap(element):
    """Groups that say nothing are replaced by what they hold; those of one child by that."""
    for child in list(element):
        unwrap(child)
        if child.tag != "g" or (child.attrib and len(child) != 1):
            continue
        if child.attrib and set(child.attrib) & set(child[0].attrib):
            continue
        for name, value in child.attrib.items():
            child[0].set(name, value)
        place = list(element).index(child)
        element.remove(child)
        for offset, grandchild in enumerate(child):
            element.insert(place + offset, grandchild)


TAG = re.compile(r"<\w+ [^>]*style=\"[^\"]*\"[^>]*>")
STYLE = re.compile(r" style=\"([^\"]*)\"")
CLASS = re.compile(r" class=\"([^\"]*)\"")


def shared_styles(svg, classes):
    """Styles as classes, which `classes` (style -> class) collects for the page."""
    def named(match):
        tag = match[0]
        style = STYLE.search(tag)[1]
        name = classes.setdefault(style, f"k{len(classes)}")
        tag = STYLE.sub("", tag)
        if CLASS.search(tag):
            return CLASS.sub(lambda found: f' class="{found[1]} {name}"', tag)
        end = "/>" if tag.endswith("/>") else ">"
        return f'{tag.removesuffix(end)} class="{name}"{end}'
    return TAG.sub(named, svg)
