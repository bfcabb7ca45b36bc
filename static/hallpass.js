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
    ended.textContent = "The token has just expired. Show details asks the server again.";
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
