#!/usr/bin/env python3
"""Whole programs on the same files in the same minutes: tokumei beside a plain copy and every peer on the machine.

Needs numpy, pydicom and imagecodecs for the studies (studies.py). Peers are those found in PATH: gdcmanon, dcmodify,
dicognito, dicom-anonymizer. Each program gets a fresh folder; programs take turns, so that a change of load meets all of them.

    whole.py --tokumei target/release/tokumei [--folder /dev/shm] [--only ct,small] [--rounds 5] [--part 1.0] [--peers gdcmanon]
             [--out DIR]

CPU is user and system time of the process and its children, since a busy machine stretches wall time and hardly CPU.
Writes whole.json, whole.md and whole.svg into --out, and prints the table.
"""

import argparse
import datetime
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# A program's commands, from folder and output to argument lists; several run one after the other.


def tokumei(program, *more):
    return lambda source, out: [[program, "run", "--quiet", "--out", f"{out}/out", *more, str(source)]]


def copy(source, out):
    return [["cp", "-r", str(source), f"{out}/out"]]


def gdcmanon(source, out):
    certificate = out / "cert.pem"
    key = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=bench", "-days", "9",
           "-keyout", os.devnull, "-out", str(certificate)]
    subprocess.run(key, check=True, capture_output=True)
    return [["gdcmanon", "-e", "-r", "--continue", "-c", str(certificate), str(source), f"{out}/out"]]


def dcmodify(source, out):
    """Names, IDs and dates emptied in copies, since it edits in place."""
    tags = ["(0010,0010)", "(0010,0020)", "(0010,0030)", "(0010,1040)", "(0008,0050)", "(0008,0080)", "(0008,0090)"]
    edits = [word for tag in tags for word in ("-m", f"{tag}=")]
    find = ["find", f"{out}/out", "-name", "*.dcm", "-exec", "dcmodify", "-nb", "-ie", *edits, "-gst", "-gse", "-gin", "{}", "+"]
    return [["cp", "-r", str(source), f"{out}/out"], find]


def dicognito(source, out):
    return [["dicognito", "-o", f"{out}/out", str(source)]]


def dicom_anonymizer(source, out):
    """A run for each folder: it looks into none that lies in another."""
    folders = sorted({path.parent for path in source.rglob("*") if path.is_file()})
    made = [out / "out" / folder.relative_to(source) for folder in folders]
    for folder in made:
        folder.mkdir(parents=True)
    return [["dicom-anonymizer", str(folder), str(to)] for folder, to in zip(folders, made)]


PEERS = {"gdcmanon": gdcmanon, "dcmodify": dcmodify, "dicognito": dicognito, "dicom-anonymizer": dicom_anonymizer}


def files(folder):
    return sum(path.is_file() for path in Path(folder).rglob("*"))


def measure(make, source, folder):
    """Runs a program's commands and returns wall and CPU seconds and peak memory in MiB; None where it fails."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        commands = make(source, Path(out))
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        memory = 0
        for command in commands:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            memory = max(memory, usage.ru_maxrss / 1024)
            # tokumei ends with 1 where an instance is held back; what has written too little is seen below.
            if os.waitstatus_to_exitcode(status) not in (0, 1):
                return None
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = time.monotonic() - began
        # Some end with 0 and have written nothing.
        if files(out) < files(source):
            return None
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"wall": wall, "cpu": cpu, "memory": memory}


def programs(args):
    lean = ("--digest", "off", "--guard-scope", "instance")
    listed = {
        "cp -r": copy,
        "tokumei, lean, 1": tokumei(args.tokumei, *lean, "--threads", "1"),
        "tokumei, lean, all": tokumei(args.tokumei, *lean),
        "tokumei, lean, all, flush each": tokumei(args.tokumei, *lean, "--flush", "each"),
        "tokumei, 1": tokumei(args.tokumei, "--threads", "1"),
        "tokumei, all": tokumei(args.tokumei),
        "tokumei, jp-pseudonymized, all": tokumei(args.tokumei, "--profile", "jp-pseudonymized"),
    }
    return listed | {name: make for name, make in PEERS.items() if name in args.peers.split(",") and shutil.which(name)}


def bench(kind, args):
    folder = Path(tempfile.mkdtemp(dir=args.folder))
    try:
        # By a process of its own: what this one holds would count as the memory of those that it starts.
        maker = Path(__file__).with_name("studies.py")
        subprocess.run([sys.executable, maker, folder, "--only", kind, "--part", str(args.part)], check=True)
        source = folder / kind
        size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
        results = {name: [] for name in programs(args)}
        for number in range(args.rounds):
            for name, make in programs(args).items():
                print(f"\r{kind}: round {number + 1} of {args.rounds}: {name:30}", end="", file=sys.stderr)
                # A peer that fails, or takes minutes, is not run again.
                spent = [one["wall"] for one in results[name] if one]
                if None in results[name] or (spent and spent[0] > args.patience):
                    continue
                results[name].append(measure(make, source, folder))
        print(file=sys.stderr)
        return {"kind": kind, "files": files(source), "bytes": size, "results": results}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def rows(case):
    copied = statistics.median(one["cpu"] for one in case["results"]["cp -r"])
    copied_wall = statistics.median(one["wall"] for one in case["results"]["cp -r"])
    for name, runs in case["results"].items():
        good = [one for one in runs if one]
        if not good:
            yield {"name": name, "failed": True}
            continue
        cpus = sorted(one["cpu"] for one in good)
        wall = statistics.median(one["wall"] for one in good)
        yield {
            "name": name, "runs": len(good), "cpu": statistics.median(cpus), "spread": (cpus[0], cpus[-1]), "wall": wall,
            "by_copy": statistics.median(cpus) / copied, "wall_by_copy": wall / copied_wall,
            "files": case["files"] / wall, "megabytes": case["bytes"] / 1e6 / wall, "memory": max(one["memory"] for one in good),
        }


def table(case):
    lines = [f"## {case['kind']}: {case['files']:,} files, {case['bytes'] / 1e6:,.0f} MB", "",
             "| program | CPU s (least, most) | CPU / cp | wall / cp | files/s | MB/s | peak MiB | runs |", "|---|---|---|---|---|---|---|---|"]
    for row in rows(case):
        if row.get("failed"):
            lines.append(f"| {row['name']} | failed | | | | | | |")
            continue
        low, high = row["spread"]
        lines.append(f"| {row['name']} | {row['cpu']:.2f} ({low:.2f}, {high:.2f}) | {row['by_copy']:.2f} | {row['wall_by_copy']:.2f} | "
                     f"{row['files']:,.0f} | {row['megabytes']:,.0f} | {row['memory']:.0f} | {row['runs']} |")
    return "\n".join(lines) + "\n"


def chart(cases):
    """Bars of CPU by that of a copy, one group a case, on a scale of powers of ten."""
    import math

    left, width, bar, parts, y = 190, 420, 14, [], 10
    most = max(row["by_copy"] for case in cases for row in rows(case) if not row.get("failed"))
    scale = width / max(1.0, math.log10(most * 10))
    for case in cases:
        y += 22
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{case["kind"]}: {case["files"]:,} files, {case["bytes"] / 1e6:,.0f} MB</text>')
        y += 8
        for row in rows(case):
            if row.get("failed"):
                continue
            length = max(1.0, math.log10(max(row["by_copy"], 0.1) * 10) * scale)
            colour = "#1b6ca8" if row["name"].startswith("tokumei") else "#9aa5ad"
            parts.append(f'<text x="{left - 6}" y="{y + 11}" text-anchor="end">{row["name"]}</text>'
                         f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 3}" fill="{colour}"/>'
                         f'<text x="{left + length + 5:.1f}" y="{y + 11}">{row["by_copy"]:.2f}</text>')
            y += bar
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 60}" height="{y + 34}" font-family="sans-serif" font-size="11">'
            '<rect width="100%" height="100%" fill="#fff"/>' + "".join(parts)
            + f'<text x="8" y="{y + 24}" fill="#555">CPU time by that of cp -r on the same files; logarithmic, shorter is better</text></svg>\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokumei", required=True, type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--folder", default="/dev/shm")
    parser.add_argument("--only", default="ct,small,frames,slide")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--part", type=float, default=1.0)
    parser.add_argument("--patience", type=float, default=120, help="seconds after which a program is run once only")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    began = os.getloadavg()[0]
    cases = [bench(kind, args) for kind in args.only.split(",")]
    load = f"load {began:.1f} before, {os.getloadavg()[0]:.1f} after; {os.cpu_count()} cores; rounds {args.rounds}"
    text = f"# Whole programs, {datetime.date.today()}\n\n{load}. `lean` is `--digest off --guard-scope instance`; " \
           "the others have the defaults.\n\n" + "\n".join(map(table, cases))
    print(text)
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "whole.md").write_text(text)
        (args.out / "whole.json").write_text(json.dumps({"load": load, "cases": cases}, indent=1) + "\n")
        (args.out / "whole.svg").write_text(chart(cases))


if __name__ == "__main__":
    main()
