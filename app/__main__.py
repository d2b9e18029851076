"""The command line: `liniya COMMAND`. Wrong settings or a wrong machine end it with one clear line, status 2."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import os
import secrets
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from app import __version__, config, logs
from app.domain.errors import BadInput, LiniyaError

FAILED, WRONG_SETTINGS, INTERRUPTED = 1, 2, 130
NICENESS = {"web": 5, "recogniser": 10}
"""On a busy machine pages wait for the sound of calls, and recognition for both."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        status = options.run(options)
        return int(status or 0)
    except LiniyaError as error:
        print(f"liniya: {error}", file=sys.stderr)
        return WRONG_SETTINGS
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="liniya", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--version", action="version", version=f"Liniya {__version__}")
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="file of LINIYA_... settings (docs/settings.md)"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: object, about: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about)
        sub.set_defaults(run=run)
        return sub

    demo = command("demo", _demo, "a demonstration on this machine (what `make demo` runs)")
    demo.add_argument("--folder", type=Path, help="where its settings and its database lie; empty: var/demo")
    command("serve", _serve, "start line, web and recogniser, and mind them")
    command("line", _line, "the line alone")
    command("web", _web, "the pages alone")
    command("recogniser", _recogniser, "the recogniser alone")
    command("check", _check, "check settings, scripts, model, database and ports, and say what is used")
    command("secret", _secret, "print a fresh secret")
    command("rebuild", _rebuild, "make calls and promises anew from the journal")
    _add_call(command("call", _call, "ring the line as a simulated caller"))
    callee = command("city", _city, "a telephone network that answers every number, for demonstrations")
    callee.add_argument("--port", type=int, default=5090)
    _add_user(command("user", _user, "people who sign in: add, list, set a password, let go"))
    _add_phone(command("phone", _phone, "an operator's SIP phone that registers at the line"))
    _add_announcements(command("announcements", _announcements, "what callers hear: make, list, check"))
    _add_knowledge(command("knowledge", _knowledge, "the knowledge base: import, export"))
    _add_model(command("model", _model, "speech models: list, check, install, use"))
    _add_flows(command("flows", _flows, "scripts: find what is wrong in them, draw them"))
    return parser


def _settings(options: argparse.Namespace, process: str, lowest: int = logging.INFO) -> config.Settings:
    settings = config.load(_settings_file(options))
    logs.set_up(process, as_json=settings.log_json, personal_data=settings.log_personal_data, lowest=lowest)
    return settings


def _settings_file(options: argparse.Namespace) -> Path | None:
    named = options.settings or os.environ.get("LINIYA_SETTINGS")
    if named:
        return Path(named)
    return Path("liniya.env") if Path("liniya.env").is_file() else None


# --- the processes --------------------------------------------------------------------------------------------


def _line(options: argparse.Namespace) -> None:
    from app.main import run_line

    _run_process(options, "line", run_line)


def _web(options: argparse.Namespace) -> None:
    from app.main import run_web

    _run_process(options, "web", run_web)


def _recogniser(options: argparse.Namespace) -> None:
    from app.recogniser_process import run_recogniser

    _run_process(options, "recogniser", run_recogniser)


def _run_process(options: argparse.Namespace, name: str, run: object) -> None:
    from app.supervisor import end_with_the_minder

    settings = _settings(options, name)
    end_with_the_minder()
    asyncio.run(run(settings))  # type: ignore[operator]


def _serve(options: argparse.Namespace) -> int:
    from app.main import check_machine

    settings = _settings(options, "serve")
    for remark in check_machine(settings):
        print(f"liniya: {remark}", file=sys.stderr)
    return _mind(options.settings, settings, lambda: print(f"Liniya is up: {settings.web_address}"), ())


def _mind(file: Path | None, settings: config.Settings, on_up: object, more: Sequence[Sequence[str]]) -> int:
    from app.supervisor import Part, mind

    given = ["--settings", str(file)] if file else []
    own_recogniser = [] if settings.recogniser_url else [["recogniser"]]
    wanted = [["line"], ["web"], *own_recogniser, *more]
    parts = [
        Part(one[0], [*given, *one], NICENESS.get(one[0], 0), reloads=one[0] in ("line", "web")) for one in wanted
    ]
    return asyncio.run(mind(parts, settings.tcp_ports, on_up))  # type: ignore[arg-type]


def _check(options: argparse.Namespace) -> None:
    from app.main import check_machine

    for remark in check_machine(_settings(options, "check")):
        print(remark)


def _secret(_options: argparse.Namespace) -> None:
    print(secrets.token_urlsafe(32))


def _rebuild(options: argparse.Namespace) -> None:
    from app.main import open_database, read_profile
    from app.storage.projection import rebuild

    settings = _settings(options, "rebuild")
    engine = open_database(settings)
    rebuild(engine, read_profile(settings).schedule.zone)
    engine.dispose()
    print("calls and promises are made anew from the journal")


# --- demonstration and simulation -----------------------------------------------------------------------------


def _demo(options: argparse.Namespace) -> int:
    from app import demo
    from app.free_ports import check_port_free
    from app.main import check_machine

    options.settings = options.settings or demo.write_settings(options.folder or demo.FOLDER)
    settings = _settings(options, "demo")
    check_machine(settings)
    city = demo.city_port(settings)
    check_port_free(settings.sip_host, city, "LINIYA_TRUNK", "the demonstration's network", udp=True)
    logins = demo.people(settings)
    return _mind(
        options.settings,
        settings,
        lambda: print(demo.greeting(settings, logins), flush=True),
        (["city", "--port", str(city)],),
    )


def _add_call(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("address", nargs="?", default="", help="sip: address; empty: the line of the settings")
    parser.add_argument("--scenario", default="", help="a bundled scenario or a YAML file")
    parser.add_argument("--from", dest="caller", default="", help="the caller's number; empty: the scenario's")
    parser.add_argument(
        "--with-operator",
        nargs="?",
        const="ivanova",
        default="",
        metavar="LOGIN",
        help="also simulate this operator on a SIP phone (ivanova)",
    )
    parser.add_argument("--keep", type=Path, help="WAV file for what the caller hears")


def _call(options: argparse.Namespace) -> int:
    from app import demo

    named = options.settings or "LINIYA_SETTINGS" in os.environ or Path("liniya.env").is_file()
    if not named and demo.SETTINGS.exists():
        options.settings = demo.SETTINGS
    settings = _settings(options, "call", logging.ERROR)
    return asyncio.run(_ring(options, settings))


async def _ring(options: argparse.Namespace, settings: config.Settings) -> int:
    from app.simulator.phone import CallFailed
    from app.simulator.run import ring

    operator = options.with_operator
    address = options.address or f"sip:line@{settings.sip_host}:{settings.sip_port}"
    kept = options.keep or settings.data_dir / "heard" / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}.wav"
    try:
        await ring(
            options.scenario or ("consultation" if operator else "question"),
            address,
            caller=options.caller,
            operator=operator,
            gateway=(settings.gateway_host, settings.gateway_port, settings.secret()) if operator else None,
            kept=kept,
        )
    except CallFailed as error:
        print(f"liniya: {error}", file=sys.stderr)
        return FAILED
    return 0


def _city(options: argparse.Namespace) -> None:
    from app.simulator.run import answer_everything
    from app.supervisor import end_with_the_minder

    logs.set_up("city", lowest=logging.ERROR)
    end_with_the_minder()
    asyncio.run(answer_everything(options.port))


# --- people and models ----------------------------------------------------------------------------------------


def _add_user(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", required=True, dest="action", metavar="ACTION")
    add = actions.add_parser("add", help="add a person; the password is asked for, or read from stdin")
    add.add_argument("login")
    add.add_argument("--role", choices=["operator", "manager", "administrator"], default="operator")
    for name in ("surname", "name"):
        add.add_argument(f"--{name}", required=True)
    for name in ("patronymic", "position", "unit", "phone"):
        add.add_argument(f"--{name}", default="")
    actions.add_parser("list", help="who there is")
    actions.add_parser("password", help="set a new password").add_argument("login")
    actions.add_parser("remove", help="let a person go; the record keeps the name").add_argument("login")


def _user(options: argparse.Namespace) -> None:
    from app.application.reports import Role, StaffMember
    from app.main import open_database
    from app.storage.staff import Staff

    engine = open_database(_settings(options, "user"))
    staff = Staff(engine)
    match options.action:
        case "add":
            member = StaffMember(
                options.login,
                options.surname,
                options.name,
                options.patronymic,
                options.position,
                options.unit,
                Role(options.role),
                options.phone,
            )
            staff.add_staff(member, _password())
            print(f"{member.full_name} may sign in as {member.login}")
        case "list":
            for member in staff.members():
                gone = "" if member.active else "  (left)"
                print(f"{member.login:<16} {member.role:<14} {member.full_name}, {member.position}{gone}")
        case "password":
            staff.set_password(options.login, _password())
            print("the password is set")
        case "remove":
            staff.deactivate(options.login)
            print(f"{options.login} can no longer sign in")
    engine.dispose()


def _add_phone(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("login")
    parser.add_argument("--forget", action="store_true", help="the phone may not register any more")


def _phone(options: argparse.Namespace) -> None:
    from app.main import open_database
    from app.storage.phone_secrets import PhoneSecrets

    settings = _settings(options, "phone")
    engine = open_database(settings)
    kept = PhoneSecrets(engine)
    if options.forget:
        kept.forget(options.login)
        print(f"the phone of {options.login} can no longer register")
    else:
        password = kept.give(options.login, settings.sip_realm)
        server = f"{settings.sip_advertised_host or settings.sip_host}:{settings.sip_port}"
        print("Type this into the phone; the password is not shown again.")
        print(
            f"server:   {server}\nuser:     {options.login}\npassword: {password}\nrealm:    {settings.sip_realm}"
        )
    engine.dispose()


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Once more: "):
        raise BadInput("the two passwords differ; nothing was changed")
    return first


def _add_flows(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", required=True, dest="action", metavar="ACTION")
    check = actions.add_parser(
        "check", help="find what is wrong, with file and line; status 1 when there is an error"
    )
    check.add_argument("profile", nargs="*", help="folders of call_flows; none: all of them")
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    show = actions.add_parser("show", help="draw a script as SVG")
    show.add_argument("profile", nargs="?", help="a folder of call_flows; none: the one that is set")
    show.add_argument("flow", nargs="?", default="incoming", choices=("incoming", "outgoing", "internal"))
    show.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to; none: print it")


def _flows(options: argparse.Namespace) -> int:
    from app import flows_commands

    settings = _settings(options, "flows", logging.WARNING)
    if options.action == "check":
        return flows_commands.check(settings.call_flows_dir, options.profile, as_json=options.json)
    flows_commands.show(settings.call_flows_dir, options.profile or settings.profile, options.flow, options.output)
    return 0


def _add_knowledge(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", required=True, dest="action", metavar="ACTION")
    bring = actions.add_parser("import", help="take a folder of DOCX, PDF and Markdown files in")
    bring.add_argument("folder", type=Path)
    bring.add_argument("--unit", default="", help="whose the articles are; the first unit when left out")
    bring.add_argument("--kind", default="other", help="what documents are that do not answer questions")
    bring.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    actions.add_parser("export", help="write every article as Markdown").add_argument("folder", type=Path)


def _knowledge(options: argparse.Namespace) -> int:
    from app import knowledge_commands
    from app.domain.articles import ArticleKind
    from app.main import open_database, read_profile
    from app.storage.article_book import SqlArticleBook

    settings = _settings(options, "knowledge", logging.WARNING)
    profile, book = read_profile(settings), SqlArticleBook(open_database(settings))
    if options.action == "export":
        knowledge_commands.give_out(profile, book, options.folder)
        return 0
    if options.kind not in set(ArticleKind):
        raise BadInput(f"--kind {options.kind}: one of {', '.join(ArticleKind)}")
    kind = ArticleKind(options.kind)
    failed = knowledge_commands.bring_in(profile, book, options.folder, options.unit, kind, dry_run=options.dry_run)
    return FAILED if failed else 0


def _add_announcements(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", required=True, dest="action", metavar="ACTION")
    actions.add_parser("make", help="make the files that are missing or out of date")
    actions.add_parser("list", help="the files, and what they are made from")
    actions.add_parser("check", help="whether every announcement has a sound that is up to date and even")


def _announcements(options: argparse.Namespace) -> int:
    from app import announcement_commands
    from app.main import read_profile

    settings = _settings(options, "announcements", logging.WARNING)
    profile = read_profile(settings)
    match options.action:
        case "make":
            return FAILED if announcement_commands.make(settings, profile) else 0
        case "check":
            return FAILED if announcement_commands.check(settings, profile) else 0
    announcement_commands.show_list(settings, profile)
    return 0


def _add_model(parser: argparse.ArgumentParser) -> None:
    from app.config import PROJECT

    parser.set_defaults(models=PROJECT / "models")
    actions = parser.add_subparsers(title="actions", required=True, dest="action", metavar="ACTION")
    actions.add_parser("list", help="models that are here, and models that can be installed")
    actions.add_parser("check", help="check a model's files").add_argument("path", type=Path, nargs="?")
    use = actions.add_parser("use", help="let this model be the one that runs: checks it, tries it, sets it")
    use.add_argument("name", help="of an installed model, or the path of one")
    install = actions.add_parser("install", help="install from a name, an archive or an address; resumable")
    install.add_argument("source")
    install.add_argument("--sha256", default="")


def _model(options: argparse.Namespace) -> None:
    from app import model_commands

    match options.action:
        case "list":
            model_commands.show_list(options.models, _settings(options, "model").model)
        case "use":
            file = _settings_file(options) or Path("liniya.env")
            elsewhere = _settings(options, "model").recogniser_url
            model_commands.use(options.name, options.models, file, os.environ.get("LINIYA_MODEL", ""), elsewhere)
        case "check":
            model_commands.check(options.path or _settings(options, "model").model)
        case "install":
            model_commands.install_from(options.source, options.models, options.sha256)


if __name__ == "__main__":
    sys.exit(main())
