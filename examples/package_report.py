"""Report on the packages that are installed on a Debian machine.

Reads the package database (/var/lib/dpkg/status and /var/lib/dpkg/info/*.list), or the files given, with a number of
threads, and prints what is there: sections, sizes, maintainers, the packages that others need most, kinds of files,
shared libraries, manual pages, and the words that the descriptions use. The report does not depend on the number of
threads.

    package_report.py --threads 2
    package_report.py --compare --threads 4
    package_report.py --json status.old bash.list coreutils.list
"""

import argparse
import json
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

STATUS = Path("/var/lib/dpkg/status")
LISTS = Path("/var/lib/dpkg/info")
BATCHES = 96  # pieces of work, whatever the number of threads

FIELD = re.compile(r"^([A-Za-z][\w-]*):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
DEPENDENCY = re.compile(r"(?P<name>[a-z0-9][a-z0-9+.-]*)(?::\w+)?\s*(?:\((?P<relation><<|<=|=|>=|>>)\s*(?P<version>[^)]+)\))?")
MAINTAINER = re.compile(r"^(?P<name>.*?)\s*<(?P<address>[^@>]+@(?P<domain>[^>]+))>")
VERSION = re.compile(r"^(?:(?P<epoch>\d+):)?(?P<upstream>.+?)(?:-(?P<revision>[^-]+))?$")
WORD = re.compile(r"[A-Za-z][a-z]+(?:-[a-z]+)*")

LIBRARY = re.compile(r"/(?P<stem>lib[^/]+?|[^/]+)\.so(?:\.(?P<major>\d+)(?:\.[\d.]+)?)?$")
MANUAL = re.compile(r"/man/(?:(?P<language>[a-z]{2,3}(?:_[A-Z]{2})?(?:\.[\w-]+)?(?:@\w+)?)/)?man(?P<section>\d)\w*/[^/]+$")
TRANSLATION = re.compile(r"/locale/(?P<language>[a-z]{2,3}(?:_[A-Z]{2})?(?:@\w+)?)/LC_MESSAGES/")
KINDS = [
    ("header", re.compile(r"^/usr/(?:include/|lib/.*/include/)|\.(?:h|hh|hpp)$")),
    ("documentation", re.compile(r"^/usr/share/(?:doc|doc-base|info|gtk-doc)/")),
    ("configuration", re.compile(r"^/etc/")),
    ("program", re.compile(r"^(?:/usr)?/s?bin/[^/]+$|^/usr/games/[^/]+$")),
    ("python", re.compile(r"\.py[ci]?$")),
    ("perl", re.compile(r"\.p[lm]$|/perl5?/")),
    ("font or image", re.compile(r"\.(?:png|svg|jpe?g|gif|ico|ttf|otf|pf[ab]|pcf\.gz)$")),
    ("data", re.compile(r"^/usr/share/")),
]
COMMON_WORDS = set("a an and are as at be by can for from has in is it its not of on or that the this to used with you".split())


@dataclass
class Package:
    name: str
    version: str
    section: str
    size: int
    domain: str
    depends: list[str] = field(default_factory=list)

    @property
    def has_epoch(self) -> bool:
        return VERSION.match(self.version)["epoch"] is not None


@dataclass
class Findings:
    """What one batch of work found; batches add up."""

    packages: list[Package] = field(default_factory=list)
    words: Counter = field(default_factory=Counter)
    relations: Counter = field(default_factory=Counter)
    kinds: Counter = field(default_factory=Counter)
    suffixes: Counter = field(default_factory=Counter)
    depths: Counter = field(default_factory=Counter)
    folders: Counter = field(default_factory=Counter)
    libraries: Counter = field(default_factory=Counter)
    manuals: Counter = field(default_factory=Counter)
    languages: Counter = field(default_factory=Counter)

    def add(self, other: "Findings") -> None:
        self.packages += other.packages
        for name, value in vars(other).items():
            if isinstance(value, Counter):
                getattr(self, name).update(value)


def parse_package(paragraph: str, found: Findings) -> None:
    fields = {name.lower(): value for name, value in FIELD.findall(paragraph)}
    if "package" not in fields or not fields.get("status", "").endswith(" installed"):
        return
    depends = []
    for kind in ("pre-depends", "depends"):
        for alternatives in filter(None, fields.get(kind, "").split(",")):
            first = DEPENDENCY.search(alternatives)
            depends.append(first["name"])
            found.relations[first["relation"] or "any version"] += 1
    maintainer = MAINTAINER.match(fields.get("maintainer", ""))
    found.packages.append(
        Package(
            name=fields["package"],
            version=fields.get("version", "0"),
            section=fields.get("section", "unknown").rpartition("/")[2],
            size=int(fields.get("installed-size", 0)),
            domain=maintainer["domain"].lower() if maintainer else "unknown",
            depends=depends,
        )
    )
    words = (word.lower() for word in WORD.findall(fields.get("description", "")))
    found.words.update(word for word in words if word not in COMMON_WORDS)


def parse_path(path: str, found: Findings) -> None:
    *folders, last = path.split("/")
    found.depths[len(folders)] += 1
    found.folders["/".join(folders[:4]) or "/"] += 1
    if "." in last.lstrip("."):
        found.suffixes["." + last.rpartition(".")[2].lower()] += 1
    if match := LIBRARY.search(path):
        found.kinds["shared library"] += 1
        found.libraries[match["stem"]] += 1
    elif match := MANUAL.search(path):
        found.kinds["manual page"] += 1
        found.manuals[f"section {match['section']}"] += 1
        if match["language"]:
            found.languages[match["language"]] += 1
    elif match := TRANSLATION.search(path):
        found.kinds["translation"] += 1
        found.languages[match["language"]] += 1
    else:
        for kind, pattern in KINDS:
            if pattern.search(path):
                found.kinds[kind] += 1
                break
        else:
            found.kinds["other"] += 1


def examine(batch: list[str | Path]) -> Findings:
    """One batch: paragraphs of a status file, and lists of files."""
    found = Findings()
    for item in batch:
        if isinstance(item, Path):
            for path in item.read_text(encoding="utf-8", errors="replace").splitlines():
                parse_path(path, found)
        else:
            parse_package(item, found)
    return found


def split_work(status_files: list[Path], list_files: list[Path]) -> list[list[str | Path]]:
    """Batches of about the same number of characters, in the order of the input."""
    sized: list[tuple[int, str | Path]] = []
    for file in status_files:
        text = file.read_text(encoding="utf-8", errors="replace")
        sized += [(len(paragraph), paragraph) for paragraph in text.split("\n\n") if paragraph.strip()]
    sized += [(file.stat().st_size, file) for file in list_files]
    limit = sum(size for size, _ in sized) // BATCHES + 1
    batches: list[list[str | Path]] = [[]]
    filled = 0
    for size, item in sized:
        if filled >= limit:
            batches.append([])
            filled = 0
        batches[-1].append(item)
        filled += size
    return batches


def gather(status_files: list[Path], list_files: list[Path], threads: int) -> Findings:
    total = Findings()
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for found in pool.map(examine, split_work(status_files, list_files)):
            total.add(found)
    return total


def top(counter: Counter, count: int) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:count]


def needed_by(packages: list[Package]) -> Counter:
    """For each package, how many others need it, directly or not."""
    depends = {package.name: package.depends for package in packages}
    counts = Counter()
    for name in depends:
        seen = {name}
        waiting = [name]
        while waiting:
            for other in depends.get(waiting.pop(), ()):
                if other not in seen and other in depends:
                    seen.add(other)
                    waiting.append(other)
        seen.remove(name)
        counts.update(seen)
    return counts


def summarise(found: Findings, count: int) -> dict:
    packages = sorted(found.packages, key=lambda package: (package.name, package.version))
    sections = defaultdict(list)
    for package in packages:
        sections[package.section].append(package.size)
    sizes = [package.size for package in packages]
    direct = Counter(name for package in packages for name in set(package.depends))
    return {
        "packages": len(packages),
        "files": sum(found.kinds.values()),
        "installed size": {
            "total": sum(sizes),
            "mean": round(statistics.fmean(sizes), 1) if sizes else 0.0,
            "median": statistics.median(sizes) if sizes else 0,
        },
        "with an epoch": sum(package.has_epoch for package in packages),
        "largest packages": [
            {key: value for key, value in asdict(package).items() if key in ("name", "version", "size")}
            for package in sorted(packages, key=lambda package: (-package.size, package.name))[:count]
        ],
        "sections": {
            name: {"packages": len(values), "size": sum(values)}
            for name, values in sorted(sections.items(), key=lambda item: (-sum(item[1]), item[0]))[:count]
        },
        "needed directly by": dict(top(direct, count)),
        "needed by": dict(top(needed_by(packages), count)),
        "maintained at": dict(top(Counter(package.domain for package in packages), count)),
        "version relations": dict(top(found.relations, count)),
        "kinds of files": dict(top(found.kinds, len(found.kinds))),
        "suffixes": dict(top(found.suffixes, count)),
        "folders": dict(top(found.folders, count)),
        "depth of paths": {str(depth): number for depth, number in sorted(found.depths.items())},
        "shared libraries": dict(top(found.libraries, count)),
        "manual pages": dict(sorted(found.manuals.items())),
        "languages": dict(top(found.languages, count)),
        "words": dict(top(found.words, count)),
    }


def print_report(report: dict) -> None:
    size = report["installed size"]
    print(f"{report['packages']:,} packages, {report['files']:,} files, {size['total'] / 1024:,.1f} MiB installed")
    print(f"mean {size['mean']:,.1f} KiB, median {size['median']:,} KiB; {report['with an epoch']} versions with an epoch")
    print("\nlargest packages")
    for row in report["largest packages"]:
        print(f"  {row['name']:<36.36} {row['version']:<28.28} {row['size']:>12,} KiB")
    print("\nsections")
    for name, row in report["sections"].items():
        print(f"  {name:<36} {row['packages']:>6} packages {row['size']:>12,} KiB")
    for title, rows in report.items():
        if title in ("installed size", "largest packages", "sections") or not isinstance(rows, dict):
            continue
        print(f"\n{title}")
        whole = sum(rows.values()) or 1
        for name, number in rows.items():
            print(f"  {name:<44.44} {number:>9,}  {number / whole:>6.1%} {'#' * round(24 * number / whole)}".rstrip())


def main() -> int:
    parser = argparse.ArgumentParser(description="Report on the installed packages of a Debian machine.")
    parser.add_argument("files", nargs="*", type=Path, help="status files and *.list files (default: this machine's)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="number of threads (default: 1)")
    parser.add_argument("--compare", action="store_true", help="also measure one thread, and print the speed-up")
    parser.add_argument("--top", type=int, default=10, metavar="N", help="rows in each table (default: 10)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args()
    if options.threads < 1:
        parser.error("--threads must be at least 1")

    files = options.files or [STATUS, *sorted(LISTS.glob("*.list"))]
    list_files = [file for file in files if file.suffix == ".list"]
    status_files = [file for file in files if file.suffix != ".list"]

    try:
        began = time.perf_counter()
        found = gather(status_files, list_files, options.threads)
        elapsed = time.perf_counter() - began
        report = summarise(found, options.top)
    except OSError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1

    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print_report(report)
    times_to = sys.stderr if options.json else sys.stdout
    print(f"elapsed: {elapsed:.3f} s with {options.threads} thread{'s' if options.threads != 1 else ''}", file=times_to)

    if options.compare:
        times: dict[int, list[float]] = {1: [], options.threads: []}
        for _ in range(5):  # in turns, so that whatever else the machine does hits both
            for threads in times:
                began = time.perf_counter()
                again = gather(status_files, list_files, threads)
                times[threads].append(time.perf_counter() - began)
                if summarise(again, options.top) != report:
                    print("the reports differ", file=sys.stderr)
                    return 1
        one, many = statistics.median(times[1]), statistics.median(times[options.threads])
        print(f"one thread: {one:.3f} s, {options.threads} threads: {many:.3f} s, speed-up: {one / many:.2f}", file=times_to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
