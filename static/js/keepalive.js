// Typing is work: the session does not end while someone writes a long text. Asked at most every five minutes.
(() => {
  const PAUSE = 5 * 60 * 1000;
  const address = document.currentScript.dataset.url;
  let last = Date.now();
  document.addEventListener("input", () => {
    if (Date.now() - last < PAUSE) return;
    last = Date.now();
    fetch(address).catch(() => {});
  });
})();
