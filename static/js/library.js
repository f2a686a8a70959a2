/* Admin: the picture library, a dialog to browse and search it, and a button that opens it beside each choice of a picture. */
(() => {
  "use strict";

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  }

  async function ask(config, parameters) {
    const response = await fetch(`${config.library}?${new URLSearchParams(parameters)}`, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(response.status);
    return response.json();
  }

  /* The part of the dialog that uploads a picture: the form below the dialog keeps what was typed, also if the upload fails. */
  function uploadForm(config, done) {
    const words = config.words;
    const status = make("p", { role: "status" });
    const problems = {};

    function field(name, label, help, attributes) {
      const about = `upload-${name}-help upload-${name}-problem`;
      const input = make("input", { id: `upload-${name}`, name, "aria-describedby": about, ...attributes });
      problems[name] = make("p", { class: "errornote", id: `upload-${name}-problem` });
      problems[name].hidden = true;
      const parts = [make("label", { for: input.id }, label), input];
      if (attributes.type === "checkbox") parts.reverse();
      return make("div", { class: `upload-${attributes.type}` }, ...parts,
        make("p", { class: "help", id: `upload-${name}-help` }, help), problems[name]);
    }

    function report(errors) {
      for (const [name, problem] of Object.entries(problems)) {
        problem.textContent = (errors[name] || []).join(" ");
        problem.hidden = !problem.textContent;
        form.elements[name].setAttribute("aria-invalid", String(!problem.hidden));
      }
      status.textContent = (errors.__all__ || []).join(" ");
      const wrong = form.querySelector("[aria-invalid=true]");
      if (wrong) wrong.focus();
    }

    async function send(event) {
      event.preventDefault();
      report({});
      const [file] = form.elements.file.files;
      if (file && file.size > config.maxBytes) return report({ file: [`${file.name}: ${config.tooLarge}`] });
      const body = new FormData(form);
      body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
      status.textContent = gettext("The picture is being uploaded …");
      button.disabled = true;
      try {
        const response = await fetch(config.library, { method: "POST", body, headers: { Accept: "application/json" } });
        if (!response.ok) throw new Error(response.status);
        const answer = await response.json();
        if (answer.picture) return done(answer.picture);
        if (answer.errors.file && file) answer.errors.file = answer.errors.file.map((each) => `${file.name}: ${each}`);
        report(answer.errors);
      } catch {
        status.textContent = gettext("The picture was not uploaded. Nothing you typed is lost. Are you still signed in? Try again.");
      } finally {
        button.disabled = false;
      }
    }

    const button = make("button", { type: "submit", class: "button default" }, gettext("Upload it and use it here"));
    // Without the browser's own messages, which are in its language.
    const form = make("form", { novalidate: true, submit: send },
      field("file", words.file.label, words.file.help, { type: "file", accept: "image/jpeg,image/png,image/webp" }),
      ...Object.entries(config.languages).map(([code, name]) =>
        field(`alt_${code}`, `${words.alt_sq.label} (${name})`, words.alt_sq.help, { type: "text", lang: code, maxlength: 250 })),
      field("is_decorative", words.is_decorative.label, words.is_decorative.help, { type: "checkbox" }),
      status, button);
    return make("details", { class: "library-upload" }, make("summary", {}, gettext("Upload a new picture")), form);
  }

  /* Open the dialog; resolves to the chosen picture or null. */
  function choose(config) {
    return new Promise((resolve) => {
      let page = 1, chosen = null, requests = 0;
      const search = make("input", { type: "search", id: "library-search", maxlength: 100 });
      const status = make("p", { role: "status" });
      const list = make("ul", { class: "library-list" });
      const newer = make("button", { type: "button", class: "button", click: () => show(page - 1) }, gettext("Newer"));
      const older = make("button", { type: "button", class: "button", click: () => show(page + 1) }, gettext("Older"));
      const dialog = make(
        "dialog", { class: "library", "aria-labelledby": "library-title" },
        make("div", { class: "library-head" },
          make("h2", { id: "library-title" }, gettext("Choose a picture")),
          make("button", { type: "button", class: "button", click: () => dialog.close() }, gettext("Close"))),
        make("form", { submit: (event) => { event.preventDefault(); show(1); } },
          make("label", { for: "library-search" }, gettext("Search by what it shows")), search),
        status, list,
        make("div", { class: "library-foot" }, newer, older),
      );
      const upload = uploadForm(config, (picture) => { chosen = picture; dialog.close(); });
      upload.hidden = true;
      dialog.append(upload);

      function entry(picture) {
        const button = make("button", { type: "button", click: () => { chosen = picture; dialog.close(); } },
          make("img", { src: picture.url, alt: "" }), make("span", {}, picture.name));
        return make("li", {}, button);
      }

      async function show(number) {
        const request = ++requests;
        try {
          const found = await ask(config, { q: search.value, page: number });
          // Only the latest request is shown.
          if (request !== requests) return;
          page = found.page;
          list.replaceChildren(...found.pictures.map(entry));
          const none = search.value ? gettext("No pictures match your search.") : gettext("There are no pictures yet.");
          status.textContent = found.count ? `${gettext("Pictures found:")} ${found.count}` : none;
          newer.hidden = page <= 1;
          older.hidden = page >= found.pages;
          upload.hidden = !found.may_add;
        } catch {
          status.textContent = gettext("The library cannot be opened. Are you still signed in, and are you allowed to see pictures?");
        }
      }

      let wait;
      search.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(() => show(1), 250); });
      // A picture added in another window appears on return.
      const refresh = () => show(page);
      window.addEventListener("focus", refresh);
      dialog.addEventListener("close", () => {
        window.removeEventListener("focus", refresh);
        dialog.remove();
        resolve(chosen);
      });
      newer.hidden = older.hidden = true;
      document.body.append(dialog);
      dialog.showModal();
      search.focus();
      show(1);
    });
  }

  window.pictureLibrary = { ask, choose, make };

  for (const select of document.querySelectorAll("select[data-library]")) {
    const config = JSON.parse(select.dataset.library);
    const image = make("img", { class: "thumbnail", alt: "" });
    image.hidden = true;
    const updateThumbnail = async () => {
      image.hidden = true;
      if (!select.value) return;
      const found = await ask(config, { id: select.value }).catch(() => ({ pictures: [] }));
      for (const picture of found.pictures) {
        image.src = picture.url;
        image.hidden = false;
      }
    };
    const button = make("button", { type: "button", class: "button", click: async () => {
      const picture = await choose(config);
      button.focus();
      if (!picture) return;
      if (![...select.options].some((option) => option.value === String(picture.id))) {
        select.add(new Option(picture.name, picture.id));
      }
      select.value = picture.id;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    } }, gettext("Choose from the library"));
    select.addEventListener("change", updateThumbnail);
    const box = make("div", { class: "picture-choice" });
    select.replaceWith(box);
    box.append(image, select, button);
    updateThumbnail();
  }
})();
