// Decodes the frame in a file with the page's own decoder and prints what it says as JSON.
// Usage: node decode_frame.js FILE...

import { readFileSync } from "node:fs";
import { decodeFrame } from "../../../static/js/wire/protocol.js";

for (const file of process.argv.slice(2)) {
  // A copy, so that the bytes start an ArrayBuffer of their own as those of a WebSocket do.
  const bytes = Uint8Array.from(readFileSync(file)).buffer;
  try {
    const { entries, ...header } = decodeFrame(bytes);
    const pictures = [...entries.values()].map((entry) => ({
      id: entry.id,
      dtype: entry.dtype,
      shape: entry.shape,
      low: entry.low,
      step: entry.step,
      values: Array.from(entry.data, (_, index) => entry.at(index)),
    }));
    console.log(JSON.stringify({ ...header, entries: pictures }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.name, message: error.message }));
  }
}
