// Admin: keeps the session alive while someone types. Sends a request at most every five minutes.
(() => {
  const INTERVAL_MS = 5 * 60 * 1000;
  const url = document.currentScript.dataset.url;
  let last = Date.now();
  document.addEventListener("input", () => {
    if (Date.now() - last < INTERVAL_MS) return;
    last = Date.now();
    fetch(url).catch(() => {});
  });
})();
