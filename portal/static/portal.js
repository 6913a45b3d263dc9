"use strict";
// Installs the service worker; looks again at what waits, while somebody sees it; sends a form once (one that asks for a file stays). All works without.
(function (page) {
  if (page.querySelector("link[rel=manifest]") && navigator.serviceWorker) navigator.serviceWorker.register("/portal/service-worker.js", { scope: "/portal/" }).catch(function () {});
  var waits = page.querySelector("[data-again]");
  if (waits) setInterval(function () { if (!page.hidden) location.reload(); }, Number(waits.dataset.again) * 1000);
  function buttons(form, off) { form.querySelectorAll("button").forEach(function (button) { button.disabled = off; }); }
  page.addEventListener("submit", function (event) { if (!event.target.dataset.file) setTimeout(buttons, 0, event.target, true); });
  addEventListener("pageshow", function () { page.querySelectorAll("form").forEach(function (form) { buttons(form, false); }); });
})(document);
