"""What all benchmarks share: commands run in turn with their peers, and what they took."""

import os
import resource
import statistics
import subprocess
import sys
import time


class Taken:
    """Wall seconds, CPU seconds of the command and of the server, and peak resident memory (MB) of the largest process of the command."""

    def __init__(self, wall, cpu, server, peak):
        self.wall, self.cpu, self.server, self.peak = wall, cpu, server, peak


def server_cpu(postmaster):
    """CPU seconds of a PostgreSQL server with all sessions that have ended, and those that live."""
    tick = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for pid in [int(p) for p in os.listdir("/proc") if p.isdigit()]:
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if pid == postmaster:
            total += sum(int(field) for field in fields[11:15]) / tick
        elif int(fields[1]) == postmaster:
            total += sum(int(field) for field in fields[11:13]) / tick
    return total


def run(command, env, postmaster=None):
    """A command, or a pipe of several as a text for bash, to its end; a failure ends the benchmark with what it said."""
    arguments = ["bash", "-c", "set -eo pipefail; " + command] if isinstance(command, str) else command
    before = server_cpu(postmaster) if postmaster else 0
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        with open("/tmp/sie-dr-bench-errors", "wb") as errors:
            os.dup2(errors.fileno(), 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.execvpe(arguments[0], arguments, env)
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - began
    if status != 0:
        with open("/tmp/sie-dr-bench-errors", errors="replace") as file:
            sys.stderr.write(file.read()[-3000:])
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    return Taken(wall, usage.ru_utime + usage.ru_stime, server_cpu(postmaster) - before if postmaster else 0, usage.ru_maxrss / 1024)


def in_turn(contenders, runs):
    """`contenders`: name to (prepare, command, env, postmaster). Each once, then each again; gives name to a list of what was taken."""
    taken = {name: [] for name in contenders}
    for _ in range(runs):
        for name, (prepare, command, env, postmaster) in contenders.items():
            prepare()
            taken[name].append(run(command, env, postmaster))
    return taken


def report(title, taken, gigabytes):
    """A table with the ratio of each peer to the first contender."""
    print(f"\n{title}\n")
    print("| | wall, median (spread) | ratio | CPU s/GB, client | CPU s/GB, server | peak memory |")
    print("| --- | --- | --- | --- | --- | --- |")
    first = None
    for name, all_taken in taken.items():
        walls = [t.wall for t in all_taken]
        median = statistics.median(walls)
        first = first or median
        cpu, server = (statistics.median(getattr(t, key) for t in all_taken) / gigabytes for key in ("cpu", "server"))
        peak = max(t.peak for t in all_taken)
        ratio = "" if len(taken) == 1 or median == first else f"**{median / first:.2f}x**"
        print(f"| {name} | {median:.2f} s ({min(walls):.2f} to {max(walls):.2f}, {len(walls)} runs) | {ratio} | {cpu:.1f} | {server:.1f} | {peak:.0f} MB |")


def cpu_milliseconds(command, times=100):
    """CPU time of a short command, each time: median, least, most."""
    taken = []
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append((after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000)
    return statistics.median(taken), min(taken), max(taken)
