"""Swift's demangled names, short enough for a box of a flame graph."""

import re

# What the compiler did to a function tells the reader little; which function it is tells much.
PREFIXES = re.compile(
    r"^(?:@objc |@nonobjc |static |specialized |merged |generic |partial apply(?: forwarder)? for "
    r"|function signature specialization(?: <.*>)? of |outlined |reabstraction thunk helper "
    r"|variable initialization expression of |implicit closure #\d+ (?:\(.*?\) )?in )+")
CLOSURE = re.compile(r"^(?:closure #(\d+) in )")
ARGUMENTS = re.compile(r"\((?:\w+:|[\w.]+(?:, )?)*\)$")
POINTEE = re.compile(r"^Unsafe(?:Mutable)?(?:Raw)?(?:Buffer)?Pointer<\w+>\.")
CONFORMANCE = re.compile(r"^protocol witness for (?:static )?(.*?) in conformance (.+)$")
TYPE_ARGUMENTS = re.compile(r"<[^<>]*>")


def shorten(name):
    closure = False
    while True:
        shorter = PREFIXES.sub("", name)
        if CLOSURE.match(shorter):
            closure, shorter = True, CLOSURE.sub("", shorter)
        if shorter == name:
            break
        name = shorter
    witness = CONFORMANCE.match(name)
    if witness:
        name = f"{witness[2]}.{witness[1].partition('.')[2]}"
    name = POINTEE.sub("", name)
    name = ARGUMENTS.sub("", without_type_arguments(name)).replace(" infix", "")
    return f"{name} closure" if closure else name


def without_type_arguments(name):
    """`==` and `<` are no brackets, so only pairs around nothing but a type's name go."""
    return name if name.startswith(("<", ">")) else TYPE_ARGUMENTS.sub("", name)
