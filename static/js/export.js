/* Admin: shows the progress of an export while the browser downloads the file. */
(function () {
  "use strict";

  const box = document.querySelector(".export-progress");
  const form = document.getElementById("export_form");
  const button = form && form.querySelector("[type=submit]");
  const INTERVAL_MS = 1000;
  // Requests without a result before giving up: a rejected export never starts.
  const MAX_ATTEMPTS = 30;
  let attempts = 0;

  async function update() {
    let response = null;
    try {
      response = await fetch(box.dataset.url);
    } catch {
      // Network error: the next request may succeed.
    }
    const found = response && response.status === 200 && !response.redirected;
    if (found) {
      box.innerHTML = await response.text();
    }
    const progress = box.firstElementChild;
    const ended = found && progress.dataset.state !== "running";
    // Screen readers announce only the end.
    box.setAttribute("aria-busy", String(!ended));
    attempts = found ? 0 : attempts + 1;
    if (ended || attempts > MAX_ATTEMPTS) {
      reset(progress);
    } else {
      setTimeout(update, INTERVAL_MS);
    }
  }

  // Enable the form again, with the id of the next export.
  function reset(progress) {
    if (form && progress) {
      box.dataset.url = box.dataset.url.replace(form.elements.export.value, progress.dataset.next);
      form.elements.export.value = progress.dataset.next;
    }
    if (button) {
      button.disabled = false;
    }
  }

  if (form) {
    form.addEventListener("submit", function () {
      box.replaceChildren();
      attempts = 0;
      // After the event: a button disabled during it would keep the form from being sent.
      setTimeout(function () {
        button.disabled = true;
        update();
      });
    });
  } else {
    setTimeout(update, INTERVAL_MS);
  }
})();
