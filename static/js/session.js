// Admin: keeps the session alive while someone types, says who else has the form open, and sends no form without a session, and none
// twice.
"use strict";
(() => {
  const { url } = document.currentScript.dataset;
  const INTERVAL_MS = 60 * 1000, AGAIN_MS = 5000;
  const dialog = document.getElementById("signed-out");
  const place = document.getElementById("presence");
  let last = Date.now();
  // The form that waits for the answer, with its button, and whether it has passed.
  let waiting = null;
  let passes = false;
  // What was sent a moment ago: its page is on its way. A download leaves the form as it is.
  let sent = "";

  // The answer of the site, or null without a session.
  async function ask() {
    last = Date.now();
    const response = await fetch(url);
    if (response.status === 403) return null;
    const answer = await response.json();
    place.replaceChildren(...answer.others.map((words) => Object.assign(document.createElement("p"), { textContent: words })));
    place.hidden = !answer.others.length;
    return answer;
  }

  async function send() {
    if (!waiting) return;
    const [form, button] = waiting;
    // Without an answer the browser says that the network or the site fails.
    const answer = await ask().catch(() => ({}));
    // Coming back to the window asks too: the first answer sends the form, the second finds it sent.
    if (waiting?.[0] !== form) return;
    if (!answer) {
      if (!dialog.open) dialog.showModal();
      return;
    }
    dialog.close();
    // A sign-in in another window has changed the token.
    const field = form.querySelector("[name=csrfmiddlewaretoken]");
    if (field && answer.token) field.value = answer.token;
    waiting = null;
    passes = true;
    form.requestSubmit(button);
    passes = false;
  }

  // Of all listeners the first, so that the others hear of a form only when it is sent.
  addEventListener("submit", (event) => {
    const { target: form, submitter: button } = event;
    if (form.getAttribute("method") !== "post" || button?.formTarget === "_blank") return;
    const content = [button?.name, new URLSearchParams(new FormData(form))].join();
    if (passes) {
      // Other listeners may prevent it.
      queueMicrotask(() => { if (!event.defaultPrevented) sent = content; });
      setTimeout(() => { sent = ""; }, AGAIN_MS);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (waiting || content === sent) return;
    waiting = [form, button];
    send();
  }, { capture: true });

  addEventListener("pageshow", () => { sent = ""; });
  addEventListener("focus", () => { if (dialog.open) send(); });
  document.getElementById("signed-out-send").addEventListener("click", send);
  dialog.addEventListener("cancel", () => { waiting = null; });
  document.addEventListener("input", () => {
    if (Date.now() - last > INTERVAL_MS) ask().catch(() => {});
  });
  if ("shown" in place.dataset) ask().catch(() => {});
})();
