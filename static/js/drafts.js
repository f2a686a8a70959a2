// A form of content saves itself as a draft every thirty seconds while somebody types (DraftedAdmin.changeform_view).
"use strict";

{
  const note = document.querySelector(".saved[role=status]"), form = note.closest("form");
  const files = () => [...form.querySelectorAll("input[type=file]")];
  let isGone = false, sending = null;

  const save = async () => {
    if (isGone || !form.isUnsaved()) return;
    // What is typed from now on is sent next time.
    form.mark(true);
    const data = new FormData(form), minutes = files().some((input) => input.value) ? 10 : 1;
    data.set("_autosave", "1");
    let answer;
    try {
      const signal = AbortSignal.timeout(minutes * 60000);
      const response = await fetch(form.action || location.href, { method: "POST", body: data, redirect: "error", signal });
      answer = await response.json();
    } catch {
      // No network, or the session has ended, which leads to the sign-in: the next attempt sends the same words.
      form.mark(false);
      return;
    }
    if (isGone) return;
    if (!answer.saved) {
      form.mark(false);
      note.textContent = `${note.dataset.refused} ${answer.error}`;
      return;
    }
    note.textContent = answer.saved;
    for (const [name, value] of Object.entries(answer.fields)) {
      const field = form.elements.namedItem(name);
      if (field) field.value = value;
    }
    // A file was sent once.
    for (const input of files()) input.value = "";
    form.action = answer.url;
    history.replaceState(null, "", answer.url);
  };

  const begin = () => { sending ??= save().finally(() => { sending = null; }); };
  setInterval(begin, 30000);
  form.addEventListener("submit", async (event) => {
    const { submitter } = event;
    // A preview in another tab does not leave the form.
    if (submitter?.formTarget === "_blank") return;
    if (!sending) {
      isGone = true;
      return;
    }
    // The answer has the row and the version that the next request names.
    event.preventDefault();
    note.textContent = note.dataset.saving;
    await sending;
    // A second press waited too.
    if (!isGone) form.requestSubmit(submitter);
  });
  addEventListener("pageshow", () => { isGone = false; });
}
