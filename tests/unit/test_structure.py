"""The project keeps to its own rules."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import ast

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400
MOST_CLIENT_LINES = 2_500
MOST_CLIENT_MODULE = 300
#: Spelt in parts, so that this file does not name what no file may name.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
    )
]
GENERIC_NAMES = {"utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py"}


def ours() -> list[Path]:
    """Every file of the project: what git knows, or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_import_contracts() -> None:
    """No package imports one that comes after it on the way of the data."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_modules_are_short() -> None:
    """No module is longer than a reader's patience."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "src").rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long


def test_modules_are_named_for_what_they_hold() -> None:
    """No module is a drawer for everything."""
    assert not [path for path in ours() if path.name in GENERIC_NAMES]


def test_client_code_stays_small() -> None:
    """What any page loads of JavaScript as it opens keeps to its budget, and so does each module."""
    static = ROOT / "src" / "tokometer" / "server" / "static"
    texts = {path.name: path.read_text(encoding="utf-8") for path in static.glob("*.js")}
    lines = {name: len(text.splitlines()) for name, text in texts.items()}
    assert not [name for name, many in lines.items() if many >= MOST_CLIENT_MODULE]
    templates = {path.name: path.read_text(encoding="utf-8") for path in static.with_name("templates").glob("*.html")}
    begun = {name: set(re.findall(r"asset\('([\w-]+\.js)'\)", text)) for name, text in templates.items()}
    later: set[str] = set()
    used: set[str] = set()
    for name, text in templates.items():
        loaded, waiting = set(), begun[name] | (begun["page.html"] if '"page.html"' in text else set())
        while waiting:
            loaded.add(one := waiting.pop())
            waiting |= set(re.findall(r"""(?:from|import) ["']\./([\w-]+\.js)["']""", texts[one])) - loaded
            # What is loaded when somebody asks for it, such as the command palette.
            later |= set(re.findall(r"""import\(["']\./([\w-]+\.js)["']\)""", texts[one]))
        assert sum(lines[one] for one in loaded) <= MOST_CLIENT_LINES, name
        used |= loaded
    while later - used:
        used.add(one := (later - used).pop())
        later |= set(re.findall(r"""["']\./([\w-]+\.js)["']""", texts[one]))
    assert used == set(texts)


def test_no_file_names_a_package_registry() -> None:
    """Packages come from wherever the installer is set to look; no file says where that is."""
    named = []
    for path in ours():
        content = path.read_bytes()
        named += [f"{path.relative_to(ROOT)}: {host}" for host in REGISTRY_HOSTS if host.encode() in content]
    assert not named


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-dev.txt", "constraints-clients.txt"])
def test_pins_have_hashes_and_no_addresses(name: str) -> None:
    """Every pin is an exact version with hashes, and nothing else."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)
    entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    assert len(entries) > 20
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==[^\s\\]+( ; [^\\]+)? \\\n", entry), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


def test_testing_pins_what_running_pins() -> None:
    """What is tested is what is run: both files pin the same versions."""

    def pins(name: str) -> set[str]:
        return set(re.findall(r"^\S+==.*?(?= \\$)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))

    assert pins("constraints.txt") <= pins("constraints-dev.txt")


def test_every_dependency_is_pinned() -> None:
    """Every declared package stands in the pins."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    running = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    testing = (ROOT / "constraints-dev.txt").read_text(encoding="utf-8")
    for requirement in project["project"]["dependencies"]:
        assert f"\n{_name(requirement)}==" in running
    for requirement in project["dependency-groups"]["dev"]:
        assert f"\n{_name(requirement)}==" in testing


def test_packages_say_what_lives_there() -> None:
    """Every package of the way of the data says in its docstring what lives there."""
    import ast

    for path in (ROOT / "src" / "tokometer").glob("*/__init__.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


#: Who opens files in a way of its own, and why it may.
OPENED_OTHERWISE = {
    "host/regular.py": "this is where files are opened",
    "server/assets.py": "files of the package itself",
    "charts/theme.py": "files of the package itself",
    "reports/pdf.py": "files of the package itself",
    "charts/shop.py": "files of the package itself, and of an installed one",
    "conformance/mutations.py": "files that an example has just written",
    "conformance/files.py": "files that an example has just written",
    "host/streams.py": "the standard streams, and nowhere",
}


def test_files_are_opened_in_one_way() -> None:
    """Whatever is opened is a regular file, and bounded where it is read whole: see host/regular.py."""
    import ast

    source = ROOT / "src" / "tokometer"
    found: dict[str, list[int]] = {}
    for path in source.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        # Most say none of these words, and parsing all takes seconds.
        if not re.search(r"open\(|read_|fromfile|loadtxt|memmap|FileIO", text):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and _opens(node.func):
                found.setdefault(str(path.relative_to(source)), []).append(node.lineno)
    assert not {name: lines for name, lines in found.items() if name not in OPENED_OTHERWISE}
    assert not [name for name in OPENED_OTHERWISE if name not in found], "no longer needed"


def _opens(called: ast.expr) -> bool:
    """Whether this is `open`, `os.open`, `path.open`, `path.read_text`, `path.read_bytes` or one of their kind."""
    import ast

    if isinstance(called, ast.Name):
        return called.id in ("open", "fdopen", "FileIO")
    if not isinstance(called, ast.Attribute):
        return False
    if called.attr == "open":
        # A price book is opened, too.
        return not re.search("price", ast.unparse(called.value), re.IGNORECASE)
    return called.attr in ("read_text", "read_bytes", "FileIO", "memmap", "loadtxt", "fromfile")


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower()
