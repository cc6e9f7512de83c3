// @ts-check
// Compresses texts that are sent.

/**
 * Base 64 of a text in UTF-8, compressed by zlib.
 * @param {string} text
 * @returns {Promise<string>}
 */
export async function deflated(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let characters = "";
  for (const byte of bytes) characters += String.fromCharCode(byte);
  return btoa(characters);
}
