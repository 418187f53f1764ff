"""usage: terminal_test.py SANDBOX

Ctrl-C reaches the command of the sandbox once, from the terminal; other signals come from the sandbox.
"""

import os
import pty
import signal
import sys

COMMAND = """
import signal
both = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, both)
print('ready', flush=True)
print('first', signal.sigwait(both).name, flush=True)
print('then', signal.sigwait(both).name, flush=True)
"""


def read_until(terminal, wanted, said=""):
    while wanted not in said:
        said += os.read(terminal, 1024).decode()


process, terminal = pty.fork()
if process == 0:
    os.execl(sys.argv[1], sys.argv[1], "--", sys.executable, "-c", COMMAND)
read_until(terminal, "ready")
os.write(terminal, b"\x03")
read_until(terminal, "first SIGINT")
os.kill(process, signal.SIGTERM)
read_until(terminal, "then SIGTERM")
_, status = os.waitpid(process, 0)
sys.exit(os.waitstatus_to_exitcode(status))
