// Asks before someone leaves a form of the admin with words in it that are not saved. Without it nothing is missing but the question.
"use strict";

for (const form of document.querySelectorAll("#content-main form[method=post][id$=_form]")) {
  // Rich text editors keep what is typed in a field of the form: the fields tell all.
  const state = () => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));
  // A form that came back with errors holds words that nobody has saved.
  let saved = form.querySelector(".errornote") ? "" : null;
  let leaves = false;

  // What scripts put in order before anyone touches the form is no change.
  for (const event of ["pointerdown", "focusin", "keydown", "input"]) {
    form.addEventListener(event, () => { saved ??= state(); }, { capture: true });
  }
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget !== "_blank") leaves = true;
  });
  // Coming back by the browser's own button finds the form as it was left.
  addEventListener("pageshow", () => { leaves = false; });
  addEventListener("beforeunload", (event) => {
    if (!leaves && saved !== null && state() !== saved) event.preventDefault();
  });
}
