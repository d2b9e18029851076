// Where the operator stands, from the view: what the bar offers and which card is shown follow from it.

const AFTER = ["parted", "survey", "leaving", "ended"];

/** "connecting", "idle", "rings", "dials", "talks", "leads" (a transfer that is being connected) or "wraps". */
export function situation({ me, call }) {
  if (!me) return "connecting";
  if (!call) return "idle";
  // After a transfer the call goes on with the colleague while this operator writes it up.
  if (me.presence === "wrap_up" || AFTER.includes(call.phase)) return "wraps";
  if (call.role === "offered") return "rings";
  if (call.role === "source") return "leads";
  return call.phase === "dialling" ? "dials" : "talks";
}
