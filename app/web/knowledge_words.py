"""Words of the pages of the knowledge base."""

from __future__ import annotations

from app.application.knowledge import Change
from app.domain.articles import ArticleKind
from app.web.catalogue import N_

KINDS = {
    ArticleKind.ACT: N_("legal act"),
    ArticleKind.JOB_DESCRIPTION: N_("job description"),
    ArticleKind.QUESTION: N_("frequent question"),
    ArticleKind.TEMPLATE: N_("answer template"),
    ArticleKind.SOLUTION: N_("example of a solution"),
    ArticleKind.CONTACT: N_("contacts"),
    ArticleKind.OTHER: N_("other"),
}
CHANGES = {
    Change.WRITTEN: N_("written"),
    Change.REVIEWED: N_("reviewed without a change"),
    Change.ARCHIVED: N_("archived"),
    Change.SET_BACK: N_("set back to the file of the profile"),
}
FAULTS = {
    "empty": N_("Fill this in."),
    "long": N_("This is too long: shorten it, or divide the article."),
    "unknown": N_("Choose from the list."),
    "changed_meanwhile": N_(
        "Somebody else has changed the article meanwhile. Open it in another window and keep yours again."
    ),
}
