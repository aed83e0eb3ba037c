// Fairhaul's one script. Every page works without it; it only makes some things quicker.
// Hooks are data attributes, written by the macros in templates/ui/.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// The error summary takes the focus, so that it is read first.
document.querySelector("main > [data-focus]")?.focus();

// A form is sent once: a second press waits for the answer to the first.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  const button = event.submitter;
  // After this turn, or the button's own name and value would not be sent.
  if (button) setTimeout(() => { button.disabled = true; button.setAttribute("aria-busy", "true"); });
});
// Back from the browser's page cache: the form may be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of all("form[data-sent]")) delete form.dataset.sent;
  for (const button of all("button[aria-busy]")) { button.disabled = false; button.removeAttribute("aria-busy"); }
});

// Replaces elements of this page, by id, with those of the page at url.
async function refresh(url, ids, signal) {
  const reply = await fetch(url, { signal, headers: { Accept: "text/html" } });
  if (!reply.ok) throw new Error(reply.statusText);
  const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
  for (const id of ids) {
    const [old, next] = [document.getElementById(id), fresh.getElementById(id)];
    if (old && next && old.innerHTML !== next.innerHTML) old.replaceChildren(...next.childNodes);
  }
  brighten(document);
}

// Filters in place: a GET form whose results stand in #results.
for (const form of all('form[data-enhance="filter"]')) {
  let running, timer;
  const run = async () => {
    running?.abort();
    running = new AbortController();
    const results = document.getElementById("results");
    const url = new URL(form.action);
    url.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== "")).toString();
    results.setAttribute("aria-busy", "true");
    try {
      await refresh(url, ["results"], running.signal);
      history.replaceState(null, "", url);
      results.removeAttribute("aria-busy");
    } catch (problem) {
      if (problem.name !== "AbortError") location.assign(url);
    }
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(run, 300); };
  form.addEventListener("input", soon);
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); run(); });
}

// Live figures: data-live="30" on an element with an id asks for its page again every 30 seconds, while it is seen.
for (const element of all("[data-live][id]")) {
  setInterval(() => {
    const busy = element.contains(document.activeElement) || element.querySelector("details[open]");
    if (!document.hidden && !busy) refresh(location.href, [element.id]).catch(() => {});
  }, 1000 * Math.max(5, Number(element.dataset.live)));
}

// Relative times beside absolute ones, and how many characters are left.
function brighten(root) {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  for (const time of all("time[data-relative]", root)) {
    const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
    const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units[2];
    time.dataset.relative = ` (${words.format(Math.trunc(seconds / size), unit)})`;
  }
  for (const area of all("textarea[data-count]", root)) {
    const text = document.getElementById(`${area.id}-count`)?.firstElementChild;
    const count = () => { text.textContent = `${text.dataset.left} ${area.dataset.count - area.value.length}`; };
    if (text) { area.oninput = count; if (area.value) count(); }
  }
}
brighten(document);

// Menus close with Escape and with a press elsewhere.
const menus = () => all("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of menus()) { menu.open = false; menu.querySelector("summary").focus(); }
});
