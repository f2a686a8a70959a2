// Admin: asks before leaving a form with unsaved changes, keeps its files when it is refused, and leads from a finding or an error
// to its field.
"use strict";

for (const form of document.querySelectorAll("#content form[method=post][id$=_form]")) {
  // Rich text editors write into a field of the form, so the fields hold all input.
  const isShown = (name) => form.elements.namedItem(name)?.type !== "hidden";
  const state = () => JSON.stringify(
    [...new FormData(form)].flatMap(([name, value]) => (isShown(name) ? [name, value.name ?? value] : [])),
  );
  // A form redisplayed with errors, or as typed, contains unsaved input, and so do fields that were filled before this script came.
  const typed = [...form.querySelectorAll("input:not([type=hidden], [type=checkbox]), textarea")];
  const isTyped = typed.some((field) => field.value !== field.defaultValue);
  let saved = isTyped || form.querySelector(".errornote, [data-unsaved]") ? "" : null;
  let isSubmitting = false;

  // The state is taken at the first interaction: changes made by scripts before it do not count.
  for (const event of ["pointerdown", "focusin", "keydown", "input"]) {
    form.addEventListener(event, () => { saved ??= state(); }, { capture: true });
  }
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget !== "_blank") isSubmitting = true;
  });
  // The back button can restore the page from the back/forward cache.
  addEventListener("pageshow", () => { isSubmitting = isSentByBrowser = form.inert = false; });
  // Both for static/js/drafts.js too.
  form.isUnsaved = () => saved !== null && state() !== saved;
  form.mark = (isSaved) => { saved = isSaved ? state() : ""; };
  addEventListener("beforeunload", (event) => {
    if (!isSubmitting && form.isUnsaved()) event.preventDefault();
  });
}

// The errors of a refused form have the focus, or the findings after “Check”.
function tell() {
  const refusal = document.querySelector(".error-summary, .conflict") ?? document.querySelector(".errornote, .checks[data-unsaved]");
  if (!refusal) return;
  refusal.tabIndex = -1;
  refusal.focus();
}

// A browser does not send files a second time. So this script sends a form that has some, and if it is refused puts what the site says
// into this page (StaffSite.admin_view). It comes after all other listeners, which may stop the form. Other forms have no
// `isUnsaved`.
const SAID = ".errornote, .errorlist.nonfield, .error-summary, .conflict, .checks";
let isSentByBrowser = false;
addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const hasFiles = [...form.querySelectorAll("input[type=file]")].some((input) => input.value);
  if (!form.isUnsaved || event.defaultPrevented || isSentByBrowser || !hasFiles || submitter?.formTarget === "_blank") return;
  event.preventDefault();
  const body = new FormData(form);
  // Without its button a draft would be published. Browsers before 2023 ignore a second argument of FormData.
  if (submitter?.name) body.append(submitter.name, submitter.value);
  form.inert = true;
  try {
    const response = await fetch(form.action, { method: "POST", body, headers: { "x-files": "kept" } });
    if (response.headers.get("content-type") === "application/json") {
      location.assign((await response.json()).url);
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const said = page.querySelectorAll(SAID);
    if (!said.length) throw new Error("another page");
    for (const old of form.querySelectorAll(`${SAID}, .errorlist`)) old.remove();
    form.querySelector(":scope > div").prepend(...said);
    for (const errors of page.querySelectorAll(".errorlist[id]")) document.getElementById(errors.id.replace(/_error$/, ""))?.before(errors);
    document.title = page.title;
    // As after coming back to a form.
    dispatchEvent(new Event("pageshow"));
    tell();
  } catch {
    // The browser shows what fails.
    form.inert = false;
    isSentByBrowser = true;
    form.requestSubmit(submitter);
  }
});

document.addEventListener("click", ({ target }) => {
  const link = target.closest(":is(.checks, .error-summary) a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  const closed = field?.closest("details:not([open])");
  if (closed) closed.open = true;
  field?.focus();
});

// After Django's own script, which sets the focus on the first field.
addEventListener("load", tell);
