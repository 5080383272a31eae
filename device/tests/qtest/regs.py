# SPDX-License-Identifier: GPL-2.0-only
"""The constants of include/smartnic/*.h, read from the headers themselves."""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
HEADERS = [os.path.join(HERE, '../../../include/smartnic', h)
           for h in ('regs.h', 'messages.h')]


def rows():
    """The counters, as the enum has them."""
    with open(os.path.join(os.path.dirname(HEADERS[0]), 'stat_rows.h'), encoding='utf-8') as f:
        return ''.join(f'SMNC_STAT_{n},\n' for n in re.findall(r'^SMNC_STAT_ROW\((\w+)', f.read(), re.M))


class Regs:
    def __init__(self):
        text = ''
        for name in HEADERS:
            with open(name, encoding='utf-8') as f:
                text += f.read()
        text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
        text = re.sub(r'#define \w+_ROW\(.*\n#include "stat_rows.h"\n#undef .*\n', rows(), text)
        text = re.sub(r'(0x[0-9a-fA-F]+|\b\d+)[uUlL]+\b', r'\1', text)
        for m in re.finditer(r'^#define\s+SMNC_(\w+)[ \t]+([^\n]+)$', text, re.M):
            self._put(m.group(1), m.group(2))
        for m in re.finditer(r'^#define\s+SMNC_(\w+)\((\w+(?:, \w+)*)\)[ \t]+([^\n]+)$',
                             text, re.M):
            setattr(self, m.group(1), eval(f'lambda {m.group(2)}: {m.group(3)}', {}))
        for m in re.finditer(r'enum \w+ \{(.*?)\}', text, re.S):
            n = 0
            for item in m.group(1).split(','):
                name, _, val = (x.strip() for x in item.partition('='))
                if name:
                    n = int(val, 0) if val else n
                    setattr(self, name.removeprefix('SMNC_'), n)
                    n += 1

    def _put(self, name, expr):
        expr = re.sub(r'SMNC_(\w+)', r'self.\1', expr)
        try:
            setattr(self, name, eval(expr, {'self': self}))
        except (SyntaxError, NameError, AttributeError, TypeError):
            pass    # a type or a text


R = Regs()
