/* Admin: shows how far an export is while the browser takes the file. */
(function () {
  "use strict";

  const box = document.querySelector(".export-progress");
  const form = document.getElementById("export_form");
  const button = form && form.querySelector("[type=submit]");
  const EVERY = 1000;
  // An export that cannot be made shows a page of its own, and nothing comes of asking.
  const PATIENCE = 30;
  let waited = 0;

  async function look() {
    let answer = null;
    try {
      answer = await fetch(box.dataset.url);
    } catch {
      // The line may come back.
    }
    const found = answer && answer.status === 200 && !answer.redirected;
    if (found) {
      box.innerHTML = await answer.text();
    }
    const piece = box.firstElementChild;
    const ended = found && piece.dataset.state !== "running";
    // Only the end is worth being read aloud.
    box.setAttribute("aria-busy", String(!ended));
    waited = found ? 0 : waited + 1;
    if (ended || waited > PATIENCE) {
      ready(piece);
    } else {
      setTimeout(look, EVERY);
    }
  }

  // The same page can export once more, under another number.
  function ready(piece) {
    if (form && piece) {
      box.dataset.url = box.dataset.url.replace(form.elements.export.value, piece.dataset.next);
      form.elements.export.value = piece.dataset.next;
    }
    if (button) {
      button.disabled = false;
    }
  }

  if (form) {
    form.addEventListener("submit", function () {
      box.replaceChildren();
      waited = 0;
      // After the form is on its way: a button that is off sends nothing.
      setTimeout(function () {
        button.disabled = true;
        look();
      });
    });
  } else {
    setTimeout(look, EVERY);
  }
})();
