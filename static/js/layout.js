// What every page has: the user's menu, and pages that come back by themselves after an outage.

for (const menu of document.querySelectorAll("[data-menu]")) {
  const shut = () => menu.removeAttribute("open");
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) shut();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) shut();
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    shut();
    menu.querySelector("summary").focus();
  });
}

const outage = document.querySelector("[data-reload-after]");
if (outage) setTimeout(() => location.reload(), Number(outage.dataset.reloadAfter) * 1000);
