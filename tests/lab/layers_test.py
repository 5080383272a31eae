#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""layers_test.py: does tests/lab/layers find what it is for, and nothing else? KTAP.

A case is a small tree and what the check says of it.
"""
import os
import subprocess
import sys
import tempfile

LAYERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "layers")
DOC = """| folder | may include |
| --- | --- |
| `driver` | `driver/*` |
| `driver/adi` | `driver/core` |
| `driver/core` | - |
| `vdcm` | `vdcm/vfio`, `vdcm/objects` |
| `vdcm/objects` | - |
| `vdcm/vfio` | `vdcm` |

| header | only in |
| --- | --- |
| `linux/vfio*.h` | `vdcm/vfio` |
"""
UP = "void up(void)\n{\n\tdown();\n}\n"
DOWN = "void down(void)\n{\n\tup();\n}\n"
LONG = "int f(void)\n{\n" + "\tg();\n" * 48 + "}\n"

# name, check, {path: text}, what it prints, or nothing and status 0
CASES = [
    ("two files that call each other", "circles", {"driver/a.c": UP, "driver/b.c": DOWN}, "driver: a circle of 2 files"),
    ("a circle of three", "circles",
     {"driver/a.c": UP, "driver/b.c": "void down(void)\n{\n\tnext();\n}\n", "driver/c.c": "int next(void)\n{\n\treturn up();\n}\n"},
     "driver: a circle of 3 files"),
    ("a table of functions is a call", "circles",
     {"vdcm/a.c": UP, "vdcm/b.c": "void down(void)\n{\n}\nconst struct ops ops = {\n\t.open = up,\n};\n"},
     "vdcm: a circle of 2 files"),
    ("an inline function of a header", "circles",
     {"vdcm/a.h": "static inline void up(void)\n{\n\tdown();\n}\n", "vdcm/b.c": DOWN}, "vdcm: a circle of 2 files"),
    ("a macro of a header", "circles", {"vdcm/a.h": "#define up(x) \\\n\tdown(x)\n", "vdcm/b.c": DOWN}, "vdcm: a circle of 2 files"),
    ("an attribute after the parentheses", "circles",
     {"vdcm/a.c": "void up(void) __releases(lock)\n{\n\tdown();\n}\n", "vdcm/b.c": DOWN}, "vdcm: a circle of 2 files"),
    ("calls in one direction", "circles", {"driver/a.c": UP, "driver/b.c": "void down(void)\n{\n}\n"}, ""),
    ("a callback", "circles", {"driver/a.c": UP, "driver/b.c": "void down(void)\n{\n\tops->up();\n}\n"}, ""),
    ("a static function of the same name", "circles",
     {"driver/a.c": UP, "driver/b.c": "static void up(void)\n{\n}\n\nvoid down(void)\n{\n\tops.up();\n}\n"}, ""),
    ("a name in a comment, a string and a type", "circles",
     {"driver/a.c": UP, "driver/b.c": "/* up() */\nvoid down(struct up *p)\n{\n\tstruct up x;\n\n\tprint(\"up()\"); // up()\n}\n"}, ""),
    ("a prototype", "circles", {"driver/a.c": UP, "driver/b.h": "void up(void);\nvoid down(void);\n", "driver/b.c": "void down(void)\n{\n}\n"}, ""),
    ("a .c and its .h", "circles", {"driver/a.c": UP, "driver/a.h": "static inline void down(void)\n{\n\tup();\n}\n"}, ""),
    ("a floor includes one above", "includes",
     {"driver/core/hw.c": '#include "../adi/adi.h"\n', "driver/adi/adi.h": ""}, "driver/core/hw.c: includes ../adi/adi.h of driver/adi"),
    ("from the part's folder", "includes",
     {"driver/core/hw.c": '#include "adi/adi.h"\n', "driver/adi/adi.h": ""}, "driver/core/hw.c: includes adi/adi.h of driver/adi"),
    ("a folder without a row", "includes", {"driver/new/a.c": ""}, "driver/new/a.c: driver/new has no row"),
    ("a header of the kernel's", "includes", {"vdcm/objects/a.c": "#include <linux/vfio_pci_core.h>\n"}, "which is for vdcm/vfio"),
    ("of another module", "includes", {"vdcm/a.c": "#include <smartnic/regs.h>\n", "include/smartnic/regs.h": ""},
     "vdcm/a.c: includes smartnic/regs.h of include/smartnic"),
    ("as listed", "includes",
     {"driver/adi/a.c": '#include "../core/hw.h"\n#include <linux/pci.h>\n', "driver/core/hw.h": "",
      "vdcm/vfio/a.c": "#include <linux/vfio.h>\n", "driver/main.c": '#include "adi/adi.h"\n', "driver/adi/adi.h": ""}, ""),
    ("no table at all", "includes", {"docs/architecture.md": ""}, "has no table of folders"),
    ("a file of 801 lines", "sizes", {"device/a.c": "\n" * 801}, "device/a.c: lines: 801"),
    ("a test of 801 lines", "sizes", {"tests/kunit/a.c": "\n" * 801}, "tests/kunit/a.c: lines: 801"),
    ("a function of 51 lines", "sizes", {"vdcm/a.c": LONG}, "vdcm/a.c: lines of f(): 51"),
    ("a function of 50 lines", "sizes", {"vdcm/a.c": LONG.replace("\tg();\n", "", 1)}, ""),
    ("a sample of 301 lines, in two files", "sizes", {"samples/a/a.c": "\n" * 300, "samples/a/b.h": "\n"}, "samples/a: lines: 301"),
    ("two samples of 300 lines", "sizes", {"samples/a/a.c": "\n" * 300, "samples/b/b.c": "\n" * 300}, ""),
    ("a long function of a module for tests", "sizes", {"tests/modules/a/a.c": LONG}, "tests/modules/a/a.c: lines of f(): 51"),
    ("a line of 101 columns", "sizes", {"docs/a.md": "a " * 50 + "b"}, "docs/a.md:1: columns: 101"),
    ("a wide table, code and a long address", "sizes",
     {"docs/a.md": "| " + "a " * 50 + " |\n```\n" + "a " * 60 + "\n```\n" + "a" * 101 + "\n"}, ""),
]


def run(check, tree):
    with tempfile.TemporaryDirectory() as root:
        for path, text in ({"docs/architecture.md": DOC} | tree).items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text)
        return subprocess.run([sys.executable, LAYERS, check], env=os.environ | {"LAYERS_ROOT": root},
                              capture_output=True, text=True, check=False)


def main():
    print("KTAP version 1")
    print(f"1..{len(CASES)}")
    failed = 0
    for n, (name, check, tree, want) in enumerate(CASES, 1):
        is_ = run(check, tree)
        ok = is_.returncode == bool(want) and want in is_.stdout
        failed += not ok
        if not ok:
            print("\n".join(f"# {line}" for line in (is_.stdout + is_.stderr).splitlines()))
        print(f"{'ok' if ok else 'not ok'} {n} {check}: {name}")
    sys.exit(bool(failed))


main()
