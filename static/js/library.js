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

  /* Open the dialog; resolves to the chosen picture or null. */
  function choose(config) {
    const words = config.words;
    return new Promise((resolve) => {
      let page = 1, chosen = null, requests = 0;
      const search = make("input", { type: "search", id: "library-search", maxlength: 100 });
      const status = make("p", { role: "status" });
      const list = make("ul", { class: "library-list" });
      const newer = make("button", { type: "button", class: "button", click: () => show(page - 1) }, words.newer);
      const older = make("button", { type: "button", class: "button", click: () => show(page + 1) }, words.older);
      const dialog = make(
        "dialog", { class: "library", "aria-labelledby": "library-title" },
        make("div", { class: "library-head" },
          make("h2", { id: "library-title" }, words.title),
          make("button", { type: "button", class: "button", click: () => dialog.close() }, words.close)),
        make("form", { submit: (event) => { event.preventDefault(); show(1); } },
          make("label", { for: "library-search" }, words.search), search),
        status, list,
        make("div", { class: "library-foot" }, newer, older,
          make("a", { href: config.add, target: "_blank" }, words.add)),
      );

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
          status.textContent = found.count ? `${words.found} ${found.count}` : words.none;
          newer.hidden = page <= 1;
          older.hidden = page >= found.pages;
        } catch {
          status.textContent = words.failed;
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
    } }, config.words.choose);
    select.addEventListener("change", updateThumbnail);
    const box = make("div", { class: "picture-choice" });
    select.replaceWith(box);
    box.append(image, select, button);
    updateThumbnail();
  }
})();
