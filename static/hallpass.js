// What only a script can do. Without it every page still says everything.

const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** An element with these properties and children. */
function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** A duration in two units at most. */
function duration(seconds) {
  const whole = Math.floor(seconds);
  const [large, small, big, little] =
    whole < 60 ? [whole, 0, "s", ""]
    : whole < 3600 ? [Math.floor(whole / 60), whole % 60, "min", "s"]
    : whole < 86400 ? [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), "h", "min"]
    : [Math.floor(whole / 86400), Math.floor((whole % 86400) / 3600), "d", "h"];
  return small ? `${large} ${big} ${small} ${little}` : `${large} ${big}`;
}

/** Counts down from where the server's clock stood when the page was made, not from this machine's clock. */
function countDown(left) {
  const row = left.parentElement;
  const bar = row.querySelector("progress");
  const at = row.querySelector(".at");
  const span = Number(left.dataset.exp) - Number(left.dataset.now);
  const start = performance.now();
  const isMoving = !matchMedia("(prefers-reduced-motion: reduce)").matches;

  const end = () => {
    bar.value = 0;
    if (left.dataset.ended) {
      left.textContent = "0 s left";
      row.querySelector(".ended").textContent = left.dataset.ended;
    } else {
      const time = at.querySelector(".time");
      row.replaceChildren(...(isMoving ? ["ended ", left, ", at ", time] : ["ended at ", time]), bar);
    }
    const says = showExpired();
    if (!left.dataset.ended) {
      countUp(says);
    }
  };

  // The sentences about the token say the same as the clock. Where nothing moves, neither says how long ago it was.
  const countUp = (says) => {
    const since = (performance.now() - start) / 1000 - span;
    left.textContent = since < 1 ? "just now" : `${duration(since)} ago`;
    says.forEach(([text, before, after]) => {
      text.data = isMoving ? `${before} ${left.textContent}${after}` : before + after;
    });
    if (isMoving) {
      setTimeout(countUp, (1 - (since % 1)) * 1000 + 20, says);
    }
  };

  const tick = () => {
    const seconds = span - (performance.now() - start) / 1000;
    if (seconds <= 0) {
      end();
      return;
    }
    left.textContent = `${duration(seconds)} left`;
    bar.value = Math.floor(seconds);
    setTimeout(tick, (seconds % 1) * 1000 + 20);
  };

  if (isMoving) {
    at.firstChild.data = at.firstChild.data.replace("when this page was made, ", "");
    tick();
  } else if (span * 1000 < 2 ** 31) {
    setTimeout(end, span * 1000);
  }
}

/**
 * Shows what *Show details* says of a token that has just expired. The server sent it along with the page. Returns the
 * texts that say when that was, each with what is before and after it.
 */
function showExpired() {
  const template = document.querySelector("template[data-title]");
  if (!template) {
    return [];
  }
  document.title = template.dataset.title;
  document.querySelector(".result").textContent = `Result - ${template.dataset.result}`;
  history.replaceState(null, "", `/${encodeURIComponent(template.dataset.result)}`);
  for (const replacement of all("[data-part]", template.content)) {
    document.querySelector(`main [data-part="${replacement.dataset.part}"]`).replaceWith(replacement);
  }
  template.remove();
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const says = [];
  while (texts.nextNode()) {
    const [before, after] = texts.currentNode.data.split(/(?<=expired) just now/);
    if (after !== undefined) {
      says.push([texts.currentNode, before, after]);
    }
  }
  return says;
}

/** Reads what a script of this page can read, and asks for an echo of what its request carried. */
function showReach(table) {
  const report = (cell, sign, words) => {
    cell.textContent = `${sign} ${words}`;
    cell.className = sign === "!" ? "failed" : "";
  };
  const read = (cell, value) =>
    value === undefined ? report(cell, "–", "out of reach") : report(cell, "!", `found: ${value}`);

  const cookies = new Map(document.cookie.split("; ").map((pair) => pair.split("=")));
  for (const cell of all("[data-cookie]", table)) {
    read(cell, cookies.get(cell.dataset.cookie));
  }
  for (const cell of all("[data-storage]", table)) {
    try {
      localStorage.setItem(cell.dataset.storage, "written-by-script");
      read(cell, localStorage.getItem(cell.dataset.storage) ?? undefined);
    } catch {
      report(cell, "–", "blocked by this browser's settings");
    }
  }
  fetch(table.dataset.reach)
    .then((answer) => answer.json())
    .then((echo) => {
      for (const cell of all("[data-echo]", table)) {
        const came = echo.cookies.includes(cell.dataset.echo);
        report(cell, came ? "→" : "–", came ? "arrived" : "did not arrive");
      }
      for (const said of all("[data-scripted]")) {
        said.textContent = said.dataset.scripted;
      }
    });
}

/** Copies a text, and says so on the button that was pressed. */
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain http on another host than this machine's has no clipboard for scripts.
    const field = make("textarea", { value: text });
    button.after(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  const words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = words), 2000);
}

/** A button that copies a text. */
function copyButton(text, name) {
  const button = make("button", { type: "button", className: "copy", textContent: name ? `Copy ${name}` : "Copy" });
  button.addEventListener("click", () => copy(text, button));
  return button;
}

/** Gives a command, or a token, a button that copies all of it. */
function addCopyButton(box) {
  const text = box.querySelector("pre, code, textarea").textContent.trim();
  const place = box.dataset.button && document.getElementById(box.dataset.button);
  (place || box).append(copyButton(text, box.dataset.name));
}

/** Gives a listing of the lab such a button: beside its caption, or in its corner. */
function addCopyButtonToListing(listing) {
  const text = listing.textContent.trim();
  const caption = listing.parentElement.querySelector("figcaption");
  if (caption) {
    caption.append(copyButton(text));
    return;
  }
  const box = make("div", { className: "copied" });
  listing.replaceWith(box);
  box.append(listing, copyButton(text));
}

/** Opens the fold that holds what the address names; some browsers do not. */
function openTarget() {
  const target = document.querySelector(":target");
  const fold = target?.closest("details:not([open])");
  if (fold) {
    fold.open = true;
    target.scrollIntoView();
  }
}

/** Hides what of a page lacks one of the words, with its entry in the index, and the headings that have none left. */
function addFilter(field) {
  const { of, noun } = field.dataset;
  const entries = all(of).map((item) => {
    const { id } = item.id ? item : item.querySelector("[id]");
    const link = document.querySelector(`.index a[href="#${id}"]`);
    return { parts: [item, link?.parentElement].filter(Boolean), text: (item.querySelector("summary") ?? item).textContent.toLowerCase() };
  });
  const status = field.parentElement.querySelector("[role=status]");
  const clear = make("button", { type: "button", className: "copy", textContent: `Show all ${noun}s`, hidden: true });
  field.parentElement.append(clear);
  field.parentElement.hidden = false;
  field.addEventListener("input", () => {
    const typed = field.value.trim();
    const words = typed.toLowerCase().split(/\s+/);
    for (const { parts, text } of entries) {
      const isOut = !words.every((word) => text.includes(word));
      parts.forEach((part) => (part.hidden = isOut));
    }
    for (const group of all(".group")) {
      group.hidden = typed !== "" && !group.querySelector(".operation:not([hidden])");
    }
    // A heading of the index without a list leads to what has no operation.
    for (const heading of all(".index details > p")) {
      const list = heading.nextElementSibling?.matches("ul") ? heading.nextElementSibling : undefined;
      heading.hidden = typed !== "" && !list?.querySelector("li:not([hidden])");
    }
    const shown = entries.filter(({ parts }) => !parts[0].hidden).length;
    status.textContent =
      !typed ? ""
      : shown ? `${shown} of ${entries.length} shown`
      : `No ${noun} matches “${typed}”.`;
    clear.hidden = !typed;
  });
  clear.addEventListener("click", () => {
    field.value = "";
    field.dispatchEvent(new Event("input"));
    field.focus();
  });
}

/** A labelled field of the form that tries an operation, with a hint if there is one. */
function field(name, value, { kind = "input", placeholder = "", hint = "" } = {}) {
  const input = make(kind, { value, placeholder, className: "code" });
  const says = hint ? [make("span", { className: "at", textContent: hint })] : [];
  return { name, input, label: make("label", {}, name, input, ...says) };
}

/** What the last curl line of an operation sends: address, login, and the headers that it names. */
function lastCommand(operation) {
  const lines = operation.querySelector(".command pre").textContent.replaceAll("\\\n", "").split("\n");
  const line = lines.findLast((it) => it.startsWith("curl")) ?? "";
  const headers = [...line.matchAll(/-H (?:'([^']*)'|"([^"]*)")/g)].map(([, single, double]) => (single ?? double).split(": "));
  return {
    query: new URL(line.match(/https?:[^\s'"]+/)?.[0] ?? "http://localhost").searchParams,
    login: line.match(/-u "?([^\s"]+)/)?.[1],
    headers: Object.fromEntries(headers),
  };
}

/** The field for the credentials: as the curl line has them, or with a hint where they come from. */
function credentialsField(header, { login, headers }, isInBody) {
  if (isInBody) {
    return field(header, "", { hint: "The body has the client’s credentials. A request may have them in one place alone." });
  }
  if (login && !login.includes("$")) {
    return field(header, `Basic ${btoa(login)}`, { hint: `HTTP Basic with ${login}, as in the request above.` });
  }
  if (login) {
    const hint = "Basic, a space, and the base64 of id:key. Both are in keys/demo-credentials.env on the server.";
    return field(header, "", { placeholder: "Basic …", hint });
  }
  const variable = headers[header]?.match(/\$(\w+)/)?.[1];
  if (!variable) {
    return field(header, "");
  }
  const placeholder = headers[header].replace(`$${variable}`, "eyJ…");
  const hint = `It takes a token. The request above puts one into ${variable}: run its lines in a shell, then echo $${variable}.`;
  return field(header, "", { placeholder, hint });
}

/** A form that sends an operation's request to this server once its button is pressed, and shows the answer. */
function addTry(fold) {
  const operation = fold.querySelector("div");
  const [method, path] = all("summary b, summary code", fold).map((it) => it.textContent);
  const { header, changesAll } = operation.dataset;
  const command = lastCommand(operation);
  const parameters = all(".members:not(.answers) dt", operation).map((term) => {
    const name = term.querySelector("code").textContent;
    const example = all("small code", term.nextElementSibling).at(-1).textContent;
    const isPath = term.querySelector("small").textContent.startsWith("path");
    return { isPath, ...field(name, isPath ? example : command.query.get(name) ?? "", { placeholder: `such as ${example}` }) };
  });
  const example = operation.querySelector("pre[data-media]");
  const hint = example?.textContent.includes("eyJ…") ? "Put a whole token in place of eyJ…." : "";
  const body = example && field("Body", example.textContent, { kind: "textarea", hint });
  const credentials = header && credentialsField(header, command, example?.textContent.includes("client_secret="));
  const button = make("button", { className: "button", textContent: "Try it" });
  const answer = make("div", { className: "answer", hidden: true });
  const fields = [...parameters, credentials, body].filter(Boolean);
  const says = "This changes the server for everybody who uses it.";
  const warning = changesAll === undefined ? [] : [make("p", { className: "warning", textContent: says })];
  const form = make("form", { className: "try" }, ...fields.map(({ label }) => label), ...warning, make("p", {}, button), answer);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    let address = path;
    const query = new URLSearchParams();
    for (const { isPath, name, input } of parameters) {
      if (isPath) {
        address = address.replace(`{${name}}`, encodeURIComponent(input.value));
      } else if (input.value) {
        query.append(name, input.value);
      }
    }
    const headers = command.headers.Accept ? { Accept: command.headers.Accept } : {};
    if (body?.input.value) {
      headers["Content-Type"] = example.dataset.media;
    }
    if (credentials?.input.value) {
      headers[header] = credentials.input.value;
    }
    // A request with a header of its own needs no cookie. Without cookies, a 401 opens no password window of the browser.
    const credentialsMode = header ? "omit" : "same-origin";
    // The issuer redirects to its clients, which are other sites.
    const redirect = path.startsWith("/oauth/") ? "manual" : "follow";
    const request = { method, headers, redirect, body: body?.input.value || undefined, credentials: credentialsMode };
    send(`${address}${query.size ? `?${query}` : ""}`, request, answer);
  });
  operation.append(form);
  if (example) {
    example.hidden = true;
  }
}

/** Sends a request, and sets out the answer: its status, its body or a link to its page, and its headers, folded. */
async function send(address, request, place) {
  const status = make("p", { textContent: "Sending …" });
  status.setAttribute("role", "status");
  place.hidden = false;
  place.replaceChildren(status);
  try {
    const answer = await fetch(address, request);
    if (answer.type === "opaqueredirect") {
      status.textContent = "A redirect. A page may not read where it leads; the curl line above shows it.";
      return;
    }
    const text = await answer.text();
    const moved = answer.redirected ? `, after a redirect to ${new URL(answer.url).pathname}` : "";
    status.replaceChildren(make("strong", { textContent: `${answer.status} ${answer.statusText}` }), moved);
    place.append(...bodyOf(answer, text, request.method), headersOf(answer));
  } catch (error) {
    status.textContent = `The request could not be sent: ${error.message}`;
  }
}

/** The body of an answer with a button that copies it. A page has a link in place of its source. */
function bodyOf(answer, text, method) {
  const isPage = answer.headers.get("content-type")?.startsWith("text/html");
  if (isPage && (method === "GET" || answer.redirected)) {
    return [make("p", { className: "actions" }, make("a", { href: answer.url, textContent: "Open this page" }))];
  }
  if (!text) {
    return [make("p", { textContent: "It has no body." })];
  }
  const shown = indented(text);
  const box = make("pre", { textContent: shown, tabIndex: 0, ariaLabel: "The body of the answer" });
  box.setAttribute("role", "region");
  return [make("p", { className: "actions" }, "Body", copyButton(shown)), box];
}

/** JSON with a member a line. What is no JSON stays as it is, and so do numbers that would not be the same again. */
function indented(text) {
  try {
    const value = JSON.parse(text);
    return JSON.stringify(value) === text.trim() ? JSON.stringify(value, null, 2) : text;
  } catch {
    return text;
  }
}

/** The headers of an answer, folded. */
function headersOf(answer) {
  const lines = [...answer.headers].map(([name, value]) => `${name}: ${value}`);
  const summary = make("summary", { textContent: `${lines.length} header${lines.length === 1 ? "" : "s"}` });
  return make("details", {}, summary, make("pre", { textContent: lines.join("\n"), tabIndex: 0 }));
}

/** Fills the bench with the token of the address's fragment, which no browser sends, and makes such addresses. */
function shareToken(form) {
  const token = form.elements.namedItem("token");
  const note = document.getElementById("shared");
  const takeShared = () => {
    const shared = new URLSearchParams(location.hash.slice(1)).get("token");
    if (shared) {
      token.value = shared;
      note.hidden = false;
    }
  };
  takeShared();
  const button = make("button", { type: "button", className: "copy", textContent: "Copy a link to this token" });
  button.addEventListener("click", () => {
    const fragment = new URLSearchParams({ token: token.value.trim() });
    copy(`${location.origin}${location.pathname}#${fragment}`, button);
  });
  const offer = () => {
    button.hidden = !token.value.trim();
    missing.hidden = !button.hidden;
  };
  const missing = make("span", { textContent: "Put a token into the field first, and a button here makes the link." });
  token.addEventListener("input", offer);
  document.getElementById("share").append(button, missing);
  offer();
  // Another link that is opened in the same tab loads nothing.
  addEventListener("hashchange", () => {
    takeShared();
    offer();
  });
}

/** Marks the field that the verdict on a wrong answer leads back to. The verdict describes it. */
function markWrong(link) {
  const field = document.getElementById(link.hash.slice(1));
  if (field?.matches("input, select, textarea")) {
    link.parentElement.id = "says";
    field.ariaInvalid = "true";
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} says`.trim());
  }
}

all("[data-exp]").forEach(countDown);
all("[data-reach]").forEach(showReach);
all(".command, .token-text").forEach(addCopyButton);
all(".manual .block > .listing:not(.output) pre, .snippets pre, pre.card, [aria-labelledby=background] pre, [aria-labelledby=do] pre, [aria-labelledby=verdict] pre")
  .filter((it) => !it.closest(".command, .token-part, [data-plain]"))
  .forEach(addCopyButtonToListing);
all("#filter").forEach(addFilter);
all("form#bench").forEach(shareToken);
all(".verdict-card.wrong a[href^='#']").forEach(markWrong);
openTarget();
for (const fold of all(".operation > details")) {
  if (fold.open) {
    addTry(fold);
  } else {
    fold.addEventListener("toggle", () => addTry(fold), { once: true });
  }
}
addEventListener("hashchange", openTarget);

// The form that brings a client its code (OAuth 2.0 Form Post Response Mode). Without a script, its button does.
for (const form of all("form[data-submit]")) {
  form.submit();
}

// The hints: what they add is put into the page as it stands, so that the last verdict stays too.
document.addEventListener("submit", async (event) => {
  const { submitter: button, target: form } = event;
  const help = button?.closest("#help");
  if (!help) {
    return;
  }
  event.preventDefault();
  const answer = await fetch(button.formAction, { method: "POST", body: new URLSearchParams(new FormData(form, button)) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const more = page.querySelector("#help");
  if (!more) {
    location.reload();
    return;
  }
  help.replaceChildren(...more.childNodes);
  help.setAttribute("role", "status");
  help.querySelector("button")?.focus();
});

/** Keeps the teacher's board as it is now: each event brings the table. Says so while it cannot. */
function follow(board) {
  const status = make("p", { className: "live" });
  status.setAttribute("role", "status");
  board.before(status);
  let notice;
  const say = (words) => {
    clearTimeout(notice);
    notice = undefined;
    status.textContent = words;
  };
  const connect = () => {
    const events = new EventSource(board.dataset.board);
    events.addEventListener("open", () => say(""));
    events.addEventListener("error", async () => {
      // A browser that comes back at once was not away.
      notice ??= setTimeout(() => say("Not live: reconnecting …"), 1500);
      if (events.readyState !== EventSource.CLOSED) {
        return;
      }
      // The server answered, but with no events: the browser does not try again by itself.
      const answer = await fetch("/class/board.json", { method: "HEAD" }).catch(() => undefined);
      if (answer?.status === 403) {
        say("Not live: this browser is no longer the teacher’s. Open your link again.");
      } else {
        setTimeout(connect, 3000);
      }
    });
    listen(board, events);
  };
  connect();
}

/** What the board does with each kind of event. */
function listen(board, events) {
  // The code of the class, or what pupils see, is another now.
  events.addEventListener("settings", (event) => {
    if (event.data !== board.dataset.settings) {
      const address = new URL(location.href);
      address.searchParams.delete("done");
      history.replaceState(null, "", address);
      location.reload();
    }
  });
  events.addEventListener("board", (event) => {
    const table = new DOMParser().parseFromString(event.data, "text/html").body;
    // Whoever is about to follow a link keeps it, and does not lose their place in the table.
    const focused = board.contains(document.activeElement) ? document.activeElement : undefined;
    const name = focused?.textContent;
    const [left, top] = [board.firstElementChild?.scrollLeft ?? 0, board.firstElementChild?.scrollTop ?? 0];
    board.replaceChildren(...table.childNodes);
    // The row that the address leads to has been replaced too.
    const row = document.getElementById(location.hash.slice(1));
    if (row && board.contains(row)) {
      row.classList.add("target");
    }
    board.firstElementChild?.scrollTo(left, top);
    if (name) {
      const same = [...board.querySelectorAll("a")].find((it) => it.textContent === name);
      same?.focus({ preventScroll: true });
    }
  });
}

all("[data-board]").forEach(follow);
