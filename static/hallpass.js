// What only a script can do. Without it every page still says everything.

// The countdown: goes on from where the server's clock stood when the page was made, not from this machine's clock.
for (const left of document.querySelectorAll("[data-exp]")) {
  const row = left.parentElement;
  const bar = row.querySelector("progress");
  const ended = row.querySelector(".ended");
  const span = Number(left.dataset.exp) - Number(left.dataset.now);
  const start = performance.now();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  const words = (seconds) => {
    const whole = Math.floor(seconds);
    const [large, small, big, little] =
      whole < 60 ? [whole, 0, "s", ""]
      : whole < 3600 ? [Math.floor(whole / 60), whole % 60, "min", "s"]
      : whole < 86400 ? [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), "h", "min"]
      : [Math.floor(whole / 86400), Math.floor((whole % 86400) / 3600), "d", "h"];
    return small ? `${large} ${big} ${small} ${little}` : `${large} ${big}`;
  };

  const end = () => {
    left.textContent = "0 s left";
    bar.value = 0;
    ended.textContent = left.dataset.ended ?? "The token has just expired. Show details asks the server again.";
    for (const said of document.querySelectorAll("[data-then]")) {
      said.textContent = said.dataset.then;
    }
  };

  const tick = () => {
    const seconds = span - (performance.now() - start) / 1000;
    if (seconds <= 0) {
      end();
      return;
    }
    left.textContent = `${words(seconds)} left`;
    bar.value = Math.floor(seconds);
    setTimeout(tick, (seconds % 1) * 1000 + 20);
  };

  if (!still) {
    row.querySelector(".at").textContent = row.querySelector(".at").textContent.replace("when this page was made, ", "");
    tick();
  } else if (span * 1000 < 2 ** 31) {
    setTimeout(end, span * 1000);
  }
}

// What script can reach: reads what a script of this page can read, and asks for an echo of what its request carried.
for (const table of document.querySelectorAll("[data-reach]")) {
  const report = (cell, found, words) => {
    cell.textContent = `${found ? "✓" : "✗"} ${words}`;
    cell.className = found ? "passed" : "failed";
  };
  const read = (cell, value) => report(cell, value !== undefined, value === undefined ? "out of reach" : `found: ${value}`);

  const cookies = new Map(document.cookie.split("; ").map((pair) => pair.split("=")));
  for (const cell of table.querySelectorAll("[data-cookie]")) {
    read(cell, cookies.get(cell.dataset.cookie));
  }
  for (const cell of table.querySelectorAll("[data-storage]")) {
    try {
      localStorage.setItem(cell.dataset.storage, "written-by-script");
      read(cell, localStorage.getItem(cell.dataset.storage) ?? undefined);
    } catch {
      report(cell, false, "blocked by this browser's settings");
    }
  }
  fetch(table.dataset.reach)
    .then((answer) => answer.json())
    .then((echo) => {
      for (const cell of table.querySelectorAll("[data-echo]")) {
        const came = echo.cookies.includes(cell.dataset.echo);
        report(cell, came, came ? "arrived" : "did not arrive");
      }
      for (const said of document.querySelectorAll("[data-scripted]")) {
        said.textContent = said.dataset.scripted;
      }
    });
}

// The form that brings a client its code (OAuth 2.0 Form Post Response Mode). Without a script, its button does.
for (const form of document.querySelectorAll("form[data-submit]")) {
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

// The teacher's board: each event brings the table as it is now.
for (const board of document.querySelectorAll("[data-board]")) {
  const events = new EventSource(board.dataset.board);
  events.addEventListener("board", (event) => {
    const table = new DOMParser().parseFromString(event.data, "text/html").body;
    // Whoever is about to press a button keeps it, and does not lose their place in the table.
    const focused = board.contains(document.activeElement) ? document.activeElement : undefined;
    const name = focused?.textContent;
    const [left, top] = [board.firstElementChild?.scrollLeft ?? 0, board.firstElementChild?.scrollTop ?? 0];
    board.replaceChildren(...table.childNodes);
    board.firstElementChild?.scrollTo(left, top);
    if (name) {
      [...board.querySelectorAll("button, a")].find((it) => it.textContent === name)?.focus();
    }
  });
}
