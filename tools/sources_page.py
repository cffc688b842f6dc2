"""The reference of sources, from what each declares."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_FAMILIES: Final = {
    "agents": "Coding agents and command lines",
    "telemetry": "Telemetry",
    "gateways": "Gateways and platforms",
    "chat": "Chat and knowledge apps",
    "models": "Local models",
    "servers": "Inference servers and GPUs",
    "own": "Our own",
}
_HEAD: Final = """# Sources

Every tool that Tokometer reads, and by which ways. Nothing has to be set up for what is *found*: it is looked for below
the home folder and where the tool's own environment variables say, imported, and followed. What is *taken* is sent here
by the tool; what is *asked* is a [target](../how-to/targets.md). A source of your own:
[how to write one](../how-to/write-a-source.md).
"""


def sources_page() -> str:
    """Every source of ours, by family, and every page that says how to set one up."""
    from tokometer.sources.registry import SOURCES

    folder = Path(__file__).resolve().parent.parent / "docs" / "how-to" / "sources"
    pages = {
        path.name: path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ") for path in folder.glob("*.md")
    }
    parts, own = [_HEAD], set()
    for family, title in _FAMILIES.items():
        rows = []
        for name, source in SOURCES.items():
            if source.family != family:
                continue
            page = f"{name.replace('_', '-')}.md"
            own.add(page)
            link = f"[{source.title}](../how-to/sources/{page})" if page in pages else source.title
            ways = ["found"] if source.found else []
            ways += [f"taken at `{push.path}`" for push in source.pushed]
            ways += [f"asked every {source.polled.every:g} s"] if source.polled else []
            rows.append(f"| {link} | `{name}` | {', '.join(ways) or 'taken'} | {source.about} |\n")
        if rows:
            parts.append(f"## {title}\n\n| source | name | ways | what it gives |\n|---|---|---|---|\n{''.join(rows)}")
    more = [f"* [{title}](../how-to/sources/{page})\n" for page, title in sorted(pages.items()) if page not in own]
    if more:
        parts.append(f"## More set-up pages\n\n{''.join(more)}")
    return "\n".join(parts)
