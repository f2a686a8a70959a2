// The sidebar of the admin: its filter finds what is in closed sections too, and the present section is in view.
const nav = document.getElementById("nav-sidebar");
const filter = document.getElementById("nav-filter");
const sections = [...nav.querySelectorAll("details")];
const present = sections.filter((each) => each.open);

function openFound() {
  for (const each of sections) {
    each.open = filter.value !== "" || present.includes(each);
  }
}

filter.addEventListener("input", openFound);
if (filter.value) {
  openFound();
}
const here = nav.querySelector("[aria-current]");
if (here) {
  nav.scrollTop = here.offsetTop - nav.clientHeight / 2;
}
