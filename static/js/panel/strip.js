// The strip that says that the panel is cut off, and comes back by itself.

import { byId, setText, show } from "./dom.js";
import { t } from "../i18n.js";

const QUIET_MS = 700;

export function mountStrip({ store }) {
  const strip = byId("strip");
  let waiting = 0;
  const draw = () => {
    clearTimeout(waiting);
    if (store.link === "here") {
      show(strip, false);
      document.body.classList.remove("cut-off");
      return;
    }
    // A page that has only just opened is not cut off yet.
    waiting = setTimeout(() => {
      document.body.classList.add("cut-off");
      setText(byId("strip-words"), t("No connection, restoring it. Calls go on; what you type is kept."));
      show(strip, true);
    }, store.link === "connecting" ? QUIET_MS : 0);
  };
  store.on(["link"], draw);
  draw();
}
