// @ts-check
// Tells of tests that fail, and at the end how many there were.

import { relative } from "node:path";
import { inspect } from "node:util";

/** @param {AsyncIterable<import("node:test/reporters").TestEvent>} source */
export default async function* report(source) {
  for await (const { type, data } of source) {
    if (type === "test:stdout" || type === "test:stderr") yield data.message;
    // A file or a suite fails if a test in it does, which has been told of.
    if (type === "test:fail" && !/subtests? failed$/.test(data.details.error.message)) {
      const place = `${relative(".", data.file ?? "")}:${data.line}`;
      yield `\n${place}: ${data.name}\n${inspect(data.details.error.cause ?? data.details.error)}\n`;
    }
    // An error after a test has ended counts although no test fails.
    if (type === "test:diagnostic" && data.message.startsWith("Error:")) {
      yield `\n${data.message}\n`;
    }
    if (type === "test:summary" && !data.file) {
      const { tests, passed, skipped, todo } = data.counts;
      const failed = tests - passed - skipped - todo;
      const seconds = (data.duration_ms / 1000).toFixed(1);
      yield `${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s\n`;
    }
  }
}
