"""Composition: the only place that knows every part. Each `run_...` builds one process, runs it, and closes what
it opened, in the reverse order."""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import ssl
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine

from app import __version__
from app.application.audio_tokens import AudioTokens
from app.application.exchange import Exchange
from app.application.panel_commands import PanelCommands
from app.application.recorder import Recorder
from app.application.roster import Roster
from app.config import PROJECT, Settings
from app.dictionary import normal_form
from app.domain.announcements import announcements_of
from app.domain.errors import BadInput
from app.domain.profile import Profile
from app.domain.working_time import is_open, next_opening
from app.free_ports import check_port_free
from app.gateway.client import GatewayClient
from app.gateway.server import GatewayServer
from app.knowledge.rendering import html_of
from app.knowledge.seeking import BackgroundSeeker
from app.knowledge.shelf import Shelf
from app.loop_clock import LoopClock
from app.reloading import Reloading
from app.sounds import announcements_in_words, book_of, files_of
from app.speech.announcer import FileAnnouncer
from app.speech.model_files import check_telephone_model, version_of
from app.speech.recogniser_client import VoskRecognizer
from app.storage.article_book import SqlArticleBook
from app.storage.calls_read import CallsRead
from app.storage.directory import SqlStaffDirectory
from app.storage.engine import open_engine
from app.storage.flow_versions import keep_version
from app.storage.flows import load_profile
from app.storage.journal import SpooledJournal
from app.storage.knowledge_care import SqlKnowledgeCare
from app.storage.recordings import CallRecordings, file_of
from app.storage.staff import Staff
from app.storage.upgrade import upgrade
from app.telephony.account import Account, Network
from app.telephony.accounts import tls_servers
from app.telephony.admission import WhoMayCall, networks_of
from app.telephony.browser_phone import BrowserPhones
from app.telephony.digest_server import Hashes
from app.telephony.limits import Limits
from app.telephony.line import SipLine
from app.telephony.media import Media
from app.telephony.media_policy import CODECS, MediaPolicy
from app.telephony.tls import TlsListener, listening
from app.trunks import in_words, of_settings, read_trunks
from app.web.app import create_app, use_profile
from app.web.panel import router as panel_router
from app.web.site import PageConfig

log = structlog.get_logger()

USER_AGENT = f"Liniya/{__version__}"
FLUSH_S = 5.0
SWITCH_INTERVAL_S = 0.0005
MOST_FILES = 65536
APOLOGY_S = 5.0
"""How long the apology to callers may take when the line is stopped."""


# --- what several processes need ------------------------------------------------------------------------------


def open_database(settings: Settings) -> Engine:
    """The database with its tables at their newest form. Unavailable when it cannot be opened."""
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    upgrade(engine)
    return engine


def read_profile(settings: Settings) -> Profile:
    """The organisation's profile with the production calendar around this year."""
    if not settings.profile_dir.is_dir():
        known = sorted(p.parent.name for p in settings.call_flows_dir.glob("*/profile.yaml"))
        raise BadInput(
            f"LINIYA_PROFILE={settings.profile}: no such folder in {settings.call_flows_dir}; "
            f"there are: {', '.join(known) or 'none'}"
        )
    year = LoopClock(settings.clock_shift_s).now().year
    return load_profile(settings.profile_dir, always_open=settings.always_open, years=range(year - 1, year + 3))


def tls(settings: Settings) -> ssl.SSLContext | None:
    """The server's TLS context, None without a certificate. BadInput when the files cannot be used."""
    if settings.tls_certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(
            f"LINIYA_TLS_CERTIFICATE, LINIYA_TLS_KEY: cannot be used ({error}); give PEM files"
        ) from None
    return context


async def until_told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


# --- line -----------------------------------------------------------------------------------------------------


async def run_line(settings: Settings) -> None:
    """The line process: SIP, media, the conduct of calls, the journal, the gateway."""
    # The journal's thread shares the interpreter with the media: it must not keep a tick waiting.
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    _allow_sockets()
    async with AsyncExitStack() as stack:
        await _open_line(settings, stack)
        # What the start has made stays: no search for garbage need walk it while calls are on.
        gc.collect()
        gc.freeze()
        await until_told_to_stop()
        log.info("line_stopping")


def _allow_sockets() -> None:
    """Every leg takes two; 1024 files, which many systems begin with, are enough for 500 legs only."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(MOST_FILES, most)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


async def _open_line(settings: Settings, stack: AsyncExitStack) -> None:
    profile = read_profile(settings)
    clock = LoopClock(settings.clock_shift_s)
    engine = open_database(settings)
    stack.callback(engine.dispose)
    keep_version(engine, profile, clock.now())
    journal = SpooledJournal(engine, settings.data_dir / "spool", profile.schedule.zone)
    stack.callback(journal.close, FLUSH_S)
    staff = SqlStaffDirectory(engine)
    stack.callback(staff.close)
    open_calls = journal.load_open_calls()
    recorder = Recorder(journal, clock, journal.load_promises())
    roster = Roster(staff, recorder, clock)
    for member in Staff(engine).members():
        stream = f"operator:{member.login}"
        recorder.known(stream, journal.last_seq(stream))

    tokens = AudioTokens(clock)
    phone = _phone(settings, tokens, _who_may_call(settings, staff))
    recognizer = VoskRecognizer(settings.recogniser_address, limit_s=settings.recognition_limit_s)
    stack.push_async_callback(recognizer.aclose)
    announcer = FileAnnouncer(files_of(settings))
    stack.push_async_callback(announcer.aclose)
    announcer.music()
    gateway = GatewayServer(host=settings.gateway_host, port=settings.gateway_port, secret=settings.secret())
    exchange = Exchange(
        profile=profile,
        phone=phone,
        recognizer=recognizer,
        announcer=announcer,
        recorder=recorder,
        roster=roster,
        feed=gateway,
        clock=clock,
        new_id=lambda: uuid.uuid4().hex[:16],
        recordings=_recordings(settings, stack),
        speech_model=speech_model_of(settings),
    )
    for call_id, its_log in open_calls:
        exchange.interrupt(call_id, its_log)
    knowledge = Shelf(SqlArticleBook(engine), normal_form, profile)
    stack.callback(knowledge.close)
    seeker = BackgroundSeeker(knowledge)
    stack.callback(seeker.close)
    commands = PanelCommands(exchange, tokens, gateway, knowledge, seeker)
    phone.report_to(exchange)
    await gateway.open(commands)
    stack.push_async_callback(gateway.close)
    await phone.start()
    stack.push_async_callback(phone.stop)
    stack.callback(exchange.stop)
    stack.push_async_callback(_part_with_callers, exchange)
    announcer.prepare(announcements_of(profile))

    def read() -> Profile:
        newer = read_profile(settings)
        keep_version(engine, newer, clock.now())
        return newer

    def take(newer: Profile) -> None:
        exchange.use_profile(newer)
        announcer.prepare(announcements_of(newer))
        knowledge.use_profile(newer)

    stack.push_async_callback(Reloading(read, take).aclose)


def speech_model_of(settings: Settings) -> str:
    """What hears this line: the model and its version, or the host of a foreign recogniser, which tells no more."""
    if settings.recogniser_url:
        return urlsplit(settings.recogniser_url).hostname or "foreign"
    return version_of(settings.model)


def _recordings(settings: Settings, stack: AsyncExitStack) -> CallRecordings | None:
    if not settings.record_calls:
        return None
    recordings = CallRecordings(settings.call_recordings)
    stack.callback(recordings.close)
    return recordings


async def _part_with_callers(exchange: Exchange) -> None:
    if exchange.warn_callers():
        await asyncio.sleep(APOLOGY_S)


def _who_may_call(settings: Settings, staff: SqlStaffDirectory) -> WhoMayCall:
    def hashes_of(login: str) -> Hashes | None:
        kept = staff.phone_hashes(login, settings.sip_realm)
        return Hashes(*kept) if kept is not None else None

    return WhoMayCall(
        office=_office(settings),
        anonymous=settings.anonymous_calls,
        realm=settings.sip_realm,
        algorithms=tuple(settings.sip_digest.split(",")),
        calls_per_source=settings.sip_calls_per_source,
        hashes_of=hashes_of,
    )


def _office(settings: Settings) -> tuple[Network, ...]:
    return networks_of(settings.sip_accept_from, "LINIYA_SIP_ACCEPT_FROM")


def _phone(settings: Settings, tokens: AudioTokens, who_may_call: WhoMayCall) -> SipLine:
    browsers = BrowserPhones(
        settings.audio_host,
        settings.audio_port,
        tokens.login_of,
        allowed_origins=[settings.web_origin] if settings.web_origin else None,
        ssl_context=tls(settings),
    )
    return SipLine(
        host=settings.sip_host,
        port=settings.sip_port,
        advertised_host=settings.sip_advertised_host or settings.sip_host,
        user_agent=USER_AGENT,
        media=Media(settings.sip_host, settings.rtp_range, browsers),
        accounts=_accounts(settings),
        tls=_sip_tls(settings),
        dns_server=settings.dns_server,
        policy=_media_policy(settings),
        who_may_call=who_may_call,
        limits=Limits(settings.most_calls, settings.sip_session_s),
    )


def _media_policy(settings: Settings) -> MediaPolicy:
    wanted = settings.codecs.split(",")
    codecs = tuple(codec for name in dict.fromkeys(wanted) for codec in CODECS if codec == name)
    return MediaPolicy(codecs, settings.srtp, settings.srtp_keys_in_clear)


def _accounts(settings: Settings) -> list[Account]:
    password = settings.sip_password.get_secret_value() if settings.sip_password else ""
    short = of_settings(
        trunk=settings.trunk,
        registrar=settings.registrar,
        user=settings.sip_user,
        password=password,
        transport=settings.sip_transport,
    )
    if settings.trunks_file is None:
        return short
    if short:
        raise BadInput(
            "LINIYA_TRUNKS_FILE: stands beside LINIYA_TRUNK or LINIYA_REGISTRAR; move those into the file"
        )
    return read_trunks(settings.trunks_file)


def _sip_tls(settings: Settings) -> TlsListener | None:
    if settings.sip_tls_certificate is None:
        return None
    key = str(settings.sip_tls_key) if settings.sip_tls_key else ""
    return listening(str(settings.sip_tls_certificate), key, settings.sip_tls_port)


# --- web ------------------------------------------------------------------------------------------------------


async def run_web(settings: Settings) -> None:
    """The web process: pages, panels, statistics."""
    engine = open_database(settings)
    try:
        config = uvicorn.Config(
            web_app(settings, engine),
            host=settings.web_host,
            port=settings.web_port,
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=3,
        )
        tls(settings)
        await uvicorn.Server(config).serve()
    finally:
        engine.dispose()


def web_app(settings: Settings, engine: Engine) -> FastAPI:
    """The pages over this database and the line's gateway."""
    profile = read_profile(settings)
    articles = SqlArticleBook(engine)
    knowledge = Shelf(articles, normal_form, profile)
    gateway = GatewayClient(host=settings.gateway_host, port=settings.gateway_port, secret=settings.secret())

    book = book_of(settings, profile)

    def take(newer: Profile) -> None:
        use_profile(app, newer)
        book.use(announcements_of(newer))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await gateway.open()
        reloading = Reloading(partial(read_profile, settings), take)
        try:
            yield
        finally:
            await reloading.aclose()
            await gateway.close()
            knowledge.close()

    app = create_app(
        staff=Staff(engine),
        reads=CallsRead(engine),
        gateway=gateway,
        profile=profile,
        page_config=PageConfig(
            body=profile.body,
            zone=profile.schedule.zone,
            audio_url=settings.audio_address,
            secure_cookies=settings.web_address.startswith("https:"),
            version=__version__,
            language=settings.language,
        ),
        static_dir=PROJECT / "static",
        recording_file=partial(file_of, settings.call_recordings),
        announcements=book,
        knowledge=knowledge,
        articles=articles,
        html_of=html_of,
        care=SqlKnowledgeCare(engine),
        normal_form=normal_form,
        lifespan=lifespan,
        routers=[panel_router],
    )
    return app


# --- before anything is started -------------------------------------------------------------------------------


def check_machine(settings: Settings) -> list[str]:
    """Check what the processes will need, and say what is used, a line each. Raises at the first fault."""
    settings.secret()
    first, last = settings.rtp_range
    tls(settings)
    profile = read_profile(settings)
    model = None if settings.recogniser_url else check_telephone_model(settings.model)
    open_database(settings).dispose()
    _check_ports(settings)
    accounts = _accounts(settings)
    tls_servers(accounts)
    _sip_tls(settings)
    advertised = settings.sip_advertised_host or settings.sip_host
    return [
        f"organisation: {profile.body} ({profile.id}, scripts {profile.version}), {_hours_now(profile, settings)}",
        f"SIP: received on {settings.sip_host}:{settings.sip_port}, told to others as {advertised}; "
        f"sound on UDP {first}-{last}",
        f"who may call: trunks, {_office_in_words(settings)}; "
        f"{'and anybody else' if settings.anonymous_calls else 'others must prove who they are'}",
        f"pages: {settings.web_address}; operators' sound: {settings.audio_address}",
        f"recognition: {model.path.name if model else settings.recogniser_url}",
        announcements_in_words(settings, profile),
        f"recording of conversations: {settings.call_recordings if settings.record_calls else 'off'}",
        *_trunks_in_words(accounts),
    ]


def _office_in_words(settings: Settings) -> str:
    return ", ".join(str(network) for network in _office(settings)) or "no network of the office"


def _trunks_in_words(accounts: list[Account]) -> list[str]:
    lines = [in_words(account) for account in accounts]
    return lines if any(one.calls_out for one in accounts) else [*lines, "no trunk: promises cannot be dialled"]


def _hours_now(profile: Profile, settings: Settings) -> str:
    now = LoopClock(settings.clock_shift_s).now()
    if is_open(profile.schedule, now):
        return "now open"
    return f"now closed until {next_opening(profile.schedule, now):%d.%m.%Y %H:%M}"


def _check_ports(settings: Settings) -> None:
    s = settings
    check_port_free(s.sip_host, s.sip_port, "LINIYA_SIP_PORT", "SIP", udp=True)
    check_port_free(s.sip_host, s.sip_port, "LINIYA_SIP_PORT", "SIP")
    if s.sip_tls_certificate:
        check_port_free(s.sip_host, s.sip_tls_port, "LINIYA_SIP_TLS_PORT", "SIP over TLS")
    check_port_free(s.gateway_host, s.gateway_port, "LINIYA_GATEWAY_PORT", "the gateway")
    check_port_free(s.audio_host, s.audio_port, "LINIYA_AUDIO_PORT", "the operators' sound")
    check_port_free(s.web_host, s.web_port, "LINIYA_WEB_PORT", "the pages")
    if not s.recogniser_url:
        check_port_free(s.recogniser_host, s.recogniser_port, "LINIYA_RECOGNISER_PORT", "the recogniser")
