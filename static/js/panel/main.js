// The operator's panel, put together. Every part is handed `panel`, and asks for nothing else.

import { mountActions } from "./actions.js";
import { mountCallBar } from "./call.js";
import { mountCard } from "./card.js";
import { mountColleagues } from "./colleagues.js";
import { mountDesk } from "./bar.js";
import { Drafts } from "./drafts.js";
import { Feed } from "./feed.js";
import { mountHangUp } from "./hang_up.js";
import { mountHint } from "./hint.js";
import { mountHold } from "./hold.js";
import { mountIdle } from "./idle.js";
import { mountKeys } from "./keys.js";
import { mountKnowledge } from "./knowledge.js";
import { mountMarks } from "./marks.js";
import { mountNeeds } from "./needs.js";
import { Notices } from "./notices.js";
import { mountPhone } from "./phone.js";
import { mountPop } from "./pop.js";
import { mountPromiseForm } from "./promise_form.js";
import { mountPromises } from "./promises.js";
import { mountClarification } from "./clarification.js";
import { mountReferrals } from "./referrals.js";
import { mountScript } from "./script.js";
import { Sheets } from "./sheets.js";
import { situation } from "./situation.js";
import { Store } from "./store.js";
import { mountStrip } from "./strip.js";
import { mountTabs } from "./tabs.js";
import { mountTraining } from "./training.js";
import { mountTranscript } from "./transcript.js";
import { mountTransfer } from "./transfer.js";
import { mountWrapUp } from "./wrap_up.js";
import { refusal, whyNot } from "./words.js";

const store = new Store();
const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/panel/feed`;
const feed = new Feed(address, { onMessage: (m) => store.take(m), onLink: (link) => store.setLink(link) });
const notices = new Notices();

const panel = {
  store,
  notices,
  settings: JSON.parse(document.getElementById("panel-settings").textContent),
  /** Carry out a command; NotDone is thrown for the caller to deal with. */
  ask: (name, values) => feed.command(name, values),
  /** Carry out a command; what went wrong is told. Resolves to whether it was done. */
  async tell(name, values) {
    try {
      await feed.command(name, values);
      return true;
    } catch (error) {
      notices.bad(whyNot(error));
      return false;
    }
  },
};
panel.drafts = new Drafts(panel);
panel.sheets = new Sheets(panel);
panel.tabs = mountTabs(panel);
panel.phone = mountPhone(panel);
panel.promiseForm = mountPromiseForm(panel);
mountClarification(panel);
panel.hangUp = mountHangUp(panel);
panel.actions = mountActions(panel);

mountDesk(panel);
mountStrip(panel);
mountCallBar(panel);
mountMarks(panel);
mountHint(panel);
mountTraining(panel);
mountPop(panel);
mountCard(panel);
mountNeeds(panel);
mountIdle(panel);
mountReferrals(panel);
mountScript(panel);
mountWrapUp(panel);
mountTranscript(panel);
mountKnowledge(panel);
mountColleagues(panel);
mountPromises(panel);
mountTransfer(panel);
mountHold(panel);
mountKeys(panel);

for (const form of document.querySelectorAll('form[action="/logout"]')) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (["rings", "talks", "leads", "dials"].includes(situation(store.view))) return notices.bad(refusal("busy"));
    await panel.drafts.flush();
    await feed.command("sign_out").catch(() => {}); // signing out of the site must work without the line
    return form.submit();
  });
}

feed.open();
