/* Admin: rich text editor over a text area that holds HTML. It is Tiptap, as bundled with django-prose-editor, with our own
   toolbar, labels and pictures. The text area is what is submitted; it is written only when the text is changed. */
const { ask, choose, make } = window.pictureLibrary;

const ICONS = {
  bold: "M7 5h6a3.5 3.5 0 0 1 0 7H7zM7 12h7a3.5 3.5 0 0 1 0 7H7z",
  italic: "M10 5h8M6 19h8M14 5l-4 14",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1-1",
  bullets: "M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01",
  numbers: "M10 6h10M10 12h10M10 18h10M4 4.5 5.2 4v4.5M3.8 11.4c.6-1 2.4-.8 2.4.4 0 1-2.4 1.7-2.4 3h2.6M4 17h2l-1.2 1.6c2 0 1.8 2.4 0 2.4H4",
  quote: "M9 7c-3 1-4 3-4 6v4h5v-5H7M19 7c-3 1-4 3-4 6v4h5v-5h-3",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 2-2 5 4M15.5 9h.01",
  undo: "M8 5 4 9l4 4M4 9h10a5 5 0 0 1 0 10h-4",
  redo: "M16 5l4 4-4 4M20 9H10a5 5 0 0 0 0 10h4",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/* The allowed content: the same as campaign/richtext.py accepts. */
function extensions(tiptap, config, language) {
  const { Node } = tiptap;
  const Link = tiptap.Link.extend({
    addAttributes: () => ({ href: { default: null }, hreflang: { default: null } }),
    addKeyboardShortcuts: () => ({ "Mod-k": ({ editor }) => { editLink(editor, config, language); return true; } }),
  });
  const Picture = Node.create({
    name: "picture", group: "block", atom: true, draggable: true,
    addAttributes: () => ({
      id: { parseHTML: (element) => element.dataset.picture, renderHTML: ({ id }) => ({ "data-picture": id }) },
    }),
    parseHTML: () => [{ tag: "figure[data-picture]" }],
    renderHTML: ({ HTMLAttributes }) => ["figure", HTMLAttributes],
    addNodeView: () => ({ node }) => ({ dom: shownPicture(config, node.attrs.id, language) }),
  });
  const list = Node.create({
    name: "descriptionList", group: "block", content: "(descriptionTerm | descriptionDetails)+",
    parseHTML: () => [{ tag: "dl" }], renderHTML: () => ["dl", 0],
  });
  const term = Node.create({
    name: "descriptionTerm", content: "inline*", defining: true, parseHTML: () => [{ tag: "dt" }], renderHTML: () => ["dt", 0],
  });
  const details = Node.create({
    name: "descriptionDetails", content: "inline*", defining: true, parseHTML: () => [{ tag: "dd" }], renderHTML: () => ["dd", 0],
  });
  return [
    tiptap.Document, tiptap.Paragraph, tiptap.Text, tiptap.HardBreak, tiptap.Bold, tiptap.Italic, tiptap.Blockquote,
    tiptap.Heading.configure({ levels: [2, 3] }), tiptap.BulletList, tiptap.OrderedList, tiptap.ListItem,
    Link.configure({ autolink: false, openOnClick: false }),
    tiptap.History, tiptap.Dropcursor, tiptap.Gapcursor, Picture, list, term, details,
  ];
}

/* The element that shows a picture in the editor. */
function shownPicture(config, id, language) {
  const words = make("figcaption", {}, `${gettext("Picture")} ${id}`);
  const figure = make("figure", { class: "editor-picture", "data-picture": id }, words);
  ask(config, { id }).then(({ pictures: [picture] }) => {
    words.textContent = picture
      ? picture.alt[language] || picture.name
      : gettext("This picture is no longer in the library, so the page does not show it.");
    if (picture) figure.prepend(make("img", { src: picture.url, alt: "" }));
  }).catch(() => {});
  return figure;
}

/* The HTML to store: no paragraphs inside simple list items, no empty paragraphs at the end, one block per line. */
function storedHtml(editor) {
  const box = document.createElement("template");
  box.innerHTML = editor.getHTML();
  const root = box.content;
  for (const item of root.querySelectorAll("li")) {
    const first = item.firstElementChild;
    if (first?.tagName === "P" && !item.querySelector(":scope > p + p, :scope > :not(p) ~ p")) first.replaceWith(...first.childNodes);
  }
  while (root.lastElementChild?.tagName === "P" && !root.lastElementChild.hasChildNodes()) root.lastElementChild.remove();
  for (const listing of root.querySelectorAll("ul, ol, dl")) {
    for (const item of [...listing.children]) item.before("\n");
    listing.append("\n");
  }
  return [...root.children].map((element) => element.outerHTML).join("\n");
}

/* Pasted HTML without styles and event handlers: the CSP would report each of them, and the server removes them anyway. */
function withoutInlineCode(html) {
  return html.replace(/<style[\s\S]*?<\/style>/gi, "").replace(/\s(?:style|on\w+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, "");
}

/* The dialog for a link: the pages of the site by name, in the language of the text, and a field for any other address. Without a
   selection the name of the page, or the address, becomes the text of the link. */
function editLink(editor, config, language) {
  const before = editor.getAttributes("link").href || "";
  const address = make("input", {
    type: "text", id: "link-address", value: before, maxlength: 500, "aria-describedby": "link-help", required: true,
  });
  const search = make("input", {
    type: "search", id: "link-search", maxlength: 100, autocomplete: "off", "aria-describedby": "link-search-help",
  });
  const status = make("p", { role: "status" });
  const list = make("ul", { class: "link-list" });
  const dialog = make(
    "dialog", { class: "link-dialog", "aria-labelledby": "link-title" },
    make("div", { class: "library-head" },
      make("h2", { id: "link-title" }, gettext("Link")),
      make("button", { type: "button", class: "button", click: () => dialog.close() }, gettext("Close"))),
    make("form", { submit: (event) => { event.preventDefault(); find(); } },
      make("label", { for: "link-search" }, gettext("Find a page of this site")),
      make("p", { class: "help", id: "link-search-help" },
        gettext("Part of its title, for example “help”. Choose a page from the list.")),
      search),
    status, list,
    make("form", { class: "link-other", submit: save },
      make("label", { for: "link-address" }, gettext("Any other address")),
      make("p", { class: "help", id: "link-help" },
        gettext("For example: /en/help/, https://crca.al, mailto:name@example.org or tel:116111.")),
      address,
      make("div", { class: "library-foot" },
        make("button", { type: "submit", class: "button default" }, gettext("Set the link")),
        before ? make("button", { type: "button", class: "button", click: remove }, gettext("Remove the link")) : "")),
  );

  function entry(page) {
    const current = page.url === before ? "true" : null;
    const button = make("button", { type: "button", "aria-current": current, click: () => set(page.url, page.name) },
      make("span", { class: "name", lang: language }, page.name), make("span", { class: "kind" }, page.kind));
    return make("li", {}, button);
  }

  let requests = 0;
  async function find() {
    const request = ++requests;
    try {
      const found = await ask({ library: config.pages }, { language, q: search.value });
      // Only the latest request is shown.
      if (request !== requests) return;
      list.replaceChildren(...found.pages.map(entry));
      list.scrollTop = 0;
      const number = found.count ? `${gettext("Pages found:")} ${found.count}.` : gettext("No page has these words in its title.");
      const more = gettext("The list shows the first ones. Write more of the title to find the others.");
      status.textContent = found.count > found.pages.length ? `${number} ${more}` : number;
    } catch {
      status.textContent = gettext("The list cannot be opened. Are you still signed in? You can enter an address below.");
    }
    list.hidden = !list.hasChildNodes();
  }

  function save(event) {
    event.preventDefault();
    const href = address.value.trim();
    const isAddress = /^(\/|#|https?:\/\/|mailto:|tel:)\S+$|^\/$/i.test(href);
    const problem = gettext("Enter an address that begins with /, https://, http://, mailto: or tel:.");
    address.setCustomValidity(isAddress ? "" : problem);
    if (address.reportValidity()) set(href, href);
  }

  function set(href, name) {
    dialog.close();
    const chain = editor.chain().focus();
    if (before) chain.extendMarkRange("link").setLink({ href }).run();
    else if (editor.state.selection.empty) {
      chain.insertContent({ type: "text", text: name, marks: [{ type: "link", attrs: { href } }] }).run();
    } else chain.setLink({ href }).run();
  }

  function remove() {
    dialog.close();
    editor.chain().focus().extendMarkRange("link").unsetLink().run();
  }

  let wait;
  search.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(find, 250); });
  address.addEventListener("input", () => address.setCustomValidity(""));
  dialog.addEventListener("close", () => { clearTimeout(wait); dialog.remove(); editor.commands.focus(); });
  list.hidden = true;
  document.body.append(dialog);
  dialog.showModal();
  if (before) address.select();
  else search.focus();
  find();
}

async function insertPicture(editor, config) {
  const picture = await choose(config);
  const chain = editor.chain().focus();
  if (picture) chain.insertContent({ type: "picture", attrs: { id: String(picture.id) } });
  chain.run();
}

function toolbar(editor, config, id, language) {
  const style = make("select", { "aria-label": gettext("Kind of paragraph"), title: gettext("Kind of paragraph") },
    new Option(gettext("Text"), "0"), new Option(gettext("Heading"), "2"), new Option(gettext("Subheading"), "3"));
  style.addEventListener("change", () => {
    const level = Number(style.value);
    const chain = editor.chain().focus();
    (level ? chain.setHeading({ level }) : chain.setParagraph()).run();
  });
  const buttons = [
    ["bold", gettext("Bold"), () => editor.chain().focus().toggleBold().run(), () => editor.isActive("bold")],
    ["italic", gettext("Italics"), () => editor.chain().focus().toggleItalic().run(), () => editor.isActive("italic")],
    ["link", gettext("Link"), () => editLink(editor, config, language), () => editor.isActive("link")],
    ["bullets", gettext("List"), () => editor.chain().focus().toggleBulletList().run(), () => editor.isActive("bulletList")],
    ["numbers", gettext("Numbered list"), () => editor.chain().focus().toggleOrderedList().run(), () => editor.isActive("orderedList")],
    ["quote", gettext("Quote"), () => editor.chain().focus().toggleBlockquote().run(), () => editor.isActive("blockquote")],
    ["picture", gettext("Picture"), () => insertPicture(editor, config), () => editor.isActive("picture")],
    ["undo", gettext("Undo"), () => editor.chain().focus().undo().run()],
    ["redo", gettext("Redo"), () => editor.chain().focus().redo().run()],
  ].map(([name, label, press, pressed]) => {
    const button = make("button", { type: "button", "aria-label": label, title: label, click: press }, icon(name));
    return { button, pressed };
  });
  const controls = [style, ...buttons.map(({ button }) => button)];
  const bar = make("div", { class: "editor-bar", role: "toolbar", "aria-label": gettext("Format"), "aria-controls": id }, ...controls);
  // Roving tabindex (ARIA toolbar pattern): one tab stop, arrow keys move between the controls.
  controls.forEach((control, index) => { control.tabIndex = index ? -1 : 0; });
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = controls.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = controls[(at + step + controls.length) % controls.length];
    for (const control of controls) control.tabIndex = control === next ? 0 : -1;
    next.focus();
  });
  const update = () => {
    style.value = String(editor.getAttributes("heading").level || 0);
    for (const { button, pressed } of buttons) if (pressed) button.setAttribute("aria-pressed", pressed());
  };
  editor.on("transaction", update);
  update();
  return bar;
}

async function start(area) {
  const config = JSON.parse(area.dataset.editor);
  const tiptap = await import(config.module);
  // After "back" the browser gives the text area what was typed in it, at the latest before the load event.
  if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done, { once: true }));
  const language = area.lang || document.documentElement.lang;
  const label = document.querySelector(`label[for="${area.id}"]`);
  const place = make("div", { class: "editor" });
  area.before(place);
  if (label) label.id = `${area.id}-label`;
  const attributes = { role: "textbox", "aria-multiline": "true", id: `${area.id}-editor`, lang: language, class: "editor-text" };
  if (label) attributes["aria-labelledby"] = label.id;
  for (const name of ["aria-describedby", "aria-invalid"]) if (area.hasAttribute(name)) attributes[name] = area.getAttribute(name);
  const editor = new tiptap.Editor({
    element: place, content: area.value, extensions: extensions(tiptap, config, language), injectCSS: false,
    editable: !area.disabled && !area.readOnly, editorProps: { attributes, transformPastedHTML: withoutInlineCode },
    onUpdate: () => {
      area.value = storedHtml(editor);
      area.dispatchEvent(new Event("input", { bubbles: true }));
    },
  });
  place.prepend(toolbar(editor, config, attributes.id, language));
  area.hidden = true;
  label?.addEventListener("click", () => editor.commands.focus());
  // Links to the field, such as those of findings, lead to the editor in its place.
  for (const link of document.querySelectorAll(`a[href="#${area.id}"]`)) {
    link.addEventListener("click", (event) => { event.preventDefault(); place.scrollIntoView(); editor.commands.focus(); });
  }
}

for (const area of document.querySelectorAll("textarea[data-editor]")) start(area);
