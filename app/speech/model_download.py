"""Fetching a large file so that a cut line costs only what was under way.

What has come lies in `<target>.part` and the server's mark of that version (ETag or Last-Modified) in
`<target>.part.version`; the next attempt asks for the rest (RFC 9110 14.2 Range, 13.1.5 If-Range). A server without
ranges answers 200 and the file begins anew.
"""

from __future__ import annotations

import hashlib
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.domain.errors import BadInput, Unavailable

Progress = Callable[[int, int | None], None]
"""Told the bytes done, and the bytes in all where they are known."""

_PIECE_BYTES = 256 * 1024
_TIMEOUT_S = 30.0
_PAUSES_S = (0.5, 1.0, 2.0, 4.0)
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)\Z")


class _Cut(Exception):
    """The connection ended before the file did."""


class _Overlong(Exception):
    """More came than was announced or allowed."""


@dataclass(frozen=True)
class _Offer:
    """What the server is about to send: from which byte, and how long the whole file is."""

    start: int
    total: int | None


def download(
    url: str,
    target: Path,
    *,
    sha256: str = "",
    most_bytes: int,
    progress: Progress = lambda _done, _total: None,
    pauses_s: tuple[float, ...] = _PAUSES_S,
) -> None:
    """Fetch `url` into `target`, going on with an earlier attempt where there was one.

    Raises BadInput for an address that is not http(s); Unavailable when the server cannot be reached, what came is
    not of the announced size or checksum, or is larger than `most_bytes`.
    """
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise BadInput(f"{url!r} is not an address: it must begin with http:// or https://")
    part = target.with_name(target.name + ".part")
    _fetch_with_patience(url, part, most_bytes, progress, pauses_s)
    if sha256 and (found := file_sha256(part)) != sha256.lower():
        forget_part(part)
        raise Unavailable(f"what came from {url} has the checksum {found} and not {sha256}: download it again")
    part.replace(target)
    _version_file(part).unlink(missing_ok=True)


def forget_part(part: Path) -> None:
    """Throw an unfinished download away."""
    part.unlink(missing_ok=True)
    _version_file(part).unlink(missing_ok=True)


def file_sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch_with_patience(
    url: str, part: Path, most_bytes: int, progress: Progress, pauses_s: tuple[float, ...]
) -> None:
    failures = 0
    while True:
        before = _size(part)
        try:
            _fetch(url, part, most_bytes, progress)
            return
        except _Overlong as error:
            forget_part(part)
            raise Unavailable(f"{url} cannot be a speech model: {error}") from error
        except urllib.error.HTTPError as error:
            error.close()
            if error.code < 500:
                raise Unavailable(f"{url} answered {error.code} {error.reason}: check the address") from error
            reason = f"{error.code} {error.reason}"
        except (OSError, http.client.HTTPException, _Cut) as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
        # A line that is often cut and still brings something is given all the time it needs.
        failures = 1 if _size(part) > before else failures + 1
        if failures > len(pauses_s):
            raise Unavailable(
                f"{url} could not be fetched ({reason}); run the same command again: it goes on where it stopped"
            )
        time.sleep(pauses_s[failures - 1])


def _fetch(url: str, part: Path, most_bytes: int, progress: Progress) -> None:
    """One request. Raises `_Cut` when it ends early."""
    have = _size(part)
    try:
        response = urllib.request.urlopen(_request(url, part, have), timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        # Either all of it is here already, or what is here is not of this file.
        whole = _whole_length(error.headers.get("Content-Range", ""))
        error.close()
        if whole == have:
            return
        forget_part(part)
        raise _Cut("the earlier attempt was of another file") from error
    with response:
        offer = _offer(response, have)
        if offer.total is not None and offer.total > most_bytes:
            raise _Overlong(f"it announces {offer.total} bytes, at most {most_bytes} are taken")
        if offer.start == 0:
            _version_file(part).write_text(_version(response), encoding="utf-8")
        done = _save(response, part, offer, most_bytes, progress)
    if offer.total is not None and done != offer.total:
        raise _Cut(f"{done} of {offer.total} bytes came")


def _request(url: str, part: Path, have: int) -> urllib.request.Request:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity", "User-Agent": "liniya"})
    if have:
        request.add_header("Range", f"bytes={have}-")
        version = _version_file(part).read_text(encoding="utf-8") if _version_file(part).exists() else ""
        if version:
            request.add_header("If-Range", version)
    return request


def _offer(response: Any, have: int) -> _Offer:
    length = response.headers.get("Content-Length", "")
    remaining = int(length) if length.isdigit() else None
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return _Offer(0, remaining)
    found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    if found is None or found[1] is None or int(found[1]) != have:
        raise _Overlong("the server answered with another part than was asked for")
    if found[2] != "*":
        return _Offer(have, int(found[2]))
    return _Offer(have, have + remaining if remaining is not None else None)


def _save(response: Any, part: Path, offer: _Offer, most_bytes: int, progress: Progress) -> int:
    done = offer.start
    limit = most_bytes if offer.total is None else offer.total
    with part.open("ab" if offer.start else "wb") as file:
        progress(done, offer.total)
        while piece := response.read(_PIECE_BYTES):
            done += len(piece)
            if done > limit:
                raise _Overlong(f"more than {limit} bytes came")
            file.write(piece)
            progress(done, offer.total)
    return done


def _whole_length(content_range: str) -> int | None:
    found = _CONTENT_RANGE.match(content_range)
    return int(found[2]) if found and found[2].isdigit() else None


def _version(response: Any) -> str:
    # A weak ETag does not vouch for bytes (RFC 9110 13.1.5).
    tag = str(response.headers.get("ETag", ""))
    return str(response.headers.get("Last-Modified", "")) if not tag or tag.startswith("W/") else tag


def _version_file(part: Path) -> Path:
    return part.with_name(part.name + ".version")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
