# SPDX-License-Identifier: MIT
# A user at a terminal: runs a program on a pseudo-terminal and looks at the settings from outside.
#
#	raw_tty.py keys TEXT [--status N] -- ARG...	waits for raw mode, types TEXT (escapes), wants status N (0)
#	raw_tty.py signal NAME -- ARG...		waits for raw mode, sends the signal, wants the death by it
#	raw_tty.py stop -- ARG...			stops and continues it, then types ^]
#
# Each also wants the settings at the end to be those of the start. What the program wrote goes to standard output.
# The script makes itself a shell on the terminal: a program that led its session would take the settings with it.
import fcntl, os, select, signal, sys, termios, time

at = sys.argv.index("--")
how, argv = sys.argv[1:at], sys.argv[at + 1:]
shell = os.fork()
if shell:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(shell, 0)[1]))
fd, keep = os.openpty()
os.setsid()
fcntl.ioctl(keep, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
before = termios.tcgetattr(keep)
pid = os.fork()
if pid == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(keep, os.getpid())
    for signo in (signal.SIGTTOU, signal.SIGINT, signal.SIGQUIT):
        signal.signal(signo, signal.SIG_DFL)
    for n in range(3):
        os.dup2(keep, n)
    os.execv(argv[0], argv)
said = b""
limit = time.monotonic() + 20


def turn():
    global said
    if time.monotonic() > limit:
        sys.exit("timed out; so far: %r" % said)
    if select.select([fd], [], [], 0.02)[0]:
        said += os.read(fd, 65536)


def wait_raw():
    while termios.tcgetattr(keep)[3] & termios.ICANON:
        turn()


def wait_end():
    while True:
        got, status = os.waitpid(pid, os.WNOHANG)
        if got:
            break
        turn()
    while select.select([fd], [], [], 0.05)[0]:
        turn()
    assert termios.tcgetattr(keep) == before, "the settings have not come back"
    sys.stdout.buffer.write(said)
    return os.waitstatus_to_exitcode(status)


wait_raw()
if how[0] == "keys":
    want = int(how[3]) if len(how) > 2 else 0
    os.write(fd, how[1].encode().decode("unicode_escape").encode("latin-1"))
elif how[0] == "signal":
    want = -getattr(signal, how[1])
    os.kill(pid, getattr(signal, how[1]))
else:
    want = 0
    os.kill(pid, signal.SIGTSTP)
    while not os.waitpid(pid, os.WUNTRACED | os.WNOHANG)[0]:
        turn()
    assert termios.tcgetattr(keep) == before, "stopped, and still raw"
    os.kill(pid, signal.SIGCONT)
    wait_raw()
    os.write(fd, b"\x1d")
status = wait_end()
if status != want:
    sys.exit("status %d, not %d" % (status, want))
