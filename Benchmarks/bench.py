#!/usr/bin/env python3
"""Backup and restore against what people use instead, on the same server and in turn; CPU time of lint; a backup's effect on pgbench.

Called by scripts/bench, which has built the release binary, started the servers and filled the database. Nothing is asserted: machines are
shared and noisy, and ratios of things run side by side say more than seconds.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess

from measuring import cpu_milliseconds, in_turn, report

PLAN = """\
apiVersion: sie-dr/v1
kind: RecoveryPlan
metadata: {{ name: bench }}
secrets: {{ source: {{ env: SOURCE_URL }}, target: {{ env: TARGET_URL }} }}
servers:
  source: {{ postgresql: {{ url: {{ secret: source }} }} }}
  target: {{ postgresql: {{ url: {{ secret: target }} }} }}
stores: {{ store: {store} }}
data:
  data:
    on: [source]
    protect:
      always: {{ logical: {{ workers: 2 }}, every: 1ms, to: [store], keep: {{ for: 1ms, atLeast: 1 }}, timeout: 30m, retries: 0 }}
scenarios:
  lost:
    loses: {{ servers: [source] }}
    detect: {{ noticedWithin: 1s }}
    steps:
      restore: {{ postgresql.restore: {{ data: data, server: target, jobs: 2 }}, timeout: 30m }}
"""


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = options.folder
        self.target = options.url.rsplit("/", 1)[0] + "/restored"
        self.env = dict(os.environ, SOURCE_URL=options.url, TARGET_URL=self.target, PGOPTIONS="", AWS_ACCESS_KEY_ID=options.s3_key, AWS_SECRET_ACCESS_KEY=options.s3_secret)
        self.dump = os.path.join(self.folder, "dump")
        self.plan = os.path.join(self.folder, "plan.yaml")
        with open(os.path.join(self.folder, "main", "postmaster.pid")) as file:
            self.postmaster = int(file.readline())

    def write_plan(self, store):
        with open(self.plan, "w") as file:
            file.write(PLAN.format(store=store))

    def psql(self, sql, database=None):
        return subprocess.run(
            ["psql", "-X", "-qAt", "-v", "ON_ERROR_STOP=1", "-d", database or self.options.server, "-c", sql], check=True, capture_output=True, text=True).stdout

    def contender(self, command, prepare=lambda: None):
        return (prepare, command, self.env, self.postmaster)

    # Preparations

    def no_dump(self):
        shutil.rmtree(self.dump, ignore_errors=True)
        if os.path.exists(self.dump):
            os.remove(self.dump)

    def no_target(self):
        self.psql("drop database if exists restored")
        self.psql("checkpoint")

    def empty_target(self):
        self.no_target()
        self.psql("create database restored template template0")

    # Cases

    def directory(self):
        self.write_plan("{ directory: { path: store } }")
        backup, restore = self.ours()
        url = self.options.url
        backups = {
            "sie-dr apply, 2 workers": self.contender(backup),
            "pg_dump -Fd -j2 -Z1": self.contender(["pg_dump", "-Fd", "-j2", "-Z1", "-f", self.dump, "-d", url], self.no_dump),
        }
        self.show("Backup to a directory", backups)
        restores = {
            "sie-dr apply --scenario, 2 jobs, verified, with ANALYZE": self.contender(restore, self.no_target),
            "pg_restore -j2 (neither)": self.contender(["pg_restore", "-j2", "-d", self.target, self.dump], self.empty_target),
        }
        self.show("Restore from a directory", restores)

    def s3(self):
        self.write_plan(f'{{ s3: {{ bucket: backups, prefix: ours, endpoint: "{self.options.s3_url}", region: us-east-1 }} }}')
        backup, restore = self.ours()
        url, dump, rclone = self.options.url, self.dump, os.path.abspath(".build-tools/bin/rclone")
        upload = f"{rclone} copy --transfers 4 --s3-chunk-size 16M"
        backups = {
            "sie-dr apply, 2 workers": self.contender(backup),
            "pg_dump -Fd -j2 -Z1, then upload": self.contender(f"pg_dump -Fd -j2 -Z1 -f {dump} -d '{url}'; {upload} {dump} s3:backups/fd", self.no_dump),
            "pg_dump -Fc -Z0 | zstd -1 -T2, streamed": self.contender(
                f"pg_dump -Fc -Z0 -d '{url}' | zstd -q -1 -T2 | {rclone} rcat --s3-chunk-size 16M s3:backups/fc.zst"),
            "pg_dump | gzip, then upload": self.contender(f"pg_dump -d '{url}' | gzip > {dump}; {upload} {dump} s3:backups/plain", self.no_dump),
        }
        if not self.options.quick:
            self.show("Backup to S3", backups)
        else:
            self.show("Backup to S3", {name: backups[name] for name in list(backups)[:2]})
        restores = {
            "sie-dr apply --scenario, 2 jobs, verified, with ANALYZE": self.contender(restore, self.no_target),
            "download, then pg_restore -j2 (neither)": self.contender(
                f"{rclone} copy --transfers 4 s3:backups/fd {dump}; pg_restore -j2 -d '{self.target}' {dump}", lambda: (self.no_dump(), self.empty_target())),
        }
        if not self.options.quick:
            restores["download | gunzip | psql (neither)"] = self.contender(
                f"{rclone} cat s3:backups/plain/dump | gunzip | psql -X -q -v ON_ERROR_STOP=1 -d '{self.target}'", self.empty_target)
        self.show("Restore from S3", restores)

    def lint(self):
        for command in [["/bin/true"], [self.options.tool, "--version"], [self.options.tool, "lint", "plans/sie.yaml"]]:
            median, least, most = cpu_milliseconds(command)
            print(f"CPU time of {' '.join(command[-2:])}: median {median:.1f} ms ({least:.1f} to {most:.1f})")

    def pgbench(self):
        """Throughput and latency of the production while it is backed up, beside the same time without a backup."""
        self.write_plan(f'{{ s3: {{ bucket: backups, prefix: ours, endpoint: "{self.options.s3_url}", region: us-east-1 }} }}')
        backup, _ = self.ours()
        peers = {
            "nothing": None,
            "sie-dr apply, 2 workers": " ".join(backup),
            "pg_dump -Fd -j2 -Z1": f"rm -rf {self.dump}; pg_dump -Fd -j2 -Z1 -f {self.dump} -d '{self.options.url}'",
        }
        subprocess.run(["pgbench", "-q", "-i", "-s", "10", "-d", self.options.url], check=True, capture_output=True)
        print("\npgbench -c 4, 20 s each, with a backup going on all the time (the next begins when one ends)\n")
        print("| beside | transactions a second | p99 latency | backups done |\n| --- | --- | --- | --- |")
        rows = {name: [] for name in peers}
        for _ in range(self.options.runs):
            for name, command in peers.items():
                count = os.path.join(self.folder, "count")
                with open(count, "w"):
                    pass
                loop = None
                if command:
                    loop = subprocess.Popen(["bash", "-c", f"while {command} > /dev/null 2>&1; do echo >> {count}; done"], env=self.env, start_new_session=True)
                prefix = os.path.join(self.folder, "latencies")
                done = subprocess.run(
                    ["pgbench", "-n", "-c", "4", "-j", "2", "-T", "20", "-l", f"--log-prefix={prefix}", "-d", self.options.url], check=True, capture_output=True, text=True)
                if loop:
                    os.killpg(loop.pid, 15)
                    loop.wait()
                    while "sie-dr" in self.psql("select application_name from pg_stat_activity where datname = 'source'") or "pg_dump" in self.psql(
                        "select application_name from pg_stat_activity where datname = 'source'"):
                        pass
                tps = float(re.search(r"tps = ([0-9.]+)", done.stdout)[1])
                latencies = []
                for file in os.listdir(self.folder):
                    if file.startswith("latencies"):
                        with open(os.path.join(self.folder, file)) as log:
                            latencies += [int(line.split()[2]) / 1000 for line in log]
                        os.remove(os.path.join(self.folder, file))
                latencies.sort()
                with open(count) as log:
                    rows[name].append((tps, latencies[int(len(latencies) * 0.99)], len(log.readlines())))
        for name, found in rows.items():
            tps, p99 = [statistics.median(row[index] for row in found) for index in (0, 1)]
            print(f"| {name} | {tps:.0f} | {p99:.1f} ms | {sum(row[2] for row in found)} |")

    def ours(self):
        return [self.options.tool, "apply", "--yes", self.plan], [self.options.tool, "apply", "--yes", self.plan, "--scenario", "lost"]

    def show(self, title, contenders):
        report(title, in_turn(contenders, self.options.runs), self.options.gigabytes)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--url", required=True, help="of the source database")
    parser.add_argument("--server", required=True, help="URL of the postgres database of the same server")
    parser.add_argument("--folder", required=True)
    parser.add_argument("--gigabytes", type=float, required=True, help="of the source database")
    parser.add_argument("--s3-url", default="")
    parser.add_argument("--s3-key", default="")
    parser.add_argument("--s3-secret", default="")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="only the closest peers")
    parser.add_argument("cases", nargs="+", choices=["directory", "s3", "lint", "pgbench"])
    bench = Bench(parser.parse_args())
    for case in bench.options.cases:
        getattr(bench, case)()


main()
