#!/usr/bin/env python3
"""Backup and restore of 1 GB against pg_dump and pg_restore on the same server, peak memory, and the CPU time of lint.

Called by scripts/bench, which has built the release binary and started a server. Prints medians with the spread of all runs, and the ratio
to the peer measured beside it in turn. Nothing is asserted: machines are shared and noisy.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time


def run(arguments, env=None, quiet=True):
    """Wall seconds, CPU seconds and peak memory (MB) of a command and its children."""
    began = time.monotonic()
    process = subprocess.Popen(arguments, env=env, stdout=subprocess.DEVNULL if quiet else None, stderr=subprocess.PIPE)
    _, errors = process.communicate()
    _ = errors
    wall = time.monotonic() - began
    if process.returncode != 0:
        sys.stderr.write(errors.decode(errors="replace")[-3000:])
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    return wall


def measured(arguments, env=None):
    """Peak resident memory of the program itself, by wait4 in a process of its own."""
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.execvpe(arguments[0], arguments, env or os.environ)
    _, status, usage = os.wait4(pid, 0)
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, status


def summary(name, seconds):
    spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
    print(f"  {name:<44} {statistics.median(seconds):8.2f} s   ({spread}, {len(seconds)} runs)")
    return statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--url", required=True, help="of the source database")
    parser.add_argument("--server", required=True, help="URL of the postgres database of the same server")
    parser.add_argument("--folder", required=True)
    parser.add_argument("--plan", required=True, help="the plan whose lint is timed")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    folder = options.folder
    target = options.url.rsplit("/", 1)[0] + "/restored"
    env = dict(os.environ, SOURCE_URL=options.url, TARGET_URL=target, PGOPTIONS="")

    def psql(sql):
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", options.server, "-c", sql], check=True, stdout=subprocess.DEVNULL)

    plan = os.path.join(folder, "plan.yaml")
    with open(plan, "w") as file:
        file.write(PLAN)
    backup = [options.tool, "apply", "--yes", plan]
    restore = [options.tool, "apply", "--yes", plan, "--scenario", "lost"]
    dump_folder = os.path.join(folder, "dump")
    ours, theirs, our_restores, their_restores = [], [], [], []
    memory = {"backup": [], "restore": []}

    for _ in range(options.runs):
        shutil.rmtree(os.path.join(folder, "store", "data"), ignore_errors=True)
        began = time.monotonic()
        peak, _, status = measured(backup, env)
        ours.append(time.monotonic() - began)
        memory["backup"].append(peak)
        if status != 0:
            run(backup, env, quiet=False)
            raise SystemExit("the backup failed")
        shutil.rmtree(dump_folder, ignore_errors=True)
        theirs.append(run(["pg_dump", "-Fd", "-j2", "-Z1", "-f", dump_folder, "-d", options.url], env))

        psql("drop database if exists restored")
        began = time.monotonic()
        peak, _, status = measured(restore, env)
        our_restores.append(time.monotonic() - began)
        memory["restore"].append(peak)
        if status != 0:
            raise SystemExit("the restore failed")
        psql("drop database if exists restored")
        psql("create database restored template template0")
        their_restores.append(run(["pg_restore", "-j2", "-d", target, dump_folder], env))
    psql("drop database if exists restored")

    size = sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(os.path.join(folder, "store")) for f in fs)
    peer_size = sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(dump_folder) for f in fs)
    print("backup to a directory")
    a = summary("sie-dr apply (2 workers)", ours)
    b = summary("pg_dump -Fd -j2 -Z1", theirs)
    print(f"  ratio {b / a:.2f}x; stored {size / 1e6:.0f} MB, the peer {peer_size / 1e6:.0f} MB; peak memory of sie-dr {max(memory['backup']):.0f} MB")
    print("restore, verified against the manifest, with ANALYZE (the peer: neither)")
    a = summary("sie-dr apply --scenario (2 jobs)", our_restores)
    b = summary("pg_restore -j2", their_restores)
    print(f"  ratio {b / a:.2f}x; peak memory of sie-dr {max(memory['restore']):.0f} MB")

    cpu = []
    for _ in range(100):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([options.tool, "lint", options.plan], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append((after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000)
    true = []
    for _ in range(100):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["/bin/true"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        true.append((after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000)
    print(f"lint {options.plan}: CPU time median {statistics.median(cpu):.1f} ms ({min(cpu):.1f} to {max(cpu):.1f}); /bin/true, for scale: {statistics.median(true):.1f} ms")


PLAN = """\
apiVersion: sie-dr/v1
kind: RecoveryPlan
metadata: { name: bench }
secrets: { source: { env: SOURCE_URL }, target: { env: TARGET_URL } }
servers:
  source: { postgresql: { url: { secret: source } } }
  target: { postgresql: { url: { secret: target } } }
stores: { store: { directory: { path: store } } }
data:
  data:
    on: [source]
    protect:
      always: { logical: { workers: 2 }, every: 1s, to: [store], keep: { for: 1d }, timeout: 10m, retries: 0 }
scenarios:
  lost:
    loses: { servers: [source] }
    detect: { noticedWithin: 1s }
    steps:
      restore: { postgresql.restore: { data: data, server: target, jobs: 2 }, timeout: 10m }
"""

main()
