"""Pin the versions and hashes of every package: `make constraints`, with `ARGS=--upgrade` newer ones of all.

What is pinned stays as it is where it still serves, so that a new package changes no other.

Three files, resolved for every platform and Python that Tokometer supports:

* constraints.txt: what running needs
* constraints-dev.txt: that, plus what the tests and benchmarks need
* constraints-clients.txt: what the programs of others need that the tests run against us, and nothing of ours

They hold names, versions and hashes only, so that any mirror of the package index serves. uv resolves (pip cannot pin
for other platforms than its own); it lives in a folder of its own for as long as that takes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Made by `make constraints`: names, versions and hashes of what {what}. Installed with --require-hashes.\n"


def main() -> None:
    """Write both files anew."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        uv = install_uv(Path(folder))
        # The build backend is pinned as well: the editable install runs without an environment of its own.
        build = Path(folder) / "build.in"
        # hatchling asks for `editables` when it installs a work tree, and says so nowhere that uv could read.
        build.write_text("\n".join([*project["build-system"]["requires"], "editables"]), encoding="utf-8")
        running = ROOT / "constraints.txt"
        resolve(uv, [build], running, what="running needs")
        resolve(
            uv,
            [build, "--all-extras", "--group", "dev", "--constraint", running],
            ROOT / "constraints-dev.txt",
            what="running and testing need",
        )
        resolve(uv, ["--group", "pyproject.toml:clients"], ROOT / "constraints-clients.txt", what="clients need", of=())


def install_uv(folder: Path) -> Path:
    """Install uv into an environment of its own and return its path."""
    environment = folder / "uv"
    venv.create(environment, with_pip=True)
    subprocess.run([environment / "bin" / "python", "-m", "pip", "install", "--quiet", "uv"], check=True)
    return environment / "bin" / "uv"


def resolve(
    uv: Path, options: list[Path | str], output: Path, *, what: str, of: tuple[str, ...] = ("pyproject.toml",)
) -> None:
    """Resolve what `of` declares with `options` and write the pins to `output`."""
    output_of = ["--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    fixed = ["--universal", "--python-version", "3.11", *output_of]
    with tempfile.TemporaryDirectory() as folder:
        # uv keeps the pins of the file that it writes.
        written = Path(folder) / output.name
        if "--upgrade" not in sys.argv:
            shutil.copy(output, written)
        subprocess.run([uv, "pip", "compile", *fixed, "--output-file", written, *of, *options], cwd=ROOT, check=True)
        pins = written.read_text(encoding="utf-8")
    if "://" in pins:
        sys.exit("uv wrote an address into the pins; they must hold names, versions and hashes only")
    output.write_text(HEADER.format(what=what) + pins, encoding="utf-8")


if __name__ == "__main__":
    main()
