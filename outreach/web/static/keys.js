// Work without a mouse: whatever carries `data-key` is clicked, chosen or focused by that key ("d", or "g i" for
// two in a row). Typing in a field is never disturbed; Escape leaves it. Everything works without this file too.
"use strict";

const OFF = "keys-off";
const TYPING = "input:not([type=radio], [type=checkbox]), textarea, select";
let first = "";

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches(TYPING);
  if (event.key === "Escape" && typing) return event.target.blur();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return event.target.form?.requestSubmit();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF)) return;
  if (document.querySelector("dialog[open]")) return;
  const pressed = first ? `${first} ${event.key}` : event.key;
  first = event.key === "g" && !first ? "g" : "";
  if (pressed === "?") document.getElementById("keys")?.showModal();
  else if (!act(pressed)) return;
  event.preventDefault();
});

function act(key) {
  const wanted = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
  const target = wanted.find((element) => !element.disabled && element.checkVisibility());
  if (!target) return false;
  if (target.matches(TYPING)) target.focus();
  else target.click();
  if (target.dataset.then) document.querySelector(target.dataset.then)?.focus();
  return true;
}

// A screen reader is told how the call stands when that changes, not each time the page looks.
document.addEventListener("htmx:afterSwap", () => {
  const told = document.getElementById("told");
  const now = document.querySelector(".state strong")?.textContent ?? "";
  if (told && told.textContent !== now) told.textContent = now;
});

const off = document.getElementById(OFF);
if (off) {
  off.checked = Boolean(localStorage.getItem(OFF));
  off.addEventListener("change", () => {
    if (off.checked) localStorage.setItem(OFF, "1");
    else localStorage.removeItem(OFF);
  });
}
