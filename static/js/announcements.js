// One sound at a time; and all announcements in turn, for whoever wants to hear the line through.

import { t } from "./i18n.js";

const players = [...document.querySelectorAll(".announcement-sound > audio")];
const every = [...document.querySelectorAll("audio")];
let inTurn = false;

for (const player of every) {
  player.addEventListener("play", () => every.forEach((other) => other !== player && other.pause()));
  player.addEventListener("ended", () => inTurn && players.includes(player) && next(player));
  player.addEventListener("pause", () => inTurn && !player.ended && every.every((one) => one.paused) && stop());
}

const button = document.createElement("button");
button.type = "button";
button.className = "button";
button.addEventListener("click", () => (inTurn ? stop() : start()));
document.querySelector("[data-play-all]").append(button);
show();

function start() {
  inTurn = true;
  show();
  play(players[0]);
}

function next(player) {
  const following = players[players.indexOf(player) + 1];
  if (following) play(following);
  else stop();
}

function play(player) {
  player.scrollIntoView({ block: "center" });
  player.currentTime = 0;
  player.play().catch(stop);
}

function stop() {
  inTurn = false;
  every.forEach((player) => player.pause());
  show();
}

function show() {
  button.textContent = inTurn ? t("Stop") : t("Play all in turn");
}
