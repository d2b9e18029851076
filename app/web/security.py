"""What every answer and every request must satisfy: headers, and where a request may come from."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import WebSocketException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.errors import NotAllowed

log = structlog.get_logger()

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def content_security_policy(audio_url: str) -> str:
    """No inline script or style, nothing from elsewhere; connections to this site and the line's audio only."""
    audio = urlsplit(audio_url)
    origin = f" {audio.scheme}://{audio.netloc}" if audio.netloc else ""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "media-src 'self'",
            "manifest-src 'self'",
            f"connect-src 'self'{origin}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def comes_from_here(headers: Headers, *, web_socket: bool) -> bool:
    """Whether a changing request was made by a page of this very site.

    `Sec-Fetch-Site` is asked where the browser sends it (secure contexts), else `Origin` must name the host asked.
    A changing request with neither is refused: every browser sends `Origin` with a form. A web socket without it
    is no browser's, so nobody's cookies are misused.
    """
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    if site is not None and not web_socket:
        return site == "same-origin"
    if origin is None:
        return web_socket
    return bool(origin) and urlsplit(origin).netloc == headers.get("host", "")


def from_here(connection: HTTPConnection) -> None:
    """Refuses changing requests and web sockets that another site's page has made (CSRF, RFC 6455 10.2).

    A dependency of the whole application, so that no route can forget it.
    """
    web_socket = connection.scope["type"] == "websocket"
    changing = not web_socket and connection.scope["method"] not in SAFE_METHODS
    if not (web_socket or changing) or comes_from_here(connection.headers, web_socket=web_socket):
        return
    log.warning("request_from_another_site_refused", path=connection.scope["path"])
    if web_socket:
        raise WebSocketException(code=1008)
    raise NotAllowed("the request was made by a page of another site")


class SecurityHeaders:
    """Adds the headers to every answer; pages are never cached, files under /static are revalidated."""

    def __init__(self, app: ASGIApp, *, audio_url: str, secure: bool) -> None:
        self._app = app
        self._headers = {
            "content-security-policy": content_security_policy(audio_url),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "microphone=(self), camera=(), geolocation=()",
        }
        if secure:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cache = "no-cache" if scope["path"].startswith("/static/") else "no-store"

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("cache-control", cache)
            await send(message)

        await self._app(scope, receive, with_headers)
