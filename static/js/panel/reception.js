// What recognition does not do for this call just now, in words: the script then goes on by hand.

import { t } from "../i18n.js";

const QUIET = { words: "", tone: "quiet" };

/** The weightiest first; nothing while both sides are heard in time. */
export function receptionWords({ line, call }) {
  const { caller, operator, late_s } = call?.hearing ?? {};
  if (line?.recogniser === "away" || caller === "away") return loud(t("Speech recognition is not available: tick the steps by hand."));
  if (caller === "no_place") return loud(t("Recognition has no free place for this call: tick the steps by hand."));
  if (["away", "no_place", "spared"].includes(operator)) return quiet(t("Only the caller is recognised now: tick your own steps by hand."));
  if (late_s) return quiet(t("Recognition is %(seconds)s s late: tick the steps by hand.", { seconds: late_s }));
  return QUIET;
}

const loud = (words) => ({ words, tone: "loud" });
const quiet = (words) => ({ words, tone: "quiet" });
