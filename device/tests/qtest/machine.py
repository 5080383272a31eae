# SPDX-License-Identifier: GPL-2.0-only
"""A QEMU that executes no code, driven through its qtest protocol."""
import json
import os
import select
import socket
import struct
import subprocess
import tempfile
import time

from .regs import R

ECAM = 0xb0000000
BARS = {0: 0xc0000000, 2: 0xc4000000, 4: 0xc8000000}
DEVFN = 4 << 3
PORT = 3 << 3
RAM = 256 << 20


class Machine:
    """One QEMU with a SmartNIC at 00:04.0 and an uplink we hold the end of.

    slot: it is at 01:00.0 behind the root port 00:03.0 instead.
    """

    def __init__(self, qemu, options='', extra=(), slot=False, patience=60):
        self.slot = slot
        self.patience = patience
        self.heard = b''
        where = 'addr=04.0'
        if slot:
            extra = (*extra, '-device', 'pcie-root-port,id=rp,addr=03.0,chassis=1,slot=1')
            where = 'bus=rp,addr=00.0'
        self.dir = tempfile.TemporaryDirectory()
        ours, theirs = (os.path.join(self.dir.name, x) for x in 'ab')
        self.net = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.net.bind(ours)
        self.net.settimeout(2)
        self.theirs = theirs
        self.log = open(os.path.join(self.dir.name, 'log'), 'w+b')
        args = [qemu, '-M', 'q35', '-accel', 'qtest', '-m', str(RAM >> 20), '-nodefaults',
                '-display', 'none', '-L', '/usr/share/seabios', '-L', '/usr/share/qemu', '-qtest', 'stdio', '-qtest-log', 'none',
                '-d', 'guest_errors', '-netdev',
                f'dgram,id=up,local.type=unix,local.path={theirs},'
                f'remote.type=unix,remote.path={ours}',
                '-qmp', f'unix:{self.dir.name}/qmp,server=on,wait=off',
                *extra, '-device', f'smartnic,id=nic,{where},netdev=up,mac=02:00:00:00:00:01{options}']
        self.proc = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=self.log, bufsize=0)
        self.free = 0x100000
        self.monitor = None
        self.setup_pci()

    def close(self):
        if self.monitor:
            self.monitor.close()
        self.proc.terminate()
        self.proc.stdin.close()
        rc = self.proc.wait(10)
        self.proc.stdout.close()
        self.net.close()
        self.log.close()
        self.dir.cleanup()
        return rc

    def kill(self):
        self.proc.kill()
        self.proc.wait()

    def stderr(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read().decode(errors='replace')

    # --- protocol ---

    def used(self):
        """Seconds of processor time."""
        with open(f'/proc/{self.proc.pid}/stat', encoding='ascii') as f:
            field = f.read().rsplit(')', 1)[1].split()
        return (int(field[11]) + int(field[12])) / os.sysconf('SC_CLK_TCK')

    def hear(self):
        """A line, within so many seconds of work; a loaded host may be slow."""
        out = self.proc.stdout.fileno()
        start = None
        while b'\n' not in self.heard:
            if select.select([out], [], [], 0.5)[0]:
                more = os.read(out, 1 << 16)
                if not more:
                    raise EOFError('QEMU is gone: ' + self.stderr()[-8000:])
                self.heard += more
                continue
            now = time.monotonic(), self.used()
            start = start or now
            if now[1] - start[1] > self.patience or now[0] - start[0] > 12 * self.patience:
                raise TimeoutError(f'no answer for {self.patience} s')
        line, self.heard = self.heard.split(b'\n', 1)
        return line.decode().split()

    def cmd(self, text):
        self.proc.stdin.write(text.encode() + b'\n')
        while True:
            line = self.hear()
            if line[0] == 'IRQ':
                continue
            if line[0] != 'OK':
                raise RuntimeError(' '.join(line))
            return line[1] if len(line) > 1 else ''

    def read(self, addr, size):
        return bytes.fromhex(self.cmd(f'read {addr:#x} {size:#x}')[2:]) if size else b''

    def write(self, addr, data):
        if data:
            self.cmd(f'write {addr:#x} {len(data):#x} 0x{bytes(data).hex()}')

    def rd(self, addr, size=4):
        return int(self.cmd(f'read{" bw l   q"[size]} {addr:#x}'), 0)

    def wr(self, addr, val, size=4):
        self.cmd(f'write{" bw l   q"[size]} {addr:#x} {val:#x}')

    def step(self, ns):
        self.cmd(f'clock_step {int(ns)}')

    def until(self, what, seconds=2):
        """The device works in bottom halves: wait for what it does."""
        end = time.monotonic() + seconds
        while True:
            val = what()
            if val or time.monotonic() > end:
                return val

    def settle(self):
        """Time for every bottom half that is under way."""
        for _ in range(20):
            self.rd(ECAM)

    def alloc(self, size, align=4096):
        self.free = (self.free + align - 1) // align * align
        at = self.free
        self.free += size
        assert self.free <= RAM
        return at

    # --- QMP ---

    def qmp(self, command, **arguments):
        if not self.monitor:
            s = socket.socket(socket.AF_UNIX)
            s.connect(f'{self.dir.name}/qmp')
            self.monitor = s.makefile('rw')
            s.close()
            self.monitor.readline()
            self.qmp('qmp_capabilities')
        json.dump({'execute': command, 'arguments': arguments}, self.monitor)
        self.monitor.write('\n')
        self.monitor.flush()
        while True:
            answer = json.loads(self.monitor.readline())
            if 'event' not in answer:
                assert 'return' in answer, answer
                return answer['return']

    def remove(self, gone=True):
        self.qmp('qom-set', path='nic', property='removed', value=gone)

    # --- PCI ---

    def setup_pci(self):
        for reg, val in ((0x64, 0), (0x60, ECAM | 1)):
            self.cmd(f'outl 0xcf8 {0x80000000 | reg:#x}')
            self.cmd(f'outl 0xcfc {val:#x}')
        if self.slot:
            self.setup_port()
        for bar, at in BARS.items():
            self.cfg_wr(0x10 + 4 * bar, at)
            self.cfg_wr(0x14 + 4 * bar, 0)
        self.cfg_wr(4, 6, 2)
        self.cfg_wr(R.CAP_MSIX + 2, 0x8000, 2)

    def setup_port(self):
        """Bus 1 behind it, and memory for the BARs."""
        self.port_wr(0x18, 0x010100)
        self.port_wr(0x20, 0xcff0c000)
        self.port_wr(4, 6, 2)

    def cfg(self, reg, size=4):
        return self.rd(ECAM + (1 << 20 if self.slot else DEVFN << 12) + reg, size)

    def cfg_wr(self, reg, val, size=4):
        self.wr(ECAM + (1 << 20 if self.slot else DEVFN << 12) + reg, val, size)

    def port(self, reg, size=4):
        return self.rd(ECAM + (PORT << 12) + reg, size)

    def port_wr(self, reg, val, size=4):
        self.wr(ECAM + (PORT << 12) + reg, val, size)

    def bar(self, n, off, size=4):
        return self.rd(BARS[n] + off, size)

    def bar_wr(self, n, off, val, size=4):
        self.wr(BARS[n] + off, val, size)

    # --- uplink ---

    def send(self, frame):
        self.net.sendto(frame, self.theirs)
        self.settle()

    def recv(self, timeout=2):
        self.net.settimeout(timeout)
        try:
            return self.net.recv(65536)
        except socket.timeout:
            return None

    def recv_now(self):
        self.net.setblocking(False)
        try:
            return self.net.recv(65536)
        except BlockingIOError:
            return None

    def drain_now(self):
        """Drop what has arrived; more than its socket holds stops the device's end."""
        while self.recv_now() is not None:
            pass

    def drain(self):
        while self.recv(0.05) is not None:
            pass


def pack(fmt, *vals):
    return struct.pack('<' + fmt, *vals)


def unpack(fmt, data):
    return struct.unpack('<' + fmt, data)
