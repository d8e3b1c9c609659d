"""The functions of a binary and the direct calls between them, as objdump prints them."""

import bisect
import re
import subprocess
from dataclasses import dataclass, field

HEADER = re.compile(r"^([0-9a-f]+) <(.+)>:$")
# Calls, tail calls and conditional jumps to a constant address. `*` marks those through pointers.
BRANCH = re.compile(r"^\s*([0-9a-f]+):\s+(?:\w+ )?(call|j[a-z]+)q?\s+(?:0x)?([0-9a-f]+)\b")
THROUGH_POINTER = re.compile(r"^\s*([0-9a-f]+):\s+(?:\w+ )?callq?\s+\*")


@dataclass
class Function:
    name: str
    address: int
    targets: list = field(default_factory=list)  # addresses it calls or jumps to
    pointer_calls: int = 0


class MachineCode:
    def __init__(self, binary):
        self.functions = []
        self._aliases, self._ends = symbols(binary)
        self._read(binary)
        self.functions.sort(key=lambda function: function.address)
        self._addresses = [function.address for function in self.functions]
        everything = {name for names in self._aliases.values() for name in names}
        self._demangled = demangle(everything | {function.name for function in self.functions})

    def _read(self, binary):
        command = ["objdump", "--disassemble", "--no-show-raw-insn", "--wide", binary]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            function = None
            for line in process.stdout:
                if "call" not in line and "j" not in line and not line.endswith(">:\n"):
                    continue
                header = HEADER.match(line)
                if header:
                    function = Function(plain_name(header[2]), int(header[1], 16))
                    self.functions.append(function)
                    continue
                branch = BRANCH.match(line)
                call = branch or THROUGH_POINTER.match(line)
                if not call or not function:
                    continue
                function = self._at(int(call[1], 16), function)
                if branch:
                    function.targets.append(int(branch[3], 16))
                else:
                    function.pointer_calls += 1
        if process.returncode:
            raise SystemExit(f"objdump failed on {binary}")

    def _at(self, address, function):
        """Behind a function's end there is code that the compiler gave no name."""
        end = self._ends.get(function.address)
        if end is None or address < end:
            return function
        self.functions.append(Function(f"code behind {function.name}", end))
        return self.functions[-1]

    def containing(self, address):
        index = bisect.bisect_right(self._addresses, address) - 1
        return self.functions[index] if index >= 0 else None

    def callees(self, function):
        """Functions that `function` calls or jumps to, itself left out, in order of address."""
        found = {}
        for address in function.targets:
            callee = self.containing(address)
            if callee is not None and callee is not function:
                found[callee.address] = callee
        return [found[address] for address in sorted(found)]

    def names(self, function):
        """All names of a function: objdump's, the symbol table's, and what they stand for."""
        mangled = [function.name, *self._aliases.get(function.address, ())]
        return mangled + [self._demangled[name] for name in mangled if name in self._demangled]

    def readable(self, function):
        names = [function.name, *self._aliases.get(function.address, ())]
        return next((self._demangled[name] for name in names if name in self._demangled),
                    function.name)


def symbols(binary):
    """Names by address, for identical functions share one body, and objdump prints one name; and
    where functions end, by where they begin."""
    listing = subprocess.run(
        ["nm", "--defined-only", "--format=sysv", "--quiet", binary],
        capture_output=True, text=True, check=True).stdout
    names, ends = {}, {}
    for line in listing.splitlines():
        columns = [column.strip() for column in line.split("|")]
        if len(columns) != 7 or columns[2] not in tuple("tTwWvVi"):
            continue
        name, address, size = columns[0], int(columns[1], 16), int(columns[4] or "0", 16)
        names.setdefault(address, []).append(plain_name(name))
        if size:
            ends[address] = max(ends.get(address, 0), address + size)
    return names, ends


def plain_name(symbol):
    """`malloc@plt`, `malloc@@GLIBC_2.2.5` and `malloc` are the same function."""
    return symbol.split("@")[0]


def demangle(names):
    """Mangled Swift names with what they stand for."""
    mangled = sorted(name for name in names if name.startswith(("$s", "$S", "_$s")))
    if not mangled:
        return {}
    output = subprocess.run(
        ["swift", "demangle", "--compact", "--simplified"], input="\n".join(mangled) + "\n",
        capture_output=True, text=True, check=True).stdout.splitlines()
    if len(output) != len(mangled):
        raise SystemExit("swift demangle gave another number of names than it was given")
    return dict(zip(mangled, output))
