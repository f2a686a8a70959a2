// Keeps the page of a batch up to date while the worker goes on with it.
(function () {
  "use strict";

  async function look() {
    const shown = document.getElementById("batch");
    // Not while a button has the focus: it would be pulled from under the finger.
    if (!shown.contains(document.activeElement)) {
      try {
        const answer = await fetch(location.pathname, { credentials: "same-origin" });
        if (answer.ok && !answer.redirected) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          shown.replaceWith(document.adoptNode(page.getElementById("batch")));
        }
      } catch {
        // The network is away for a moment: the next look may do better.
      }
    }
    if ("moves" in document.getElementById("batch").dataset) setTimeout(look, 1000);
  }

  setTimeout(look, 1000);
})();
