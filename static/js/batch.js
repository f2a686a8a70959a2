// Admin: updates the page of a batch or a mailing while the worker is at it: every second, or every `data-every` seconds.
(function () {
  "use strict";

  async function update() {
    const current = document.getElementById("batch");
    // Not while a button has the focus: replacing it would lose the focus or the press.
    if (!current.contains(document.activeElement)) {
      try {
        const response = await fetch(location.pathname, { credentials: "same-origin" });
        if (response.ok && !response.redirected) {
          const page = new DOMParser().parseFromString(await response.text(), "text/html");
          current.replaceWith(document.adoptNode(page.getElementById("batch")));
        }
      } catch {
        // Network error: the next update may succeed.
      }
    }
    schedule();
  }

  function schedule() {
    const state = document.getElementById("batch").dataset;
    if ("inProgress" in state) setTimeout(update, 1000 * (state.every || 1));
  }

  schedule();
})();
