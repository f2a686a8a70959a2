// Admin: asks before leaving a form with unsaved changes, and leads from a finding or an error to its field.
"use strict";

for (const form of document.querySelectorAll("#content form[method=post][id$=_form]")) {
  // Rich text editors write into a field of the form, so the fields hold all input.
  const isShown = (name) => form.elements.namedItem(name)?.type !== "hidden";
  const state = () => JSON.stringify([...new FormData(form)].flatMap(([name, value]) => (isShown(name) ? [name, value.name ?? value] : [])));
  // A form redisplayed with errors, or as typed, contains unsaved input.
  let saved = form.querySelector(".errornote, [data-unsaved]") ? "" : null;
  let isSubmitting = false;

  // The state is taken at the first interaction: changes made by scripts before it do not count.
  for (const event of ["pointerdown", "focusin", "keydown", "input"]) {
    form.addEventListener(event, () => { saved ??= state(); }, { capture: true });
  }
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget !== "_blank") isSubmitting = true;
  });
  // The back button can restore the page from the back/forward cache.
  addEventListener("pageshow", () => { isSubmitting = false; });
  // Both for static/js/drafts.js too.
  form.isUnsaved = () => saved !== null && state() !== saved;
  form.mark = (isSaved) => { saved = isSaved ? state() : ""; };
  addEventListener("beforeunload", (event) => {
    if (!isSubmitting && form.isUnsaved()) event.preventDefault();
  });
}

for (const link of document.querySelectorAll(":is(.checks, .error-summary) a[href^='#']")) {
  link.addEventListener("click", () => {
    const field = document.getElementById(link.hash.slice(1));
    const closed = field?.closest("details:not([open])");
    if (closed) closed.open = true;
    field?.focus();
  });
}

// After Django's own script, which sets the focus on the first field.
addEventListener("load", () => {
  const refusal = document.querySelector(".error-summary, .conflict") ?? document.querySelector(".errornote");
  if (!refusal) return;
  refusal.tabIndex = -1;
  refusal.focus();
});
