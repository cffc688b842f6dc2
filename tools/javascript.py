"""Fetch what checks the pages: TypeScript's compiler for their scripts, axe for their accessibility.

    python tools/javascript.py             fetch all that is missing
    python tools/javascript.py axe-core    … this one, and say where it is

Node and npm come out of a Python wheel; npm fetches each package as one archive, from whichever registry it is set up
for. The archive has to have the digest that stands here; it is unpacked and nothing of it is run. Nothing is vendored.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Beside the Python packages: ignored by git, gone with `make clean`.
FOLDER: Final = Path(sys.prefix) / "javascript"


@dataclass(frozen=True)
class Package:
    """A package, by version and by the SHA-512 of its archive, in Base64."""

    name: str
    version: str
    sha512: str


#: What each of these is for, why it was chosen and what it costs: docs/dependencies.md
PACKAGES: Final = {
    package.name: package
    for package in (
        Package(
            "axe-core",
            "4.14.1",
            "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        ),
        Package(
            "typescript",
            "6.0.3",
            "y2TvuxSZPDyQakkFRPZHKFm+KKVqIisdg9/CZwm9ftvKXLP8NRWj38/ODjNbr43SsoXqNuAisEf1GdCxqWcdBw==",
        ),
    )
}


def fetch(package: Package) -> Path:
    """The folder of a package, which is fetched if it is not there.

    Raises:
        SystemExit: It could not be fetched, or is not what it was when its digest was taken.
    """
    folder = FOLDER / f"{package.name}-{package.version}"
    if folder.is_dir():
        return folder
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        archive = download(package, Path(scratch))
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != package.sha512:
            sys.exit(f"{package.name} {package.version} is not what it was: SHA-512 {found}, expected {package.sha512}")
        with tarfile.open(archive) as opened:
            opened.extractall(scratch, filter="data")
        try:
            (Path(scratch) / "package").rename(folder)
        except OSError:
            # Another process was first.
            if not folder.is_dir():
                raise
    return folder


def download(package: Package, into: Path) -> Path:
    """The package's archive, as npm brings it."""
    beside = Path(sys.executable).parent
    npm = shutil.which("npm", path=str(beside)) or sys.exit(f"No npm in {beside}: `make test` installs it")
    done = subprocess.run(
        [npm, "pack", f"{package.name}@{package.version}", "--ignore-scripts", "--pack-destination", into],
        cwd=into,
        env=os.environ | {"PATH": f"{beside}{os.pathsep}{os.environ.get('PATH', '')}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(
            f"{package.name} {package.version} could not be fetched. Is the npm registry reachable?\n{done.stderr}"
        )
    [archive] = into.glob("*.tgz")
    return archive


def main() -> None:
    """Fetch what is asked for, or all; print where it is."""
    for name in sys.argv[1:] or PACKAGES:
        print(fetch(PACKAGES[name]))


if __name__ == "__main__":
    main()
