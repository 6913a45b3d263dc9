"use strict";
navigator.serviceWorker?.register("/portal/service-worker.js", { scope: "/portal/" }).catch(() => {});
