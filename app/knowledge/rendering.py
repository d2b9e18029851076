"""Markdown of articles to HTML that is safe in a page: no HTML of the author's, no pictures, no scripts."""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

_ADDRESS = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)


def html_of(markdown: str) -> str:
    """The text as HTML. Links of other schemes than http, https, mailto and tel stay plain text; headings begin one
    level lower, since the page's own heading is the title."""
    parser = _parser()
    environment: MutableMapping[str, Any] = {}
    tokens = parser.parse(markdown, environment)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    return str(parser.renderer.render(tokens, parser.options, environment))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # Without HTML every «<» of the text is escaped.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.validateLink = lambda url: _ADDRESS.match(url) is not None  # type: ignore[method-assign] # its own way
    parser.add_render_rule("link_open", _link_open)
    return parser


def _link_open(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    at: int,
    options: OptionsDict,
    _environment: MutableMapping[str, Any],
) -> str:
    # An operator who follows a link must not lose the panel.
    tokens[at].attrSet("target", "_blank")
    tokens[at].attrSet("rel", "noopener noreferrer")
    return renderer.renderToken(tokens, at, options, _environment)
