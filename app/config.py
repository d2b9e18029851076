"""The settings: read from the environment (`LINIYA_...`) and from a file of the same names.

Read only by `app.main` and the command line; everybody else is handed plain values. Every setting is described in
docs/settings.md, and a test says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.domain.errors import BadInput

PROJECT = Path(__file__).resolve().parent.parent
PORT = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """One attribute a setting. Secrets have no default: a part that needs one says so when it starts."""

    model_config = SettingsConfigDict(env_prefix="LINIYA_", extra="ignore", frozen=True)

    # --- where things lie ---
    data_dir: Path = Field(PROJECT / "var", description="Folder of the database, the spool and the logs")
    database_url: str = Field(
        "", description="`sqlite:///path` or `postgresql://user@host/name`; empty: SQLite in the data folder"
    )
    call_flows_dir: Path = Field(PROJECT / "call_flows", description="Folder of the organisations' scripts")
    profile: str = Field("housing", pattern=r"^[a-z][a-z0-9_-]*$", description="Which organisation this is")
    recordings_dir: Path | None = Field(
        None, description="Recorded announcements (`welcome.wav` ...); empty: `announcements/` of the profile"
    )
    always_open: bool = Field(False, description="Answer at any hour: for demonstrations")

    clock_shift_s: int = Field(
        0, description="Seconds added to the clock of the line: for tests and rehearsals of holidays"
    )

    # --- the line ---
    sip_host: str = Field("127.0.0.1", description="Address on which SIP and RTP are received")
    sip_port: PORT = Field(5060, description="SIP port, UDP and TCP")
    sip_tls_port: PORT = Field(5061, description="SIP port over TLS; not opened without a certificate")
    sip_tls_certificate: Path | None = Field(None, description="Certificate (PEM) of the line for SIP over TLS")
    sip_tls_key: Path | None = Field(None, description="Its key (PEM); empty: in the same file")
    sip_advertised_host: str = Field(
        "", description="Address told to others when it differs from the one received on (NAT); an IP address"
    )
    rtp_ports: str = Field(
        "10000-10999", pattern=r"^\d+-\d+$", description="Range of UDP ports for the sound of calls: two a leg"
    )
    trunks_file: Path | None = Field(
        None, description="File of the trunks and PBX accounts (docs/trunks.md); empty: the five settings below"
    )
    dns_server: str = Field(
        "", description="Resolver (`address:port`) of the trunks' names; empty: those of the machine"
    )
    trunk: str = Field("", description="`host:port` of the trunk or PBX for calls out; empty: no calls out")
    registrar: str = Field("", description="`host:port` of the PBX or trunk to register at; empty: do not register")
    sip_user: str = Field("", description="User name at the PBX or trunk")
    sip_password: SecretStr | None = Field(None, description="Password at the PBX or trunk; no default")
    sip_transport: Literal["UDP", "TCP", "TLS"] = Field("UDP", description="Transport to the PBX or trunk")

    record_calls: bool = Field(
        False, description="Record conversations, both sides; the announcement `welcome` must tell callers so"
    )
    call_recordings_dir: Path | None = Field(
        None, description="Folder of recorded conversations; empty: `recordings` in the data folder"
    )

    codecs: str = Field(
        "PCMA,PCMU,G722",
        pattern=r"^(PCMA|PCMU|G722)(,(PCMA|PCMU|G722))*$",
        description="Codecs of the line, in the order in which it offers them",
    )
    srtp: Literal["off", "optional", "required"] = Field(
        "off", description="Sound under SRTP: `optional` where the other side offers it, `required` in every call"
    )
    srtp_keys_in_clear: bool = Field(
        False, description="Require SRTP without TLS, too: where the network itself protects the signalling"
    )

    # --- who may call ---
    sip_accept_from: str = Field(
        "127.0.0.0/8,::1",
        description="Networks of the office whose calls are let in without a password, as `10.0.0.0/8,192.0.2.7`; "
        "trunks and this machine are let in anyway",
    )
    anonymous_calls: bool = Field(
        False, description="Take calls from any address: only for a line that strangers call over the internet"
    )
    sip_calls_per_source: int = Field(
        4, ge=1, description="Calls at once from one address that is neither a trunk's nor the office's"
    )
    most_calls: int = Field(
        1000,
        ge=1,
        description="Calls at once, both ways; whoever calls then is told to try again (503)",
    )
    sip_session_s: int = Field(
        1800,
        ge=90,
        le=86400,
        description="Seconds after which a call that nobody refreshed is over (RFC 4028)",
    )
    sip_digest: Literal["MD5", "SHA-256,MD5", "SHA-256"] = Field(
        "MD5",
        description="How operators' phones prove themselves; many know MD5 only, and some give up where SHA-256 "
        "is offered beside it",
    )
    sip_realm: str = Field(
        "liniya",
        pattern=r"^[A-Za-z0-9._-]{1,100}$",
        description="Realm of the operators' phones; after a change each needs `liniya phone` anew",
    )

    # --- between the processes ---
    gateway_host: str = Field("127.0.0.1", description="Address on which `line` serves `web`")
    gateway_port: PORT = Field(8090, description="Port on which `line` serves `web`")
    gateway_secret: SecretStr | None = Field(
        None, description="Shared secret of `line` and `web`, at least 16 characters; no default"
    )

    # --- operators' sound in the browser ---
    audio_host: str = Field("127.0.0.1", description="Address on which `line` takes the operators' sound")
    audio_port: PORT = Field(8091, description="Port on which `line` takes the operators' sound")
    audio_url: str = Field(
        "", description="`ws://` or `wss://` address of that port as browsers see it; empty: the address above"
    )

    # --- pages ---
    web_host: str = Field("127.0.0.1", description="Address of the pages")
    web_port: PORT = Field(8000, description="Port of the pages")
    web_origin: str = Field(
        "", description="Address of the pages as browsers see it, when a proxy stands before them"
    )
    language: str = Field("ru", pattern="^[a-z]{2}$", description="Language of the pages: a folder of `locale`")
    tls_certificate: Path | None = Field(None, description="Certificate (PEM) for HTTPS and WSS")
    tls_key: Path | None = Field(None, description="Its key (PEM)")

    # --- recognition and voice ---
    model: Path = Field(
        PROJECT / "models" / "liniya-demo-ru", description="Folder of the speech model in Vosk's format"
    )
    vocabulary: Path | None = Field(
        None, description="Text file with words of the organisation that the model shall hear, one a line"
    )
    recogniser_host: str = Field("127.0.0.1", description="Address of the recogniser")
    recogniser_port: PORT = Field(2700, description="Port of the recogniser")
    recogniser_url: str = Field(
        "", description="Address of another vosk-server (`ws://host:port`) in place of our recogniser"
    )
    recogniser_workers: int = Field(0, ge=0, description="Worker processes; 0: one a core")
    recogniser_streams: int = Field(
        0,
        ge=0,
        description="Streams recognised at once (a call has two), others are refused; 0: as measured at start",
    )
    recogniser_growth_mb: int = Field(
        1024, ge=64, description="Megabytes by which a worker may grow over its loaded size before it is replaced"
    )
    recognition_limit_s: float = Field(
        4.0,
        ge=2.5,
        le=20,
        description="Seconds by which words may lag before the line does without some recognition: operators' "
        "channels first, then partial results",
    )
    voice: str = Field("ru", description="espeak-ng voice of the announcements: `ru`, `ru+f2`, `ru+m3` ...")
    voice_rate: int = Field(140, ge=80, le=450, description="How fast that voice speaks, words a minute")
    voice_pitch: int = Field(50, ge=0, le=100, description="How high that voice is")
    voice_command: str = Field(
        "",
        description="Another synthesiser: a command that reads the text from its input or from `{text_file}` and "
        "writes a sound to its output or to `{wav_file}`; where it fails, espeak-ng speaks",
    )

    # --- logs ---
    log_json: bool = Field(False, description="Write logs as JSON lines")
    log_personal_data: bool = Field(
        False, description="Write numbers, names and words into the logs: only while a fault is sought"
    )

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'liniya.db'}"

    @property
    def audio_address(self) -> str:
        scheme = "wss" if self.tls_certificate else "ws"
        return self.audio_url or f"{scheme}://{self.audio_host}:{self.audio_port}/audio"

    @property
    def web_address(self) -> str:
        scheme = "https" if self.tls_certificate else "http"
        return self.web_origin or f"{scheme}://{self.web_host}:{self.web_port}"

    @property
    def recogniser_address(self) -> str:
        return self.recogniser_url or f"ws://{self.recogniser_host}:{self.recogniser_port}"

    @property
    def tcp_ports(self) -> list[tuple[str, int]]:
        """Where the processes of `serve` answer once they are up."""
        ports = [
            (self.sip_host, self.sip_port),
            (self.gateway_host, self.gateway_port),
            (self.audio_host, self.audio_port),
            (self.web_host, self.web_port),
        ]
        return ports if self.recogniser_url else [*ports, (self.recogniser_host, self.recogniser_port)]

    @property
    def rtp_range(self) -> tuple[int, int]:
        first, last = (int(part) for part in self.rtp_ports.split("-"))
        if not 1024 <= first < last <= 65535:
            raise BadInput(f"LINIYA_RTP_PORTS={self.rtp_ports}: give a range within 1024-65535, as 10000-10999")
        return first, last

    @property
    def profile_dir(self) -> Path:
        return self.call_flows_dir / self.profile

    @property
    def recordings(self) -> Path:
        return self.recordings_dir or self.profile_dir / "announcements"

    @property
    def announcements(self) -> Path:
        return self.data_dir / "announcements" / self.profile

    @property
    def call_recordings(self) -> Path:
        return self.call_recordings_dir or self.data_dir / "recordings"

    def secret(self) -> str:
        """The shared secret of line and web. BadInput when it is missing or short."""
        value = self.gateway_secret.get_secret_value() if self.gateway_secret else ""
        if len(value) < 16:
            raise BadInput(
                "LINIYA_GATEWAY_SECRET: at least 16 characters are needed; `liniya secret` prints a good one"
            )
        return value


def load(file: Path | None = None) -> Settings:
    """The settings of the environment and `file`. BadInput names the setting that is wrong, in one line."""
    if file is not None and not file.is_file():
        raise BadInput(f"settings: there is no file {file}; name another with --settings")
    try:
        return Settings(_env_file=file, _env_file_encoding="utf-8")  # type: ignore[call-arg]
    except ValidationError as error:
        first = error.errors()[0]
        name = "LINIYA_" + "_".join(str(part) for part in first["loc"]).upper()
        raise BadInput(f"{name}={first.get('input')}: {first['msg']}; see docs/settings.md") from None


def split_address(text: str, name: str, default_port: int = 5060) -> tuple[str, int]:
    """`host:port` -> its parts. BadInput names the setting."""
    host, _, port = text.partition(":")
    if not host or (port and not port.isdigit()):
        raise BadInput(f"{name}={text}: write it as host:port")
    return host, int(port or default_port)
