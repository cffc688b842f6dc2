"""The commands, and what happens to a command that ends badly."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import TracebackType
from typing import Any, Final

import click

from tokometer import __version__
from tokometer.cli.problems import EXIT_INTERRUPTED, EXIT_PIPE, EXIT_UNAVAILABLE, told_in_one_line
from tokometer.cli.shown import say, without_secrets
from tokometer.host.ending import COMMAND_SECONDS, Ending
from tokometer.host.private import keep_private
from tokometer.host.streams import give_up_stdout

#: Where each command is, and its line in `tokometer --help`: a module is imported when its command runs, not before.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "serve": ("tokometer.cli.serve:serve", "Import, follow and show this machine's usage (the default)."),
    "demo": ("tokometer.cli.demo:demo", "The same, on generated and labelled data."),
    "import": ("tokometer.cli.importing:import_", "Import usage once and say what was new."),
    "import-table": ("tokometer.cli.tabling:import_table", "Import a table: SQLite, CSV, Parquet, PostgreSQL, MySQL."),
    "import-git": ("tokometer.cli.git:import_git", "Import commits and merged changes of repositories."),
    "hook-secret": (
        "tokometer.cli.hooks:hook_secret",
        "Set the secret that a webhook of GitHub or GitLab is signed with.",
    ),
    "ship": ("tokometer.cli.shipping:ship", "Send this machine's usage to a server, and follow it."),
    "report": ("tokometer.cli.report:report", "Tokens and cost by day, week, month, session, model or agent."),
    "query": ("tokometer.cli.query:query", "Ask for any measure by any dimension."),
    "export": ("tokometer.cli.exporting:export", "Write records to a CSV or Parquet file, which `import` takes again."),
    "grafana": ("tokometer.cli.grafana:grafana", "Write dashboards for Grafana."),
    "reprice": ("tokometer.cli.repricing:reprice", "What history would cost at today's price book."),
    "proxy": ("tokometer.cli.proxy:proxy", "Pass requests on to a model server, and record what they used."),
    "reconcile": ("tokometer.cli.reconcile:reconcile", "Metered and billed side by side, every gap explained."),
    "statusline": ("tokometer.cli.statusline:statusline", "The command of Claude Code's status line."),
    "verdict": ("tokometer.cli.verdict:verdict", "Whether a call may be made: allow, warn or stop."),
    "hook": ("tokometer.cli.hook:hook", "What Claude Code and Codex run to keep to budgets."),
    "accounts": ("tokometer.cli.accounts:accounts", "Accounts with providers: list, add, test, sync, pause, remove."),
    "secrets": ("tokometer.cli.secrets:secrets", "Change the key that secrets are sealed with."),
    "doctor": ("tokometer.cli.doctor:doctor", "Sources found, price coverage, health of the ledger."),
}

#: Options of the command itself; all others are for `serve`.
_OWN: Final = ("-h", "--help", "--version")
_CLOSE: Final = 0.7


class Commands(click.Group):
    """Commands that are imported when they are asked for. Options without a command belong to `serve`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of their declaration."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the command's module."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args[0] not in COMMANDS:
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            meant = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(COMMANDS)}."
            raise click.UsageError(f"there is no command {args[0]!r}; {meant}", ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line; what starts with an option is for `serve`."""
        if not args or (args[0].startswith("-") and args[0] not in _OWN):
            self._check_own(ctx, args[0] if args else "")
            args = ["serve", *args]
        return super().parse_args(ctx, args)

    def _check_own(self, ctx: click.Context, option: str) -> None:
        """Say which of our own options was meant by one that `serve` has not; it says what it has itself."""
        if option.startswith("--") and option not in {"--data", "--host", "--port", "--no-discover"}:
            from difflib import get_close_matches

            close = get_close_matches(option.partition("=")[0], _OWN, n=1, cutoff=_CLOSE)
            if close:
                raise click.NoSuchOption(option, possibilities=close, ctx=ctx)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run the command. A reader that has gone is told apart here, because click calls every such end 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            ctx.exit(_reader_has_gone())

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="tokometer %(version)s")
def tokometer() -> None:
    """The meter for everything that models do.

    Without a command it serves: it finds the coding agents that were used on this machine, imports what they left,
    follows them live and shows it at http://127.0.0.1:7420.
    """


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; whatever goes wrong is one line on stderr."""
    color = None
    if os.environ.get("NO_COLOR"):
        color = False
    elif os.environ.get("FORCE_COLOR"):
        color = True
    keep_private()
    sys.excepthook = _uncaught
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_Discreetly())
    with Ending(COMMAND_SECONDS) as ending:
        try:
            return _run(arguments, color)
        except (click.Abort, KeyboardInterrupt):
            pass
        except Exception:
            # What a signal interrupts may say so in its own words.
            if ending.asked is None:
                raise
    say("Stopped.", err=True)
    return EXIT_INTERRUPTED if ending.asked is None else 128 + ending.asked


def _run(arguments: Sequence[str], color: bool | None) -> int:
    try:
        with told_in_one_line(machine=False):
            code = tokometer.main(list(arguments), prog_name="tokometer", standalone_mode=False, color=color)
            sys.stdout.flush()
    except click.UsageError as mistake:
        where = mistake.ctx.command_path if mistake.ctx else "tokometer"
        say(without_secrets(f"Error: {mistake.format_message()} ({where} --help)"), err=True)
        return mistake.exit_code
    except click.ClickException as problem:
        say(without_secrets(f"Error: {problem.format_message()}"), err=True)
        return problem.exit_code
    except BrokenPipeError:
        return _reader_has_gone()
    except OSError as error:
        # A full disk where the output goes: what is wrong elsewhere was told as a problem already.
        _reader_has_gone()
        place = str(error.filename) if error.filename else "the output could not be written"
        say(without_secrets(f"Error: {place}: {error.strerror or error}"), err=True)
        return EXIT_UNAVAILABLE
    return code if isinstance(code, int) else 0


class _Discreetly(logging.Formatter):
    """Formats as `records.redaction` does, which is loaded once there is something to say."""

    def format(self, record: logging.LogRecord) -> str:
        """The record without secrets."""
        from tokometer.records.redaction.logs import DiscreetFormatter

        return DiscreetFormatter().format(record)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A mistake of ours is shown in full, but for secrets."""
    from tokometer.records.redaction.logs import say_uncaught

    say_uncaught(kind, error, trace)


def _reader_has_gone() -> int:
    """Nothing is wrong: `tokometer report | head`."""
    give_up_stdout()
    return EXIT_PIPE
