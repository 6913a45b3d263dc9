const PROVIDERS = { momo: "MTN MoMo", orange: "Orange Money" };
const WORDS = {
  en: {
    title: "Shabaka town", lead: "Phones, money and routers to try things with. Nothing here is real.", clock: "Town time",
    hour: "Skip 1 hour", day: "Skip 1 day", reset: "Back to now", desk: "Staff desk", phones: "Phones", routers: "Routers",
    other: "العربية", texts: "Texts", dial: "Dial", send: "Send", back: "Back", close: "Close", hang: "Hang up",
    write: "Write to", none: "No texts yet.", type: "Your answer", number: "Code to dial", erase: "Erase",
    pay: "wants you to pay", yes: "Approve", no: "Refuse", later: "Ignore", on: "On", off: "Cut off", unplug: "Unplug",
    replug: "Plug in", cycle: "Power cycle", users: "Users", online: "Online now", nobody: "Nobody yet.",
    enter: "Log a device in", leave: "Log out", used: "used", left: "left", disabled: "disabled", password: "password",
    trouble: "The town does not answer. It may still be starting, or it has been stopped.",
    en: "English", ar: "Arabic", "ar-Latn": "Arabic in Latin letters",
  },
  ar: {
    title: "بلدة شبكة", lead: "هواتف ونقود وراوترات للتجربة. لا شيء هنا حقيقي.", clock: "وقت البلدة",
    hour: "تقديم ساعة", day: "تقديم يوم", reset: "العودة إلى الآن", desk: "مكتب الموظفين", phones: "الهواتف", routers: "الراوترات",
    other: "English", texts: "الرسائل", dial: "اتصال", send: "إرسال", back: "رجوع", close: "إغلاق", hang: "إنهاء",
    write: "اكتب إلى", none: "لا رسائل بعد.", type: "جوابك", number: "الرمز المطلوب", erase: "مسح",
    pay: "تطلب منك دفع", yes: "موافقة", no: "رفض", later: "تجاهل", on: "يعمل", off: "مقطوع", unplug: "افصل",
    replug: "صِل", cycle: "أعد التشغيل", users: "المستخدمون", online: "متصلون الآن", nobody: "لا أحد بعد.",
    enter: "أدخل جهازًا", leave: "أخرجه", used: "مستعمل", left: "باقٍ", disabled: "معطّل", password: "كلمة السر",
    trouble: "البلدة لا تجيب. ربما ما زالت تبدأ، أو تم إيقافها.",
    en: "الإنجليزية", ar: "العربية", "ar-Latn": "العربية بحروف لاتينية",
  },
};
const NETWORKS = { 92: "MTN", 99: "MTN", 91: "Zain", 98: "Digitel" };
const CALL = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 3 10 8 8 10.5c1 2.4 3 4.5 5.5 5.5l2.5-2 5 3-1.5 4C11 21 3 13 3 4.5z"/></svg>';
const END = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 8c4 0 8 1.5 10 4l-2 4-5-1.5V12c-2-.6-4-.6-6 0v2.5L4 16l-2-4c2-2.5 6-4 10-4z"/></svg>';

const $ = (id) => document.getElementById(id);
const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private window */ } };
let language = kept("language") || ((navigator.language || "").startsWith("ar") ? "ar" : "en");
let offset = 0, town, seen, tag, waiting = 0;
const phones = new Map();
const t = (word) => WORDS[language][word] ?? word;
const touched = matchMedia("(hover: none)").matches; // focus would raise a keyboard over the keypad

// Codes, phones and amounts keep their direction inside Arabic: "*384*77#" must not turn into "#77*384*".
function write(node, text) {
  node.replaceChildren();
  const parts = String(text).split(/((?:[A-Z]{3} )?[*#+]?\d[\d*#+:.,/-]*[\d#]|\*\d+#?)/); // every second one is a match
  node.append(...parts.map((part, place) => (place % 2 ? ltr(part) : part)));
  return node;
}
function make(name, facts = {}, ...inside) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(facts)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, ""); else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...inside.filter((part) => part != null));
  return node;
}
async function ask(path, body) {
  const answer = await fetch(path, body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error || answer.status);
  return said;
}
const ltr = (text) => make("bdi", { dir: "ltr" }, text ?? "");
const time = (at, facts) => new Intl.DateTimeFormat(language === "ar" ? "ar-u-nu-latn" : "en-GB", { timeZone: "Africa/Juba", hour: "2-digit", minute: "2-digit", hour12: false, ...facts }).format(at);
const townNow = () => new Date(Date.now() + offset * 1000);

class Phone {
  constructor(person) {
    Object.assign(this, { person, mode: "home", session: null, text: "", over: false, busy: false, later: new Set(), texts: [], draft: "" });
    this.network = NETWORKS[person.phone.slice(4, 6)] || "";
    this.root = make("article", { class: "phone", "aria-label": person.name });
    this.name = make("h3");
    this.bar = make("div", { class: "bar" });
    this.view = make("div", { class: "view", tabindex: 0, "aria-live": "polite" });
    this.input = make("input", { class: "type", autocomplete: "off", autocapitalize: "off", dir: "auto", onkeydown: (e) => { if (e.key === "Enter") this.go(); } });
    this.soft = make("div", { class: "soft" });
    this.screen = make("div", { class: "screen" }, this.bar, this.view, this.input, this.soft);
    this.keys = make("div", { class: "keys", dir: "ltr" });
    this.root.append(this.name, make("div", { class: "case" }, this.screen, this.keys));
    for (const key of "123456789*0#") this.keys.append(make("button", { type: "button", onclick: () => this.press(key) }, key));
    const call = make("button", { type: "button", class: "call", onclick: () => this.go() });
    const erase = make("button", { type: "button", class: "back", onclick: () => { this.input.value = this.input.value.slice(0, -1); } }, "⌫");
    const end = make("button", { type: "button", class: "end", onclick: () => this.hang() });
    call.innerHTML = CALL; end.innerHTML = END;
    this.named = [[call, "dial"], [erase, "erase"], [end, "hang"]];
    this.keys.append(call, erase, end);
  }
  press(key) {
    if (this.over) this.home();
    this.input.value += key;
    this.focus();
  }
  focus() { if (!touched) this.input.focus({ preventScroll: true }); }
  home() { Object.assign(this, { mode: "home", session: null, over: false, text: "" }); this.input.value = ""; this.draw(); }
  async go(typed = this.input.value) {
    if (this.busy) return;
    if (this.over) return this.home();
    if (this.mode === "texts") return typed.trim() && this.act(async () => { await ask("sms", { from: this.person.phone, text: typed }); this.input.value = ""; });
    if (this.mode === "home") { this.mode = "ussd"; this.text = "…"; }
    return this.act(async () => {
      const body = this.session ? { session: this.session, input: typed } : { phone: this.person.phone, input: typed || town.service_code };
      const shown = await ask("ussd", body);
      this.input.value = "";
      Object.assign(this, { session: shown.session, text: shown.text, over: shown.type === "END" });
    });
  }
  async hang() {
    const open = this.session && !this.over && this.session;
    this.home();
    if (open) await ask("ussd/end", { session: open }).catch(() => {});
  }
  async act(deed) {
    this.busy = true; this.draw();
    try { await deed(); } catch (error) { Object.assign(this, { mode: "ussd", text: error.message, over: true }); }
    this.busy = false; this.draw(); this.focus(); look();
  }
  decide(prompt, decision) {
    this.later.add(prompt.reference);
    this.draw();
    if (decision) ask(`${prompt.provider}/decide`, { msisdn: this.person.phone, decision }).catch(() => {}).then(look);
  }
  unread() { return this.texts.slice(this.texts.findIndex((text) => text.id === kept(`read${this.person.phone}`)) + 1).filter((text) => text.to).length; }
  hear(messages, inbound, prompts) {
    const mine = [...messages.filter((text) => text.to === this.person.phone), ...inbound.filter((text) => text.from === this.person.phone)];
    this.texts = mine.map((text, place) => ({ ...text, when: Date.parse(text.at), place })).sort((a, b) => a.when - b.when || a.place - b.place);
    this.prompt = prompts.find((prompt) => `+${prompt.msisdn}` === this.person.phone && !this.later.has(prompt.reference) && !prompt.decision);
    this.draw();
  }
  draw() {
    const { person, mode } = this;
    const facts = [mode, this.text, this.over, this.busy, this.texts.length, this.texts.at(-1)?.status, this.prompt?.reference, this.later.size, language, time(townNow())].join("|");
    if (facts === this.drawn) return;
    this.drawn = facts;
    this.screen.classList.toggle("busy", this.busy);
    this.name.replaceChildren(person.name, make("small", {}, write(make("span"), person.phone), ` · ${this.network} · ${t(person.language.replace("_", "-"))}`));
    this.bar.replaceChildren(make("b", {}, this.network), write(make("span"), time(townNow())));
    for (const [button, word] of this.named) button.setAttribute("aria-label", t(word));
    this[mode === "home" ? "drawHome" : mode === "texts" ? "drawTexts" : "drawSession"]();
    const asked = this.prompt && !this.later.has(this.prompt.reference) ? this.prompt : null;
    if (asked?.reference + language !== this.asked) this.screen.querySelector(".momo")?.remove(), asked && this.drawPrompt(asked);
    this.asked = asked?.reference + language;
  }
  frame(label, show, left, right) {
    this.input.setAttribute("aria-label", label);
    this.input.placeholder = label;
    this.input.hidden = !show;
    this.input.inputMode = this.mode === "home" ? "tel" : "text";
    this.soft.replaceChildren(...[left, right].filter(Boolean).map(([name, deed]) => make("button", { type: "button", onclick: deed }, name)));
  }
  drawHome() {
    const unread = this.unread();
    this.view.replaceChildren(make("div", { class: "home" }, make("output", {}, time(townNow())), time(townNow(), { weekday: "long", day: "numeric", month: "short", hour: undefined, minute: undefined }),
      make("br"), make("button", { type: "button", class: "quick", onclick: () => this.go(town.service_code) }, write(make("span"), town.service_code))));
    this.frame(t("number"), true, [t("texts"), () => { this.mode = "texts"; this.input.value = ""; this.draw(); }], [t("dial"), () => this.go()]);
    if (unread > 0) this.soft.firstChild.append(" ", make("span", { class: "badge" }, unread));
  }
  drawSession() {
    this.view.replaceChildren(write(make("p", { dir: "auto" }), this.text));
    this.view.scrollTop = 0;
    if (this.over) this.frame(t("type"), false, [t("close"), () => this.home()]);
    else this.frame(t("type"), true, [t("send"), () => this.go()], [t("hang"), () => this.hang()]);
  }
  drawTexts() {
    if (this.texts.length) keep(`read${this.person.phone}`, this.texts.at(-1).id);
    this.view.replaceChildren(...this.texts.map((text) => make("div", { class: text.to ? "bubble" : "bubble mine" }, write(make("div", { dir: "auto" }), text.text), write(make("small"), text.to ? `${text.from} · ${time(text.when)}` : time(text.when)))));
    if (!this.texts.length) this.view.append(make("div", { class: "home" }, t("none")));
    this.view.scrollTop = this.view.scrollHeight;
    this.frame(`${t("write")} ${town.short_code}`, true, [t("send"), () => this.go()], [t("back"), () => this.home()]);
  }
  drawPrompt(prompt) {
    const button = (kind, decision) => make("button", { type: "button", class: kind, onclick: () => this.decide(prompt, decision) }, t(kind));
    this.screen.append(make("div", { class: "momo", role: "alertdialog", "aria-label": PROVIDERS[prompt.provider] }, make("span", {}, `${PROVIDERS[prompt.provider]} · Shabaka ${t("pay")}`),
      prompt.amount === "0" ? null : make("b", {}, ltr(`${prompt.currency} ${prompt.amount}`)), write(make("p", { dir: "auto" }), prompt.payer_message || ""), button("yes", "approve"), button("no", "reject"), button("later", "ignore")));
  }
}

const said = new Map();
const order = (name, act, body = {}) => ask(`routers/${encodeURIComponent(name)}/${act}`, body).then(() => said.delete(name), (error) => said.set(name, error.message)).then(look);
// One made-up device for each user: the same one returns, as a customer's own phone would.
const device = (user) => `02:5A:${[...user].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) >>> 0, 7).toString(16).padStart(8, "0").toUpperCase().match(/../g).join(":")}`;
function drawRouter(router) {
  const online = router.active || [];
  const button = (word, act) => make("button", { type: "button", onclick: () => order(router.name, act) }, t(word));
  const users = router.users.map((user) => {
    const off = user.disabled === "true";
    const limit = user["limit-uptime"];
    const facts = make("small", {}, `${t("password")} `, ltr(user.password), ` · ${t("used")} `, ltr(`${user.uptime ?? "0s"}${limit && limit !== "0s" ? ` / ${limit}` : ""}`), off ? ` · ${t("disabled")}` : null);
    return make("li", { class: off && "out" }, make("div", {}, make("b", {}, ltr(user.name)), facts),
      make("button", { type: "button", onclick: () => order(router.name, "login", { user: user.name, password: user.password ?? "", mac: device(user.name) }) }, t("enter")));
  });
  const sessions = online.map((row) => make("li", {}, make("div", {}, make("b", {}, ltr(row.user)), make("small", {}, ltr(row.address), " · ", ltr(row.uptime), ...(row["session-time-left"] ? [` · ${t("left")} `, ltr(row["session-time-left"])] : []))),
    make("button", { type: "button", onclick: () => order(router.name, "logout", { user: row.user }) }, t("leave"))));
  const list = (rows) => rows.length ? make("ul", {}, ...rows) : make("p", { class: "none" }, t("nobody"));
  return make("article", { class: router.plugged ? "router" : "router off" }, make("h3", {}, make("span", { class: "lamp" }), make("bdi", {}, router.name), make("small", {}, t(router.plugged ? "on" : "off"))),
    make("div", { class: "acts" }, router.plugged ? button("unplug", "unplug") : button("replug", "replug"), button("cycle", "power-cycle")), said.has(router.name) ? make("p", { class: "said", role: "alert" }, said.get(router.name)) : null,
    make("h4", {}, `${t("online")} (${online.length})`), list(sessions), make("h4", {}, `${t("users")} (${router.users_count})`), list(users));
}
function draw() {
  if (!seen) return;
  for (const phone of phones.values()) phone.hear(seen.messages, seen.inbound, seen.prompts);
  const shown = JSON.stringify([language, seen.routers, [...said]]);
  if (shown !== draw.shown) {
    draw.shown = shown;
    const scrolled = [...document.querySelectorAll(".router ul")].map((list) => list.scrollTop);
    $("routers").replaceChildren(...seen.routers.map(drawRouter));
    document.querySelectorAll(".router ul").forEach((list, place) => { list.scrollTop = scrolled[place] || 0; });
  }
  tick();
}
function tick() {
  write($("now"), time(townNow(), { weekday: "short", day: "numeric", month: "short" }));
  $("reset").hidden = !offset;
}
async function look() {
  if (document.hidden) return;
  clearTimeout(waiting);
  try {
    const answer = await fetch("glance", { cache: "no-store", headers: tag ? { "If-None-Match": tag } : {} });
    if (answer.status === 200) { seen = await answer.json(); tag = answer.headers.get("ETag"); offset = seen.offset_s; }
    else if (answer.status !== 304) throw new Error(answer.status);
    $("trouble").hidden = true;
  } catch { $("trouble").textContent = t("trouble"); $("trouble").hidden = false; }
  draw();
  clearTimeout(waiting);
  waiting = setTimeout(look, 2000);
}
function choose(phone) {
  keep("phone", phone);
  for (const [key, one] of phones) { one.root.classList.toggle("chosen", key === phone); one.chip.setAttribute("aria-pressed", key === phone); }
}
function speak(chosen) {
  language = chosen; keep("language", chosen);
  document.documentElement.lang = chosen; document.documentElement.dir = chosen === "ar" ? "rtl" : "ltr";
  document.title = t("title");
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  $("language").textContent = t("other"); $("language").lang = chosen === "ar" ? "en" : "ar";
  draw();
}
$("language").onclick = () => speak(language === "ar" ? "en" : "ar");
$("reset").onclick = () => ask("clock", { reset: true }).then(look);
for (const button of document.querySelectorAll("[data-skip]")) button.onclick = () => ask("clock", { skip_s: Number(button.dataset.skip) }).then(look);
document.addEventListener("visibilitychange", look);
speak(language);
async function begin() {
  try { town = await ask("town.json"); } catch { $("trouble").textContent = t("trouble"); $("trouble").hidden = false; return setTimeout(begin, 2000); }
  $("desk").href = new URL("/admin/", town.web || location.href);
  for (const person of town.residents) {
    const phone = new Phone(person);
    phone.chip = make("button", { type: "button", onclick: () => choose(person.phone) }, person.name);
    phones.set(person.phone, phone);
    $("people").append(phone.chip); $("phones").append(phone.root);
    phone.draw();
  }
  choose(phones.has(kept("phone")) ? kept("phone") : phones.keys().next().value);
  return look();
}
begin();
