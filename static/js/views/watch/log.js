// @ts-check
// What logpoints have written, the newest last; each line leads to its moment.

import { h, iconButton, setText } from "../../controls/dom.js";
import { count } from "../../format.js";

/** @import { Context, LogLine } from "../../state/types.js" */

/** The number of lines shown, the newest ones; the page keeps more. */
const [MAX_LINES, MAX_FAST_LINES] = [300, 20];
/** While running fast the log changes this often, ms. */
const MIN_INTERVAL = 250;
const HOW =
  "A logpoint writes values without stopping the run: choose Logpoint in the menu of an instruction, or in Breakpoints.";

export class LogList {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.count = h("span", {});
    const clear = () => context.store.set({ log: [] });
    this.clear = iconButton("trash", "Clear the log", "Removes all lines.", "", clear);
    this.clear.hidden = true;
    const head = h("header", {}, h("h3", {}, "Log"), this.count, this.clear);
    this.guide = h("p", { class: "watch-guide" }, HOW);
    this.list = h("ol", { class: "log", role: "list" });
    this.parts = [head, this.guide, this.list];
    /** @type {LogLine[]} what the rows show */
    this.lines = [];
    this.drawn = Number.NEGATIVE_INFINITY;
    const { store, loop } = context;
    store.on(["log", "tab", "run"], loop.requestDraw);
    loop.onDraw((now) => this.draw(now));
  }

  /** @param {number} now ms */
  draw(now) {
    const { log, run } = this.context.store.state;
    if (this.list.offsetParent === null) return; // its tab is closed
    if (run?.running && now - this.drawn < MIN_INTERVAL) {
      if (log.at(-1) !== this.lines.at(-1)) this.context.loop.requestDraw();
      return;
    }
    const fast =
      run?.running && (log.at(-MAX_FAST_LINES)?.serial ?? 0) > (this.lines.at(-1)?.serial ?? -1);
    const shown = log.slice(fast ? -MAX_FAST_LINES : -MAX_LINES);
    if (shown.at(-1) === this.lines.at(-1) && shown.length === this.lines.length) return;
    this.drawn = now;
    this.update(shown);
    this.guide.hidden = shown.length > 0;
    this.clear.hidden = shown.length === 0;
    setText(this.count, shown.length > 0 ? `${count(log.length)} lines` : "");
  }

  /** Only lines that come and go are touched. @param {LogLine[]} shown */
  update(shown) {
    const { list, lines } = this;
    const atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 8;
    const first = shown[0]?.serial ?? Number.POSITIVE_INFINITY;
    const last = lines.at(-1)?.serial ?? -1;
    const other = first < (lines[0]?.serial ?? 0) || last > (shown.at(-1)?.serial ?? -1);
    if (last < first || other) list.replaceChildren(...shown.map((line) => this.row(line)));
    else {
      for (const line of lines) if (line.serial < first) list.firstChild?.remove();
      list.append(...shown.filter(({ serial }) => serial > last).map((line) => this.row(line)));
    }
    this.lines = shown;
    if (atEnd) list.scrollTop = list.scrollHeight;
  }

  /** @param {LogLine} line */
  row({ name, branch, moment, text }) {
    const [step, pc] = moment;
    const onclick = () => this.context.actions.travel.goto(moment, branch);
    const when = pc === 0 ? count(step) : `${count(step)} · ${pc}`;
    const button = h(
      "button",
      { type: "button", onclick, "aria-label": `${text}. Go to step ${step}, instruction ${pc}` },
      h("span", { class: "log-step" }, when),
      h("span", { class: "log-branch" }, branch > 0 ? `branch ${branch}` : ""),
      h("span", { class: "log-text" }, text),
      h("span", { class: "log-name" }, `#${name}`),
    );
    return h("li", {}, button);
  }
}
