// The list of articles follows what is typed; without scripts the button does the same.

const WAIT_MS = 200;
const form = document.getElementById("knowledge-search");
const found = document.getElementById("found");
let timer = 0;
let latest = 0;

async function search() {
  const mine = ++latest;
  const address = `/knowledge?${new URLSearchParams(new FormData(form))}`;
  try {
    const answer = await fetch(address, { headers: { "x-fragment": "1" } });
    if (!answer.ok || mine !== latest) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== latest) return;
    found.replaceChildren(...page.body.childNodes);
    history.replaceState(null, "", address);
  } catch {
    // The network is away: what was found last stays, and the button still works.
  }
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(search, WAIT_MS);
});
