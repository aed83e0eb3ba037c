// The case: digits judge, J and K move, N goes to the next criterion without a finding. Only where the page says so
// (audits/case.html), and they can be switched off (WCAG 2.1.4). Without this script links and buttons do the same.

const keys = document.querySelector("[data-keys]");
const form = document.getElementById("finding");
const said = document.getElementById("saved");
const help = document.getElementById("key-help");

// What is on the page when it is opened, so that only what changed is saved.
const state = () => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "form_key"));
const before = form && state();
let warned = false;

function tell(words, bad) {
  said.textContent = words;
  said.classList.toggle("bad-text", bad);
}

// Saves what changed. True: one may go on. Sent without its key: the same words twice are the same finding, and an
// earlier reply must not stand for a later change.
async function save() {
  if (!form || state() === before) return true;
  const data = new URLSearchParams(new FormData(form));
  data.delete("form_key");
  if (!data.has("verdict")) {
    const again = warned;
    warned = true;
    tell(said.dataset.choose, true);
    return again;
  }
  try {
    const reply = await fetch(form.action, { method: "POST", body: data, redirect: "manual" });
    if (reply.type === "opaqueredirect") return true;
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    tell(`${said.dataset.refused} ${page.querySelector(".error-summary li")?.textContent.trim() ?? reply.status}`, true);
  } catch {
    tell(said.dataset.offline, true);
  }
  return false;
}

let moving = false;
async function go(address) {
  if (moving || !address) return;
  moving = true;
  if (await save()) location.assign(address); else moving = false;
}

// Every way from one criterion to another saves first: keys, buttons and the list at the side.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/cases/']");
  if (!form || !link || event.ctrlKey || event.metaKey || event.shiftKey || state() === before) return;
  event.preventDefault();
  go(link.href);
});

if (keys) {
  const toggle = keys.querySelector("button");
  const on = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
  const show = () => {
    toggle.textContent = on() ? toggle.dataset.off : toggle.dataset.on;
    keys.classList.toggle("is-off", !on());
  };
  toggle.addEventListener("click", () => {
    try { localStorage.setItem("keys", on() ? "off" : "on"); } catch { /* private browsing keeps the keys on */ }
    show();
  });
  keys.hidden = false;
  show();

  const facts = document.getElementById("f-facts");
  const acts = {
    j: () => go(keys.dataset.next),
    k: () => go(keys.dataset.previous),
    n: () => go(keys.dataset.open),
    f: () => facts?.focus(),
    e: () => { const picture = document.querySelector("details.preview"); if (picture) picture.open = !picture.open; },
    "?": () => help?.showModal(),
  };
  facts?.addEventListener("keydown", (event) => {
    if (event.key === "Escape") facts.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
    if (!on() || typing || help?.open || event.ctrlKey || event.metaKey || event.altKey) return;
    const choice = document.querySelector(`input[data-key="${CSS.escape(event.key)}"]`);
    const act = acts[event.key.toLowerCase()];
    if (choice) { choice.click(); choice.focus(); } else if (act) act(); else return;
    event.preventDefault();
  });
}
