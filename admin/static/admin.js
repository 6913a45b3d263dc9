"use strict";
// `/` goes to the search box, `p` to taking cash; a form is sent once (one that asks for a file stays); a receipt can be printed; notes are added up. All works without.
(function (page) {
  page.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    var wanted = event.key === "/" ? page.querySelector("input[name=q]") : page.querySelector("[data-key='" + CSS.escape(event.key) + "']");
    if (!wanted) return;
    event.preventDefault();
    if (wanted.select) { wanted.focus(); wanted.select(); } else wanted.click();
  });
  function buttons(form, off) {
    form.querySelectorAll("button").forEach(function (button) { button.disabled = off; });
  }
  page.addEventListener("submit", function (event) {
    if (event.target.method === "post" && !event.target.dataset.file) setTimeout(buttons, 0, event.target, true);
  });
  window.addEventListener("pageshow", function () { page.querySelectorAll("form").forEach(function (form) { buttons(form, false); }); });
  page.addEventListener("input", function (event) {
    var notes = event.target.closest("[data-count]");
    if (!notes) return;
    var sum = 0;
    notes.querySelectorAll("[data-note]").forEach(function (one) { sum += Number(one.dataset.note) * (parseInt(one.value, 10) || 0); });
    notes.closest("form").elements.counted.value = sum;
  });
  page.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) window.print();
  });
  // What flows is looked at again while somebody sees it: some hundred bytes each time.
  page.querySelectorAll("[data-again]").forEach(function (part) {
    setInterval(function () {
      if (!page.hidden) fetch(part.dataset.again).then(function (answer) { return answer.ok && !answer.redirected ? answer.text() : ""; }).then(function (text) { if (text) part.innerHTML = text; }, function () {});
    }, Number(part.dataset.every) * 1000);
  });
})(document);
