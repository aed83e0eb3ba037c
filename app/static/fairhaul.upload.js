// Uploads that resume, after tus 1.0.0, for the form inside [data-upload]. Without this script the form is
// sent as any other; with it, a cut line or a closed page costs at most the piece that was on its way.

const VERSION = "1.0.0";
const PIECE = 512 * 1024;
const WIDEST = 2200;
const WAITS = [1, 2, 4, 8, 15, 30];

const root = document.querySelector("[data-upload]");
const form = root?.querySelector("form");
if (form && window.fetch && Blob.prototype.slice) begin();

function begin() {
  const words = JSON.parse(root.dataset.words);
  const box = form.querySelector("[data-sending]");
  const [bar, said, stop] = [box.querySelector("progress"), box.querySelector("[data-said]"), box.querySelector("[data-stop]")];
  const button = form.querySelector(".actions button");
  const inputs = [form.elements.file, form.elements.picture];
  const reduce = form.querySelector("[data-reduce]");
  const reducing = form.elements.reduce;
  reduce.hidden = false;
  reducing.checked = true;

  // One file at a time: the last choice counts.
  for (const input of inputs) {
    input.addEventListener("change", () => {
      for (const other of inputs) if (other !== input && input.value) other.value = "";
      tell("");
      preview();
    });
  }
  reducing.addEventListener("change", preview);
  const chosen = () => inputs.find((input) => input.files.length)?.files[0];

  // Shown before it is sent: how much smaller the picture became.
  async function preview() {
    const file = chosen();
    if (!file || !reducing.checked) return tell("");
    const made = await smaller(file);
    if (made !== file && chosen() === file) tell(fill(words.smaller, { before: size(file.size), after: size(made.size) }));
  }

  let running;
  stop.textContent = words.stop;
  stop.addEventListener("click", () => { running?.abort(); });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (running) return;
    const file = chosen();
    if (!file) return fault(words.choose);
    clear();
    running = new AbortController();
    button.disabled = true;
    stop.hidden = false;
    try {
      const given = reducing.checked ? await smaller(file) : file;
      const name = given === file ? file.name : `${file.name.replace(/\.\w+$/, "")}.jpg`;
      const id = await send(given, name, running.signal);
      location.assign(`${root.dataset.after}?stored=${encodeURIComponent(id)}`);
    } catch (problem) {
      if (problem.name === "AbortError") tell(words.stopped);
      else fault(problem.message || words.failed);
      button.disabled = false;
      stop.hidden = true;
      running = undefined;
    }
  });

  async function send(blob, name, signal) {
    const sha256 = await hash(blob);
    const key = `upload ${root.dataset.scope} ${sha256 ?? `${name} ${blob.size}`}`;
    let address = recall(key);
    let at = address ? await offset(address, blob.size, signal) : null;
    if (at === null) {
      address = await create(blob, name, sha256, signal);
      remember(key, address);
      at = { kept: 0 };
    } else if (at.kept && !at.evidence) tell(fill(words.resuming, { sent: size(at.kept) }));
    let tries = 0;
    while (!at.evidence) {
      if (at.kept + PIECE >= blob.size) show(at.kept, blob.size, words.checking);
      let reply;
      try {
        reply = await patch(address, blob, at.kept, signal);
      } catch (problem) {
        if (problem.name === "AbortError") throw problem;
        await pause(tries++, signal);
        at = await offset(address, blob.size, signal);
        if (at === null) { forget(key); throw new Error(words.failed); }
        continue;
      }
      if (reply.status === 204) {
        tries = 0;
        at = { kept: reply.offset, evidence: reply.evidence };
        show(at.kept, blob.size);
      } else if (reply.status === 409 && /wrong-offset/.test(reply.text)) {
        at = await offset(address, blob.size, signal);
        if (at === null) { forget(key); throw new Error(words.failed); }
      } else if (reply.status >= 500) {
        await pause(tries++, signal);
      } else {
        if (reply.status === 404 || reply.status === 422 || reply.status === 460) forget(key);
        throw new Error(reason(reply.text));
      }
    }
    forget(key);
    return at.evidence;
  }

  async function create(blob, name, sha256, signal) {
    const said = { filename: name, sha256, valid_until: form.elements.valid_until?.value, replaces: form.elements.replaces?.value };
    said.criteria = [...form.querySelectorAll('input[name="criteria"]:checked')].map((each) => each.value).join(",");
    const metadata = Object.entries(said).filter(([, value]) => value).map(([key, value]) => `${key} ${base64(value)}`).join(",");
    const headers = { "Tus-Resumable": VERSION, "Upload-Length": String(blob.size), "Upload-Metadata": metadata };
    for (let tries = 0; ; tries++) {
      let reply;
      try {
        reply = await fetch(root.dataset.upload, { method: "POST", headers, signal });
      } catch (problem) {
        if (problem.name === "AbortError") throw problem;
        await pause(tries, signal);
        continue;
      }
      if (reply.status === 201) return reply.headers.get("Location");
      if (reply.status < 500) throw new Error(reason(await reply.text()));
      await pause(tries, signal);
    }
  }

  // Where to go on, asked until there is an answer; null: the upload is gone, or is another file's.
  async function offset(address, whole, signal) {
    for (let tries = 0; ; tries++) {
      try {
        const reply = await fetch(address, { method: "HEAD", headers: { "Tus-Resumable": VERSION }, signal });
        if (reply.status < 500) {
          if (!reply.ok || Number(reply.headers.get("Upload-Length")) !== whole) return null;
          return { kept: Number(reply.headers.get("Upload-Offset")), evidence: reply.headers.get("Fairhaul-Evidence") };
        }
      } catch (problem) {
        if (problem.name === "AbortError") throw problem;
      }
      await pause(tries, signal);
    }
  }

  // XMLHttpRequest, for it tells how much of a piece has gone out.
  function patch(address, blob, at, signal) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("PATCH", address);
      request.setRequestHeader("Tus-Resumable", VERSION);
      request.setRequestHeader("Upload-Offset", String(at));
      request.setRequestHeader("Content-Type", "application/offset+octet-stream");
      request.timeout = 120_000;
      request.upload.onprogress = (event) => show(at + event.loaded, blob.size);
      request.onload = () => resolve({
        status: request.status,
        text: request.responseText,
        offset: Number(request.getResponseHeader("Upload-Offset")),
        evidence: request.getResponseHeader("Fairhaul-Evidence"),
      });
      request.onerror = request.ontimeout = () => reject(new Error("cut"));
      request.onabort = () => reject(new DOMException("stopped", "AbortError"));
      signal.addEventListener("abort", () => request.abort(), { once: true });
      if (signal.aborted) return reject(new DOMException("stopped", "AbortError"));
      request.send(blob.slice(at, at + PIECE));
    });
  }

  // A while, or until there is a connection again.
  function pause(tries, signal) {
    const seconds = WAITS[Math.min(tries, WAITS.length - 1)];
    tell(navigator.onLine ? fill(words.waiting, { seconds }) : words.offline);
    return new Promise((resolve, reject) => {
      const done = () => { clearTimeout(timer); window.removeEventListener("online", done); resolve(); };
      const timer = setTimeout(done, seconds * 1000);
      window.addEventListener("online", done);
      signal.addEventListener("abort", () => { clearTimeout(timer); reject(new DOMException("stopped", "AbortError")); }, { once: true });
    });
  }

  function show(sent, whole, text) {
    box.hidden = false;
    bar.value = (sent / whole) * 100;
    said.textContent = text ?? fill(words.sending, { sent: size(Math.min(sent, whole)), size: size(whole) });
  }
  function tell(text) {
    if (text) box.hidden = false;
    said.textContent = text;
  }
  function fault(text) {
    clear();
    box.hidden = true;
    const field = inputs[0].closest(".field");
    field.classList.add("has-error");
    const line = Object.assign(document.createElement("p"), { className: "error", id: `${inputs[0].id}-error`, textContent: text });
    line.setAttribute("role", "alert");
    inputs[0].before(line);
    inputs[0].setAttribute("aria-invalid", "true");
    inputs[0].focus();
  }
  function clear() {
    const field = inputs[0].closest(".field");
    field.classList.remove("has-error");
    field.querySelector(".error")?.remove();
    inputs[0].removeAttribute("aria-invalid");
  }
  function reason(text) {
    try {
      const told = JSON.parse(text);
      return told.errors?.map((each) => each.detail).join(" ") || told.detail;
    } catch { return words.failed; }
  }
}

// A picture drawn anew at a size that can still be read; the file itself where that does not make it smaller.
async function smaller(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || !window.createImageBitmap) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "white";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const made = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.82));
    return made && made.size < file.size * 0.9 ? made : file;
  } catch { return file; } // not a picture after all: the server says so
}

// Only on https and on this machine: elsewhere the server's own hash has to do.
async function hash(blob) {
  if (!window.crypto?.subtle) return undefined;
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
function size(bytes) {
  const [value, unit] = bytes < 1e6 ? [Math.ceil(bytes / 1e3), "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}
function recall(key) { try { return localStorage.getItem(key); } catch { return null; } }
function remember(key, value) { try { localStorage.setItem(key, value); } catch { /* it goes on within this page */ } }
function forget(key) { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } }
